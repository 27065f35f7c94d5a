"""The compiled recurrent kernels against their readable twins: every output, with and without masks and dropout."""

import numpy as np
import pytest

from minikeras.kernels import compiled, reference

T, N, K, D = 5, 3, 4, 2


def case(kind, gates, masked, dropped, dtype):
    """Arguments of a forward kernel and of its backward one, drawn at random; two equal copies for the two twins."""
    rng = np.random.default_rng(0)
    draw = lambda *shape: rng.normal(size=shape).astype(dtype)  # noqa: E731
    z, u, b = draw(T, N, gates * K), draw(K, gates * K), draw(gates * K)
    keep = (rng.random((gates, N, K)) < 0.7).astype(dtype) * 2 if dropped else np.empty((0, N, K), dtype)
    mask = (rng.random((T, N)) < 0.6).astype(dtype) if masked else np.empty((0, N), dtype)
    h, c, dy, dh, dc = draw(T + 1, N, K), draw(T + 1, N, K), draw(T, N, K), draw(N, K), draw(N, K)
    dz, extra, extra2, work = draw(T, N, gates * K), draw(T, N, gates * K), draw(T, N, K), draw(N, K)
    forward = {
        "simple_rnn": (z, u, keep, mask, z, h, work),
        "lstm": (z, u, keep, mask, z, h, c, extra2, work),
        "gru": (z, u, b, keep, mask, z, extra, h, work),
        "gru_reset_before": (z, u, keep, mask, z, extra2, h, work),
    }[kind]
    backward = {
        "simple_rnn": (dy, z, z, u, keep, mask, dh, dz, work),
        "lstm": (dy, z, z, c, extra2, u, keep, mask, dh, dc, dz, work),
        "gru": (dy, z, z, extra, h, u, keep, mask, dh, dz, draw(T, N, gates * K), work),
        "gru_reset_before": (dy, z, z, h, u, keep, mask, dh, dz, work),
    }[kind]
    return forward, backward


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("kind", "gates"), [("simple_rnn", 1), ("lstm", 4), ("gru", 3), ("gru_reset_before", 3)])
def test_twins_agree(kind, gates, dtype):
    for masked in (False, True):
        for dropped in (False, True):
            results = []
            for twin in (compiled, reference):
                forward, backward = case(kind, gates, masked, dropped, dtype)
                getattr(twin, kind)(*forward)
                getattr(twin, f"{kind}_backward")(*backward)
                results.append([*forward[:-1], *backward[:-1]])
            for a, b in zip(*results, strict=True):
                np.testing.assert_allclose(a, b, rtol=0, atol=2e-5 if dtype == "float32" else 1e-13)


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
