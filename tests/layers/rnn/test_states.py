"""States, masks and custom cells: what is carried over, what is left out, and the errors."""

import numpy as np
import pytest

from minikeras import Sequential, layers
from minikeras.errors import ShapeError

from ...gradients import COMPLEX_STEP, complex_numbers, complex_step, norm_relative

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 6, 3))


def drawn(layer, x):
    layer(x)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer


@pytest.mark.parametrize("kind", [layers.SimpleRNN, layers.LSTM, layers.GRU])
def test_two_halves_with_the_state_passed_are_the_whole(kind):
    layer = drawn(kind(4, return_state=True, return_sequences=True, dtype="float64"), X)
    whole, *last = layer(X)
    first, *states = layer(X[:, :2])
    second, *end = layer(X[:, 2:], initial_state=states)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, rtol=1e-12)
    for a, b in zip(end, last, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("kind", [layers.SimpleRNN, layers.LSTM, layers.GRU])
def test_a_stateful_layer_goes_on_where_it_stopped(kind):
    layer = drawn(kind(4, dtype="float64"), X)
    stateful = drawn(kind(4, stateful=True, dtype="float64"), X)
    stateful.set_weights(layer.get_weights())
    stateful.reset_state()
    stateful(X[:, :2])
    np.testing.assert_allclose(stateful(X[:, 2:]), layer(X), rtol=1e-12)
    stateful.reset_states()
    np.testing.assert_allclose(stateful(X), layer(X), rtol=1e-12)
    with pytest.raises(ShapeError, match="expected 2 rows, received 1"):
        stateful(X[:1])


@pytest.mark.parametrize("kind", [layers.SimpleRNN, layers.LSTM, layers.GRU])
def test_padding_that_is_masked_changes_nothing(kind):
    layer = drawn(kind(4, dtype="float64"), X)
    padded = np.concatenate([X, RNG.normal(size=(2, 3, 3))], axis=1)
    mask = np.arange(9) < np.array([[6], [6]])
    np.testing.assert_allclose(layer(padded, mask=mask), layer(X), rtol=1e-12)
    before = np.concatenate([padded[:, 6:], X], axis=1)
    np.testing.assert_allclose(layer(before, mask=mask[:, ::-1]), layer(X), rtol=1e-12)


def test_zeros_in_padded_ids_are_masked_through_a_model():
    model = Sequential([layers.Embedding(9, 3, mask_zero=True), layers.LSTM(4), layers.Dense(1)])
    ids = np.array([[5, 2, 7], [1, 8, 3]])
    model(ids)
    padded = np.concatenate([ids, np.zeros((2, 4), int)], axis=1)
    np.testing.assert_allclose(model(padded), model(ids), rtol=1e-6)


def test_wrong_states_are_named():
    layer = layers.LSTM(4, name="memory")
    with pytest.raises(ShapeError, match=r"'memory'.*\[\(2, 4\), \(2, 4\)\].*Received shapes \[\(1, 4\)\]"):
        layer(X, initial_state=[np.zeros((1, 4))])
    with pytest.raises(ShapeError, match="expected ndim=3, found ndim=2"):
        layers.GRU(4)(np.zeros((2, 3)))


class Leaky(layers.Layer):
    """s = r s′ + x w, output s: a cell with its own backward."""

    state_size = 2

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1], 2), name="w")
        self.r = self.add_weight((2,), "ones", name="r")

    def call(self, inputs, states):
        self.save(x=inputs, s=states[0])
        s = self.r.value * states[0] + inputs @ self.w.value
        return s, [s]

    def backward(self, dy):
        d = sum(a for a in (dy[0], dy[1][0]) if a is not None)
        self.w.grad[...] = self.saved_x().T @ d
        self.r.grad[...] = (self._frame["s"] * d).sum(axis=0)
        return d @ self.w.value.T, [self.r.value * d]

    def saved_x(self):
        self._frame = self.saved()
        return self._frame["x"]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
def test_gradients_of_a_custom_cell(masked, sequences):
    layer = layers.RNN(Leaky(dtype="float64"), return_sequences=sequences, dtype="float64")
    drawn(layer, X)
    mask = {"mask": RNG.random((2, 6)) < 0.6} if masked else {}
    y = layer(X, record=True, **mask)
    u = RNG.normal(size=y.shape)
    found = [layer.backward(u), *(p.grad.copy() for p in layer.weights)]
    with complex_numbers(layer, layer.cell):
        z = X.astype("complex128")
        for gradient, array in zip(found, [z, *(p.value for p in layer.weights)], strict=True):
            expected = complex_step(lambda: (u * layer(z, **mask)).sum(), array)
            assert norm_relative(gradient, expected) < COMPLEX_STEP


def test_a_cell_must_be_a_layer_with_a_state_size():
    with pytest.raises(ValueError, match="should be a layer"):
        layers.RNN(3)
    with pytest.raises(ValueError, match="state_size"):
        layers.RNN(layers.Dense(2))


@pytest.mark.parametrize(
    "layer",
    [
        layers.LSTM(3, dropout=0.1, seed=1),
        layers.GRU(3, reset_after=False),
        layers.SimpleRNN(3, return_sequences=True),
        layers.RNN([layers.LSTMCell(2), layers.GRUCell(3)], return_state=True),
        layers.Bidirectional(layers.LSTM(3), "sum"),
        layers.TimeDistributed(layers.Dense(2)),
        layers.MultiHeadAttention(2, 3, use_gate=True),
        layers.GroupQueryAttention(2, 4, 2),
        layers.EinsumDense("ab,bc->ac", 2, bias_axes="c"),
        layers.Attention(use_scale=True),
        layers.AdditiveAttention(),
        layers.Embedding(3, 2, mask_zero=True),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_a_config_makes_the_same_layer(layer):
    again = layers.deserialize(layers.serialize(layer))
    assert again.get_config() == layer.get_config()
