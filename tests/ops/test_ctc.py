"""``ops.ctc_loss``: the sum over all paths, what does not count, errors."""

import itertools

import numpy as np
import pytest
from scipy.special import softmax

from minikeras import GradientTape, Input, ops
from minikeras.errors import DataError

RNG = np.random.default_rng(5)


def by_enumeration(labels, z, blank):
    """−log of the sum over all paths of one sequence."""
    p, total = softmax(z, axis=-1), 0.0
    for path in itertools.product(range(z.shape[1]), repeat=len(z)):
        if [k for k, _ in itertools.groupby(path) if k != blank] == list(labels):
            total += np.prod(p[np.arange(len(z)), path])
    return -np.log(total) if total else np.inf


@pytest.mark.parametrize("blank", [0, 2])
def test_it_is_the_sum_over_all_paths_of_the_steps_that_count(blank):
    labels, z = np.array([[1, 1, 3], [3, 1, 9], [9, 9, 9], [1, 1, 1]]), RNG.normal(size=(4, 5, 4))
    lengths, steps = [3, 2, 0, 3], [5, 3, 1, 4]
    expected = [
        by_enumeration(row[:s], scores[:t], blank) for row, s, scores, t in zip(labels, lengths, z, steps, strict=True)
    ]
    assert np.isinf(expected[3])  # "1 1 1" needs five steps
    np.testing.assert_allclose(ops.ctc_loss(labels, z, lengths, steps, blank), expected, rtol=1e-12)


def test_what_comes_after_the_last_step_has_no_influence():
    z = RNG.normal(size=(1, 5, 3))
    z[:, 3:] = np.nan
    with GradientTape() as tape:
        logits = ops.convert_to_tensor(z)
        tape.watch(logits)
        loss = ops.ctc_loss([[1, 2]], logits, [2], [3])
    d = tape.gradient(loss, logits).numpy()
    assert np.isfinite(loss).all()
    assert np.isfinite(d).all()
    assert not d[:, 3:].any()


def test_a_symbol_of_labels_needs_no_labels():
    loss = ops.ctc_loss(Input((3,), dtype="int32"), Input((5, 4)), np.ones(2), np.ones(2))
    assert loss.shape == (None,)


@pytest.mark.parametrize(
    ("labels", "lengths", "steps", "message"),
    [
        ([[4, 1]], [2], [3], "label 4 at index"),
        ([[1, 0]], [2], [3], "label 0 at index"),
        ([[1, 2]], [3], [3], "target_length"),
        ([[1, 2]], [2], [0], "output_length"),
        ([[1, 2]], [2], [6], "output_length"),
        ([1, 2], [2], [3], "labels"),
        ([[1, 2], [1, 2]], [2, 2], [3, 3], "logits"),
    ],
)
def test_what_does_not_fit_is_named(labels, lengths, steps, message):
    with pytest.raises(DataError, match=message):
        ops.ctc_loss(labels, np.zeros((1, 5, 4)), lengths, steps)
