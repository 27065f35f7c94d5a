"""diagnose: names what it can, and nothing where nothing is wrong."""

import numpy as np
import pytest

from minikeras import Sequential, layers, regularizers
from minikeras.bugs import MUTANTS, diagnose, zoo

FINGERPRINT = {  # those that the gradients alone give away
    "divided_twice", "mean_forgotten", "fixed_32", "sign", "last_row_skipped", "p_instead_of_p_minus_y",
    "softmax_diagonal", "bias_averaged", "bias_summed_over_units", "bias_never_updated",
    "kernel_gradient_transposed", "stale_gradients", "regularizer_twice", "regularizer_forgotten",
}  # fmt: skip


def network(seed, units=(7, 6, 4), rows=9, activation="relu", penalty=False):
    rng = np.random.default_rng(seed)
    first = layers.Dense(units[0], activation, kernel_regularizer=regularizers.L2(0.05) if penalty else None)
    model = Sequential(
        [layers.Input((8,)), first, layers.Dense(units[1], "relu"), layers.Dense(units[2], "softmax")]
    )  # fmt: skip
    model.set_weights([rng.normal(size=w.shape) * 0.5 for w in model.weights])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model, rng.normal(size=(rows, 8)), rng.integers(0, units[2], rows)


def gradients(name, seed):
    penalty, tanh = name.startswith("regularizer"), name == "derivative_at_z"
    model, x, y = network(seed, activation="tanh" if tanh else "relu", penalty=penalty)
    w = np.random.default_rng(seed).uniform(0.2, 3, len(x)) if name == "sample_weights_ignored" else None
    right, wrong = (zoo.gradients_of(which, model, x, y, w)[0] for which in (None, name))
    return wrong, right, {"model": model, "x": x, "y": y, "sample_weight": w}


@pytest.mark.parametrize("name", sorted(set(MUTANTS) - {"dropout_mask_forgotten"}))
def test_every_mutant_is_named(name):
    for seed in range(3):
        wrong, right, context = gradients(name, seed)
        weights = {p.path: p.value for p in context["model"].weights}
        alone = diagnose(wrong, right, batch_size=9, weights=weights)
        assert not alone.right
        assert alone.mistake == (name if name in FINGERPRINT else None) or (
            name == "last_row_skipped" and alone.mistake is None
        )
        assert diagnose(wrong, right, **context).mistake == name


def test_twelve_are_named_from_the_arrays_alone():
    named = 0
    for name in FINGERPRINT:
        wrong, right, context = gradients(name, 0)
        weights = {p.path: p.value for p in context["model"].weights}
        named += diagnose(wrong, right, batch_size=9, weights=weights).mistake == name
    assert named >= 12


@pytest.mark.parametrize("count", [40, pytest.param(200, marks=pytest.mark.slow)])
def test_it_is_silent_for_right_gradients_with_float32_noise(count):
    for seed in range(count):
        rng = np.random.default_rng(seed)
        model, x, y = network(seed, units=tuple(rng.integers(2, 30, 3)), rows=1 + seed % 32)
        mine = model.compute_gradients(x, y)[1]
        right = zoo.gradients_of(None, model, x, y)[1]
        assert mine[next(iter(mine))].dtype == "float32"
        weights = {p.path: p.value for p in model.weights}
        noisy = {p: g + 1e-7 * np.abs(g).max() * rng.normal(size=g.shape) for p, g in right.items()}
        for gradient in (mine, noisy):
            for tolerance in (1e-5, 1e-9):  # the second calls it wrong, but must not make up a reason
                found = diagnose(gradient, right, batch_size=len(x), weights=weights, tolerance=tolerance)
                assert found.mistake is None
                assert found.right or tolerance < 1e-5


DZ = np.array([[0.2, -0.3, 0.1], [-0.1, 0.05, 0.05], [0.1, 0.2, -0.3]])


@pytest.mark.parametrize(
    ("mine", "right", "mistake"),
    [
        (DZ + np.eye(3) * 0.4 + 0.0, DZ, None),
        (np.where(DZ < 0, 0, DZ) + 0.0, DZ, "mask_too_much"),
        (DZ, np.where(DZ < 0, 0, DZ), "relu_mask_forgotten"),
        (DZ[[2, 0, 1]], DZ, "rows_permuted"),
        (DZ.T, DZ, "kernel_gradient_transposed"),
        (DZ[:2].T, DZ[:2], "kernel_gradient_transposed"),
        (np.minimum(DZ, 0), DZ, "softmax_diagonal"),
        (DZ * 0, DZ, "no_gradient"),
        (DZ * 1.005, DZ, "scaled"),
        (DZ, DZ, None),
        (DZ * np.nan, DZ, None),
        (DZ * 0, DZ * 0, None),
    ],
)
def test_one_array(mine, right, mistake):
    assert diagnose(mine, right).mistake == mistake


def test_the_delta_of_softmax_without_the_label():
    p = np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    right = (p - np.eye(3)[[1, 0]]) / 2
    assert diagnose(p / 2, right).mistake == "p_instead_of_p_minus_y"


def test_it_says_where_to_look_when_it_knows_no_name():
    wrong, right, _ = gradients("relu_mask_forgotten", 0)
    words = str(diagnose(wrong, right))
    assert "no mistake that I know" in words
    assert "upwards all is right" in words


def test_gradients_that_do_not_belong_together():
    with pytest.raises(ValueError, match="same tensors"):
        diagnose({"a": DZ}, {"b": DZ})
    with pytest.raises(ValueError, match="shape"):
        diagnose(DZ, DZ[:2])
