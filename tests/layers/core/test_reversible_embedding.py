"""ReversibleEmbedding: both ways, and the gradient of a table that is used both ways."""

import numpy as np
import pytest

from minikeras import layers

from ...gradients import COMPLEX_STEP, complex_numbers, complex_step, norm_relative


class ThereAndBack(layers.Layer):
    """Scores of the embedded ids: the table is used twice."""

    takes_arrays = True

    def __init__(self, **arguments):
        super().__init__(dtype="float64")
        self.table = layers.ReversibleEmbedding(5, 3, dtype="float64", **arguments)
        self.dense = layers.Dense(3, "tanh", dtype="float64")

    def call(self, x):
        return self.table(self.dense(self.table(x)), reverse=True)


@pytest.mark.parametrize("arguments", [{}, {"tie_weights": False}, {"logit_soft_cap": 0.7}])
def test_gradients(arguments):
    rng = np.random.default_rng(0)
    layer, ids = ThereAndBack(**arguments), np.array([[1, 4, 1]])
    layer(ids)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    y = layer(ids, record=True)
    u = rng.normal(size=y.shape)
    for _ in range(2):  # the second pass overwrites the first one's gradient
        layer(ids, record=True)
        layer.backward(u)
    found = [p.grad.copy() for p in layer.weights]
    with complex_numbers(layer, layer.table, layer.dense):
        for gradient, p in zip(found, layer.weights, strict=True):
            expected = complex_step(lambda: (u * layer(ids)).sum(), p.value)
            assert norm_relative(gradient, expected) < COMPLEX_STEP, p.path


def test_config_and_masks():
    layer = layers.ReversibleEmbedding(5, 3, False, mask_zero=True, logit_soft_cap=2.0)
    assert layers.deserialize(layers.serialize(layer)).get_config() == layer.get_config()
    np.testing.assert_array_equal(layer.compute_mask(np.array([[0, 2]])), [[False, True]])
    assert layer.compute_mask(np.zeros((1, 2, 3))) is None
    with pytest.raises(ValueError, match="reverse_dtype"):
        layers.ReversibleEmbedding(5, 3, reverse_dtype="float32")
