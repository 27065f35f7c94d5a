"""Softmax over the entries that a mask allows: by hand, NaN, twins; and attention that is worked on in pieces."""

import numpy as np
import pytest

from minikeras import layers
from minikeras.kernels import compiled, reference
from minikeras.layers.attention import heads


@pytest.mark.parametrize("module", [reference, compiled])
def test_by_hand(module):
    z, y = np.log([[1.0, 3.0, 5.0], [2.0, 2.0, 2.0]]), np.empty((2, 3))
    m = np.array([[True, True, False], [False, False, False]])
    module.softmax_where(z, m, True, y)
    np.testing.assert_allclose(y, [[0.25, 0.75, 0.0], [0.0, 0.0, 0.0]], rtol=1e-15)
    module.softmax_where(z, m, False, y)
    np.testing.assert_allclose(y, [[0.25, 0.75, 0.0], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-15)
    dz = np.empty((2, 3))
    module.softmax_where_backward(np.array([[4.0, 8.0, 1.0], [1.0, 2.0, 3.0]]), y, m, dz)
    np.testing.assert_allclose(dz, [[-0.75, 0.75, 0.0], [0.0, 0.0, 0.0]], atol=1e-15)  # 0.25 · (4 − 7), 0.75 · (8 − 7)


@pytest.mark.parametrize(("dtype", "within"), [("float32", 3e-7), ("float64", 1e-15)])
@pytest.mark.parametrize("empty", [True, False])
@pytest.mark.parametrize("masked", [True, False])
def test_twins_agree_in_place_too(dtype, within, empty, masked):
    rng = np.random.default_rng(0)
    z, dy = (10 * rng.normal(size=(7, 37))).astype(dtype), rng.normal(size=(7, 37)).astype(dtype)
    z[1, 5], z[2] = np.nan, 80
    m = rng.random(z.shape) < 0.5 if masked else None
    if masked:
        m[3] = False
    found = []
    for module in (reference, compiled):
        y, dz = z.copy(), dy.copy()
        module.softmax_where(y, m, empty, y)
        module.softmax_where_backward(dz, y, m, dz)
        found.append((y, dz))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=within * 10)
    assert np.isnan(y[1]).any()


@pytest.mark.parametrize("axes", [None, (1,), (2, 1)])
def test_attention_does_not_depend_on_the_pieces_and_the_threads(axes, monkeypatch):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 3, 4, 2))
    attention = layers.MultiHeadAttention(2, 3, attention_axes=axes, dtype="float64")
    runs = []
    for scores in (1, 1 << 16):
        monkeypatch.setattr(heads, "SCORES", scores)
        y = attention(x, x, record=True)
        dx = attention.backward(np.cos(y))
        runs.append(
            [y.tobytes(), *(d.tobytes() for d in dx if d is not None), *(p.grad.tobytes() for p in attention.weights)]
        )
    assert runs[0] == runs[1]
