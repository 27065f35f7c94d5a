"""The bug zoo of sequences: each mistake changes a gradient, and the complex step sees it."""

import numpy as np
import pytest

from minikeras import layers
from minikeras.bugs import mutant
from minikeras.bugs.zoo import SEQUENCE_MUTANTS
from minikeras.structures import flat
from minikeras.testing import check_layer

from ..gradients import COMPLEX_STEP, complex_numbers, complex_step, norm_relative

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 4, 3))
MASK = np.array([[1, 1, 0, 1], [1, 0, 0, 1]], bool)
STATES = [RNG.normal(size=(2, 2)) for _ in range(2)]

RECURRENT = (lambda: layers.LSTM(2, return_state=True, dtype="float64"), X, {"initial_state": STATES, "mask": MASK})
ATTENTION = (lambda: layers.MultiHeadAttention(2, 3, dtype="float64"), X, {"value": X[::-1].copy()})
CAUSAL = (*ATTENTION[:2], {**ATTENTION[2], "use_causal_mask": True})
EMBEDDING = (lambda: layers.Embedding(4, 2, dtype="float64"), np.array([[1, 2, 1]]), {})

WHERE = dict.fromkeys(SEQUENCE_MUTANTS, RECURRENT) | {
    "embedding_overwritten": EMBEDDING,
    "softmax_over_the_wrong_axis": ATTENTION,
    "score_scale_forgotten": ATTENTION,
    "causal_mask_off_by_one": CAUSAL,
}


def errors(make, x, arguments):
    """The relative error of each gradient against the complex step."""
    layer = make()
    layer(x, **arguments)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    y = layer(x, record=True, **arguments)
    u = [RNG.normal(size=a.shape) for a in flat(y)]
    given = flat([x, *(a for name, a in arguments.items() if name != "mask")])
    inputs = [a for a in given if getattr(a, "dtype", None) == "float64"]
    dx = [a for a in flat(layer.backward(tuple(u) if isinstance(y, tuple) else u[0])) if a is not None]
    found = [*dx, *(p.grad.copy() for p in layer.weights)]
    parts = [layer, *layer._sublayers()]
    with complex_numbers(*parts):
        wide = {id(a): a.astype("complex128") for a in inputs}

        def widened(a):
            return [widened(b) for b in a] if isinstance(a, list) else wide.get(id(a), a)

        z, named = widened(x), {name: widened(a) for name, a in arguments.items()}

        def loss():
            return sum((a * b).sum() for a, b in zip(u, flat(layer(z, **named)), strict=True))

        expected = [complex_step(loss, a) for a in [*wide.values(), *(p.value for p in layer.weights)]]
    floor = max(np.linalg.norm(a) for a in expected)  # the gradient of a key's bias is 0
    return [
        norm_relative(a, b) if np.linalg.norm(b) > 1e-12 * floor else np.linalg.norm(a) / floor
        for a, b in zip(found, expected, strict=True)
    ]


@pytest.mark.parametrize(
    "case", [RECURRENT, ATTENTION, CAUSAL, EMBEDDING], ids=["LSTM", "attention", "causal", "embedding"]
)
def test_without_a_mistake_all_gradients_are_right(case):
    assert max(errors(*case)) < COMPLEX_STEP


@pytest.mark.parametrize("name", SEQUENCE_MUTANTS)
def test_every_mistake_is_seen(name):
    with mutant(name):
        assert max(errors(*WHERE[name])) > 1e-3
    assert max(errors(*WHERE[name])) < COMPLEX_STEP


class Coder(layers.Layer):
    """An encoder whose last states are the decoder's first ones."""

    def __init__(self):
        super().__init__(dtype="float64")
        self.encoder = layers.LSTM(2, return_state=True, dtype="float64")
        self.decoder = layers.LSTM(2, dtype="float64")

    def call(self, x):
        _, *states = self.encoder(x)
        return self.decoder(x, initial_state=states)


class Padded(layers.Layer):
    """A sequence whose second step does not count."""

    def __init__(self):
        super().__init__(dtype="float64")
        self.lstm = layers.LSTM(2, dtype="float64")

    def call(self, x):
        return self.lstm(x, mask=np.array([[True, False, True]] * len(x)))


class Causal(layers.Layer):
    """Attention of a sequence to itself and what was before."""

    def __init__(self):
        super().__init__(dtype="float64")
        self.attention = layers.MultiHeadAttention(2, 3, dtype="float64")

    def call(self, x):
        return self.attention(x, x, use_causal_mask=True)


CHECKED = dict.fromkeys(SEQUENCE_MUTANTS, (Coder, {})) | {
    "mask_ignored": (Padded, {}),
    "embedding_overwritten": (lambda: layers.Embedding(4, 2, dtype="float64"), {"x": np.array([[1, 2, 1]] * 5)}),
    **dict.fromkeys(("softmax_over_the_wrong_axis", "score_scale_forgotten", "causal_mask_off_by_one"), (Causal, {})),
}


@pytest.mark.parametrize("name", SEQUENCE_MUTANTS)
def test_every_mistake_is_seen_by_check_layer(name):
    make, given = CHECKED[name]
    with mutant(name):
        assert not check_layer(make(), (3, 3), methods="complex", **given).passed
    assert check_layer(make(), (3, 3), methods="complex", **given).passed


def test_each_is_explained():
    for m in SEQUENCE_MUTANTS.values():
        for sentence in (m.what, m.seen):
            assert sentence.endswith(".")
            assert 40 < len(sentence) < 160
