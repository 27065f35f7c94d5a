"""The compiled recurrent kernels against their readable twins: every output, with and without masks and dropout."""

import numpy as np
import pytest

from minikeras.kernels import compiled, reference
from minikeras.kernels.compiled.recurrent import LEAST, PIECES, WORTH

KINDS = [("simple_rnn", 1), ("lstm", 4), ("gru", 3), ("gru_reset_before", 3)]


def case(kind, gates, masked, dropped, dtype, t=5, n=3, k=4):
    """Arguments of a forward kernel and of its backward one, drawn at random; what they have to write is NaN."""
    rng = np.random.default_rng(0)
    draw = lambda *shape: rng.normal(size=shape).astype(dtype)  # noqa: E731
    unwritten = lambda *shape: np.full(shape, np.nan, dtype)  # noqa: E731
    z, u, b = draw(t, n, gates * k), draw(k, gates * k) / np.sqrt(k).astype(dtype), draw(gates * k)
    keep = (rng.random((gates, n, k)) < 0.7).astype(dtype) * 2 if dropped else np.empty((0, n, k), dtype)
    mask = (rng.random((t, n)) < 0.6).astype(dtype) if masked else np.empty((0, n), dtype)
    h, c, dy, dh, dc = draw(t + 1, n, k), draw(t + 1, n, k), draw(t, n, k), draw(n, k), draw(n, k)
    h[1:] = c[1:] = np.nan
    dz, da, extra = (unwritten(t, n, gates * k) for _ in range(3))
    extra2, work = unwritten(t, n, k), unwritten(n, k)
    forward = {
        "simple_rnn": (z, u, keep, mask, z, h, work),
        "lstm": (z, u, keep, mask, z, h, c, extra2, work),
        "gru": (z, u, b, keep, mask, z, extra, h, work),
        "gru_reset_before": (z, u, keep, mask, z, extra2, h, work),
    }[kind]
    backward = {
        "simple_rnn": (dy, z, z, u, keep, mask, dh, dz, work),
        "lstm": (dy, z, z, c, extra2, u, keep, mask, dh, dc, dz, work),
        "gru": (dy, z, z, extra, h, u, keep, mask, dh, dz, da, work),
        "gru_reset_before": (dy, z, z, h, u, keep, mask, dh, dz, work),
    }[kind]
    return forward, backward


def check_twins(kind, gates, masked, dropped, dtype, **sizes):
    results = []
    for twin in (compiled, reference):
        forward, backward = case(kind, gates, masked, dropped, dtype, **sizes)
        getattr(twin, kind)(*forward)
        getattr(twin, f"{kind}_backward")(*backward)
        results.append([*forward[:-1], *backward[:-1]])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-5 if dtype == "float32" else 1e-13, equal_nan=False)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("kind", "gates"), KINDS)
def test_twins_agree(kind, gates, dtype):
    for masked in (False, True):
        for dropped in (False, True):
            check_twins(kind, gates, masked, dropped, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("kind", "gates"), KINDS)
def test_twins_agree_on_a_batch_that_is_cut(kind, gates, dtype):
    t, n = 3, PIECES * LEAST + 5  # the pieces are not equal
    k = -(-WORTH // (t * n * gates))
    check_twins(kind, gates, True, False, dtype, t=t, n=n, k=k)
    check_twins(kind, gates, False, True, dtype, t=t, n=n, k=k)


@pytest.mark.parametrize(("dtype", "places"), [("float32", 3e-7), ("float64", 6e-16)])
def test_rows_of_tanh_and_sigmoid_keep_their_digits(dtype, places):
    from minikeras.kernels.compiled.gates import sigmoid_row, tanh_row

    rng = np.random.default_rng(0)
    x = (rng.choice([-1, 1], 10_000) * 10.0 ** rng.uniform(-9, 1.9, 10_000)).astype(dtype)
    exact = x.astype("longdouble")
    for row, expected in ((tanh_row, np.tanh(exact)), (sigmoid_row, 1 / (1 + np.exp(-exact)))):
        y = x.copy()
        row(y)
        np.testing.assert_allclose(y, expected.astype("float64"), rtol=places)


def test_rows_of_tanh_and_sigmoid_at_the_ends():
    from minikeras.kernels.compiled.gates import sigmoid_row, tanh_row

    y = np.array([np.nan, np.inf, -np.inf, 0.0])
    tanh_row(y)
    np.testing.assert_array_equal(y, [np.nan, 1, -1, 0])
    y = np.array([np.nan, np.inf, 0.0])
    sigmoid_row(y)
    np.testing.assert_array_equal(y, [np.nan, 1, 0.5])
