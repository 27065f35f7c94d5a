"""States, masks, wrappers and attention beside real Keras on TensorFlow, in float64: outputs and all gradients."""

import numpy as np
import pytest

from minikeras import layers, utils
from minikeras.structures import flat

pytestmark = pytest.mark.keras

EXACT = 1e-12
RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 5, 4))
MASK = np.array([[1, 1, 1, 0, 0], [0, 0, 1, 1, 0], [1, 0, 1, 1, 1]], bool)


def compare(keras, tf, make, inputs, **arguments):
    """Holds outputs, the gradients of all float inputs and of all weights against Keras's."""
    theirs, ours = make(keras.layers), make(layers)
    named = {name: a for name, a in arguments.items() if name in ("initial_state", "value", "key")}
    rest = {name: a for name, a in arguments.items() if name not in named}
    variables = tf.nest.map_structure(tf.Variable, (inputs, named))
    tensors = tf.nest.map_structure(tf.convert_to_tensor, variables)
    theirs(tensors[0], **tensors[1], **rest)  # builds it
    ours(inputs, **named, **rest)
    weights = [RNG.normal(size=w.shape) for w in theirs.get_weights()]
    assert [w.shape for w in theirs.get_weights()] == [w.shape for w in ours.get_weights()]
    theirs.set_weights(weights)
    ours.set_weights(weights)
    rest = {name: tf.constant(a) if isinstance(a, np.ndarray) else a for name, a in rest.items()}
    with tf.GradientTape() as tape:
        tensors = tf.nest.map_structure(tf.convert_to_tensor, variables)
        y = tf.nest.flatten(theirs(tensors[0], **tensors[1], **rest))
        u = [RNG.normal(size=a.shape) for a in y]
        loss = sum(tf.reduce_sum(a * b) for a, b in zip(y, u, strict=True))
    wanted = [*tf.nest.flatten((variables[0], *variables[1].values())), *[w.value for w in theirs.trainable_weights]]
    expected = tape.gradient(loss, wanted)
    found = ours(inputs, **arguments, record=True)
    for a, b in zip(flat(found), y, strict=True):
        np.testing.assert_allclose(a, b, rtol=EXACT, atol=EXACT)
    dy = u[0] if isinstance(found, np.ndarray) else (*u,) if not isinstance(found[-1], list) else nested(found, u)
    gradients = [a for a in flat(ours.backward(dy)) if a is not None]  # flags have none
    for a, b in zip([*gradients, *(p.grad for p in ours.trainable_weights)], expected, strict=True):
        np.testing.assert_allclose(a, np.zeros(a.shape) if b is None else b, rtol=EXACT, atol=EXACT)


def nested(like, leaves):
    from minikeras.structures import pack

    return pack(like, leaves)


def state(n=6):
    return RNG.normal(size=(3, n))


def stacked(k, first, second):
    return k.StackedRNNCells([first(6, dtype="float64"), second(3, dtype="float64")], dtype="float64")


CASES = {
    "states in and out": (
        lambda k: k.LSTM(6, return_state=True, dtype="float64"),
        X,
        {"initial_state": [state(), state()]},
    ),
    "GRU with state": (
        lambda k: k.GRU(6, return_state=True, return_sequences=True, go_backwards=True, dtype="float64"),
        X,
        {"initial_state": [state()], "mask": MASK},
    ),
    "masks": (lambda k: k.LSTM(6, return_sequences=True, dtype="float64"), X, {"mask": MASK}),
    "masks, reset before": (lambda k: k.GRU(6, reset_after=False, dtype="float64"), X, {"mask": MASK}),
    "masks, state, first steps out": (
        lambda k: k.SimpleRNN(6, return_sequences=True, dtype="float64"),
        X,
        {"initial_state": [state()], "mask": MASK},
    ),
    "zero output": (
        lambda k: k.RNN(k.LSTMCell(6, dtype="float64"), True, zero_output_for_mask=True, dtype="float64"),
        X,
        {"mask": MASK},
    ),
    "stacked": (
        lambda k: k.RNN(stacked(k, k.LSTMCell, k.GRUCell), True, dtype="float64"),
        X,
        {"mask": MASK},
    ),
    "stacked, last output": (
        lambda k: k.RNN(stacked(k, k.SimpleRNNCell, k.LSTMCell), dtype="float64"),
        X,
        {},
    ),
    **{
        f"bidirectional, {mode}": (
            lambda k, mode=mode: k.Bidirectional(
                k.LSTM(3, return_sequences=True, dtype="float64"), mode, dtype="float64"
            ),
            X,
            {"mask": MASK},
        )
        for mode in ("concat", "sum", "ave", "mul", None)
    },
    "bidirectional, states": (
        lambda k: k.Bidirectional(k.GRU(3, return_state=True, dtype="float64"), dtype="float64"),
        X,
        {"initial_state": [state(3), state(3)]},
    ),
    "time distributed": (lambda k: k.TimeDistributed(k.Dense(2, dtype="float64"), dtype="float64"), X, {}),
    "einsum": (lambda k: k.EinsumDense("abc,cde->abde", (None, 2, 3), "tanh", "e", dtype="float64"), X, {}),
    "einsum, dots": (lambda k: k.EinsumDense("...x,xy->...y", 2, None, "y", dtype="float64"), X, {}),
    "attention": (lambda k: k.Attention(True, dtype="float64"), [X, X[:, 1:]], {"use_causal_mask": True}),
    "attention, concat": (lambda k: k.Attention(True, "concat", dtype="float64"), [X, X[:, 1:], X[:, :4]], {}),
    "attention, scores": (lambda k: k.Attention(dtype="float64"), [X, X[:, 1:]], {"return_attention_scores": True}),
    "additive": (lambda k: k.AdditiveAttention(dtype="float64"), [X, X[:, 1:]], {}),
    "heads": (lambda k: k.MultiHeadAttention(2, 4, dtype="float64"), X, {"value": X[:, 1:]}),
    "heads, key, causal, scores": (
        lambda k: k.MultiHeadAttention(2, 4, 5, output_shape=7, dtype="float64"),
        X,
        {"value": X[:, 1:], "key": X[:, :4], "use_causal_mask": True, "return_attention_scores": True},
    ),
    "heads, mask": (
        lambda k: k.MultiHeadAttention(2, 4, use_bias=False, use_gate=True, sliding_window=3, dtype="float64"),
        X,
        {"value": X.copy(), "attention_mask": np.tril(np.ones((3, 5, 5), bool))},
    ),
    "heads, two axes": (
        lambda k: k.MultiHeadAttention(2, 4, attention_axes=(1, 2), dtype="float64"),
        RNG.normal(size=(2, 2, 3, 4)),
        {"value": RNG.normal(size=(2, 3, 2, 4))},
    ),
    "heads, one axis of two": (
        lambda k: k.MultiHeadAttention(2, 4, attention_axes=2, dtype="float64"),
        RNG.normal(size=(2, 2, 3, 4)),
        {"value": RNG.normal(size=(2, 2, 5, 4))},
    ),
    "grouped": (lambda k: k.GroupQueryAttention(4, 4, 2, dtype="float64"), X, {"value": X[:, 1:]}),
}


def test_outputs_and_gradients_are_keras_s():
    keras = pytest.importorskip("keras")
    tf = pytest.importorskip("tensorflow")
    utils.set_random_seed(0)
    failed = {}
    for name, (make, inputs, arguments) in CASES.items():
        try:
            compare(keras, tf, make, inputs, **arguments)
        except Exception as error:
            failed[name] = f"{type(error).__name__}: {error}"
    assert not failed, "\n".join(f"{name}: {why}" for name, why in failed.items())
