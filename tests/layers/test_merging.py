"""Merging layers, Lambda, Identity, Masking: derivatives, masks, errors."""

import numpy as np
import pytest

from minikeras import GradientTape, layers, ops

RNG = np.random.default_rng(0)
A, B, C = RNG.normal(size=(3, 2, 4)), RNG.normal(size=(3, 2, 4)), RNG.normal(size=(3, 4))

MERGES = {
    "Add": (lambda: layers.Add(dtype="float64"), [A, B, C], lambda a, b, c: a + b + c[:, None]),
    "Subtract": (lambda: layers.Subtract(dtype="float64"), [A, C], lambda a, c: a - c[:, None]),
    "Multiply": (lambda: layers.Multiply(dtype="float64"), [A, B, C], lambda a, b, c: a * b * c[:, None]),
    "Average": (lambda: layers.Average(dtype="float64"), [A, B], lambda a, b: (a + b) / 2),
    "Maximum": (lambda: layers.Maximum(dtype="float64"), [A, B], np.maximum),
    "Minimum": (lambda: layers.Minimum(dtype="float64"), [A, B], np.minimum),
    "Concatenate": (lambda: layers.Concatenate(axis=1, dtype="float64"), [A, B], lambda a, b: np.hstack([a, b])),
    "Dot": (lambda: layers.Dot(2, dtype="float64"), [A, B], lambda a, b: np.einsum("nij,nkj->nik", a, b)),
    "Dot of rows": (lambda: layers.Dot(1, dtype="float64"), [C, C + 1], lambda a, b: (a * b).sum(1, keepdims=True)),
    "Dot normalized": (
        lambda: layers.Dot(-1, normalize=True, dtype="float64"),
        [C, C + 1],
        lambda a, b: (a * b).sum(1, keepdims=True) / np.sqrt(((a**2).sum(1) * (b**2).sum(1))[:, None]),
    ),
    "Lambda": (
        lambda: layers.Lambda(lambda x: x[0] * ops.exp(x[1]), dtype="float64"),
        [A, B],
        lambda a, b: a * np.exp(b),
    ),
}


@pytest.mark.parametrize("name", MERGES)
def test_value_and_derivative(name):
    make, inputs, formula = MERGES[name]
    layer = make()
    y = layer(inputs, record=True)
    np.testing.assert_allclose(y, formula(*inputs), rtol=1e-13)
    u = RNG.normal(size=y.shape)
    for i, dx in enumerate(layer.backward(u)):
        v = RNG.normal(size=inputs[i].shape)
        moved = [x + 1e-6 * v if j == i else x for j, x in enumerate(inputs)]
        back = [x - 1e-6 * v if j == i else x for j, x in enumerate(inputs)]
        assert (dx * v).sum() == pytest.approx(
            (u * (formula(*moved) - formula(*back))).sum() / 2e-6, rel=1e-7, abs=1e-8
        )


@pytest.mark.parametrize(
    ("layer", "inputs", "message"),
    [
        (layers.Add(), A, "list of inputs"),
        (layers.Add(), [A, np.ones((3, 2, 5))], "incompatible shapes"),
        (layers.Subtract(), [A, B, A], "exactly 2 inputs"),
        (layers.Concatenate(), [A, C], "matching shapes"),
        (layers.Dot(1), [A, np.ones((3, 5))], "entries"),
    ],
)
def test_wrong_inputs_are_named(layer, inputs, message):
    with pytest.raises(ValueError, match=message):
        layer(inputs)


def test_masking_hides_steps_and_passes_its_mask_on():
    x = np.array([[[1.0, 2.0], [0.0, 0.0], [0.0, 3.0]]])
    layer = layers.Masking(dtype="float64")
    np.testing.assert_array_equal(layer.compute_mask(x, None), [[True, False, True]])
    layer(x, record=True)
    np.testing.assert_array_equal(layer.backward(np.ones_like(x))[0, :, 0], [1, 0, 1])

    class Model(layers.Layer):
        def __init__(self):
            super().__init__(dtype="float64")
            self.masking, self.add, self.join = layers.Masking(dtype="float64"), layers.Add(), layers.Concatenate()
            self.seen = layers.Lambda(self.look, mask=None)

        def look(self, inputs, mask=None):
            self.mask = mask
            return inputs

        def call(self, x):
            a, b = self.masking(x), self.masking(ops.flip(x, 1))
            return self.seen(self.add([a, b]))

    model = Model()
    model(x)
    np.testing.assert_array_equal(model.mask, [[True, False, True]])
    masked = layer(x)
    np.testing.assert_array_equal(masked._keras_mask, [[True, False, True]])
    np.testing.assert_array_equal(layers.Add()([masked, masked])._keras_mask, [[True, False, True]])


def test_functions_and_configs():
    np.testing.assert_array_equal(layers.add([C, C]), np.float32(C) * 2)
    assert layers.concatenate([C, C], axis=1).shape == (3, 8)
    for layer in (
        layers.Concatenate(axis=1),
        layers.Dot((1, 2), normalize=True),
        layers.Masking(2.0),
        layers.Maximum(),
    ):
        copy = layers.deserialize(layers.serialize(layer))
        assert copy.get_config() == layer.get_config()


def test_identity_is_on_the_tape():
    with GradientTape() as tape:
        x = ops.convert_to_tensor(C)
        tape.watch(x)
        y = layers.Identity(dtype="float64")(x) * 2
    np.testing.assert_array_equal(tape.gradient(y, x), np.full_like(C, 2))
