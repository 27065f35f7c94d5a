"""The compiled kernels of metrics against their reference, and that against hand-made cases."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.kernels import compiled, reference

nan, inf = np.nan, np.inf


@pytest.mark.parametrize("kernels", [reference, compiled])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("row", "at"),
    [
        ([1, 3, 2], 1),
        ([1, 1, 1], 0),
        ([nan, 1, 2], 2),
        ([3, nan, 2], 0),
        ([nan, nan], 0),
        ([-inf, nan], 0),
        ([nan, -inf], 0),
        ([-inf, -3e38], 1),
        ([inf, nan, inf], 0),
        ([-0.0, 0.0, -1], 1),
        ([0.0, -0.0, -1], 0),
        ([-1, -0.0], 1),
        ([7], 0),
    ],
)
def test_the_largest_score(kernels, dtype, row, at):
    scores = np.tile(np.array(row, dtype), (len(row), 1))
    matches = np.full(len(row), -1, dtype)
    kernels.sparse_matches(np.arange(len(row)), scores, matches)
    assert matches.tolist() == [float(k == at) for k in range(len(row))]


@given(st.integers(0, 7), st.integers(1, 6), st.integers(0, 2**32 - 1), st.sampled_from(["int64", "uint8", "float32"]))
def test_twins_agree(n, k, seed, labels_dtype):
    rng = np.random.default_rng(seed)
    scores = rng.choice(np.array([-1, -0.0, 0.0, 1, 2, nan, inf, -inf], "float32"), (n, k))
    labels = rng.integers(0, k, n).astype(labels_dtype)
    before, a, b = scores.copy(), np.empty(n, "float32"), np.empty(n, "float32")
    reference.sparse_matches(labels, scores, a)
    compiled.sparse_matches(labels, scores, b)
    assert a.tolist() == b.tolist()
    np.testing.assert_array_equal(scores, before)
