"""Recurrent layers: every gradient against the complex step, with all weights drawn, biases too."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import config
from minikeras.layers import rnn

from ...gradients import COMPLEX_STEP, complex_numbers, complex_step, norm_relative

options = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([rnn.SimpleRNN, rnn.LSTM, rnn.GRU, "before"]),
        "activation": st.sampled_from(["tanh", "tanh", "softsign", None]),
        "recurrent_activation": st.sampled_from(["sigmoid", "sigmoid", "gelu"]),
        "use_bias": st.booleans(),
        "return_sequences": st.booleans(),
        "go_backwards": st.booleans(),
        "dropout": st.sampled_from([0.0, 0.4]),
        "recurrent_dropout": st.sampled_from([0.0, 0.4]),
        "implementation": st.sampled_from([1, 2]),
    }
)


def make(kind, **arguments):
    """A float64 layer with 2 units; "before" is a GRU with reset_after=False."""
    if kind is rnn.SimpleRNN:
        del arguments["recurrent_activation"]
    if kind == "before":
        kind, arguments = rnn.GRU, {**arguments, "reset_after": False}
    return kind(2, dtype="float64", seed=3, **arguments)


def rewind(layer):
    """The dropout of the next call is that of the first."""
    layer.cell.seed_generator.state[1] = 0


@given(
    options=options,
    n=st.integers(1, 2),
    t=st.integers(1, 4),
    backend=st.sampled_from(["numba", "numpy"]),
    seed=st.integers(0, 99),
)
@settings(max_examples=40, deadline=None)
def test_gradients(options, n, t, backend, seed):
    rng = np.random.default_rng(seed)
    layer, x = make(**options), rng.normal(size=(n, t, 3))
    layer.build(x.shape)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    with config.using(backend=backend):
        y = layer(x, training=True, record=True)
        u = rng.normal(size=y.shape)
        dx = layer.backward(u)
    gradients = [dx.copy(), *(p.grad.copy() for p in layer.weights)]

    with complex_numbers(layer, layer.cell):
        z = x.astype("complex128")

        def loss():
            rewind(layer)
            return (u * layer(z, training=True)).sum()

        for gradient, array in zip(gradients, [z, *(p.value for p in layer.weights)], strict=True):
            assert norm_relative(gradient, complex_step(loss, array)) < COMPLEX_STEP
