"""The bug zoo of images: the complex step sees each mistake in a gradient, and Keras's formula the one in a state."""

import numpy as np
import pytest

from minikeras import Sequential, layers
from minikeras.bugs import mutant
from minikeras.bugs.zoo import IMAGE_MUTANTS
from minikeras.testing import check_gradients, check_layer

from ..gradients import COMPLEX_STEP, complex_numbers, complex_step, norm_relative

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 6, 6, 2))
TIES = RNG.integers(0, 2, (3, 6, 6, 2)).astype("float64")
SAME = {"padding": "same", "dtype": "float64"}
CONVOLUTIONS = [
    layers.Conv2D(3, 3, strides=2, activation="relu", **SAME),
    layers.Conv2D(3, 3, strides=2, activation="tanh", **SAME),
    layers.Conv2D(4, 3, strides=2, groups=2, **SAME),
]
PADDED = [
    layers.Conv2D(3, 3, activation="relu", **SAME),
    layers.Conv2D(3, 3, activation="tanh", **SAME),
    layers.Conv2D(4, (1, 3), groups=2, **SAME),
]
BATCH = [layers.BatchNormalization(dtype="float64"), layers.BatchNormalization(axis=1, dtype="float64")]
WHERE = {
    "kernel_not_flipped": CONVOLUTIONS,
    "padding_lost": PADDED,
    "stride_ignored": CONVOLUTIONS,
    "gradient_to_all_ties": [layers.MaxPooling2D(2, dtype="float64"), layers.MaxPooling2D((3, 2), dtype="float64")],
    "average_not_divided": [layers.AveragePooling2D(2, dtype="float64"), layers.AveragePooling2D(3, 1, **SAME)],
    "gamma_forgotten": BATCH,
    "share_of_the_mean_forgotten": BATCH,
}
CASES = [(name, layer) for name, found in WHERE.items() for layer in found]


def error(layer, x):
    """The largest relative error of a gradient in training against the complex step."""
    layer(x)
    weights = [p for p in layer.weights if p.trainable]
    for p in weights:
        p.assign(RNG.normal(size=p.shape))
    y = layer(x, training=True, record=True)
    u = RNG.normal(size=y.shape)
    found = [layer.backward(u).copy(), *(p.grad.copy() for p in weights)]
    with complex_numbers(layer):
        z = x.astype("complex128")

        def loss():
            return (u * layer(z, training=True)).sum()

        expected = [complex_step(loss, a) for a in [z, *(p.value for p in weights)]]
    return max(norm_relative(a, b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize(("name", "layer"), CASES)
def test_every_mistake_in_a_gradient_is_seen(name, layer):
    x = TIES if name == "gradient_to_all_ties" else X
    with mutant(name):
        assert error(layer, x) > 1e-3
    assert error(layer, x) < COMPLEX_STEP


@pytest.mark.parametrize(("name", "layer"), CASES)
def test_every_mistake_in_a_gradient_is_caught_by_the_checks_for_users(name, layer):
    x = TIES if name == "gradient_to_all_ties" else X
    model = Sequential([layer, layers.Flatten(), layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model(x)
    layer.set_weights([RNG.uniform(0.5, 2, w.shape) for w in layer.weights])
    checks = [
        lambda: check_layer(layer, x.shape[1:], x=x, training=True),
        lambda: check_gradients(model, x, np.array([0, 1, 2]), training=True, methods=("complex", "direction")),
    ]
    for check in checks:
        check().assert_ok()
        with mutant(name):
            assert not check().passed


def test_the_mistake_in_the_moving_variance_is_seen():
    def moved():
        layer = layers.BatchNormalization(momentum=0.0, dtype="float64")
        layer(X, training=True)
        return layer.moving_variance.value

    expected = X.reshape(-1, 2).var(axis=0)
    with mutant("moving_variance_unbiased"):
        np.testing.assert_allclose(moved(), expected * 108 / 107, rtol=1e-12)
    np.testing.assert_allclose(moved(), expected, rtol=1e-12)


def test_each_is_explained():
    assert {*WHERE, "moving_variance_unbiased"} == set(IMAGE_MUTANTS)
    for m in IMAGE_MUTANTS.values():
        for sentence in (m.what, m.seen):
            assert sentence.endswith(".")
            assert 40 < len(sentence) < 160
