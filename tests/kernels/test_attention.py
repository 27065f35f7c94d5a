"""Attention by head and layer normalization in one kernel each: the compiled twins give what the readable ones give."""

import numpy as np
import pytest

from minikeras.kernels import compiled, reference

WITHIN = {"float64": 1e-13, "float32": 2e-5}


@pytest.mark.parametrize("dtype", WITHIN)
@pytest.mark.parametrize(("masked", "dropping", "read"), [(False,) * 3, (True,) * 3, (True, False, False)])
def test_twins_of_attention_agree(dtype, masked, dropping, read):
    rng = np.random.default_rng(0)
    draw = lambda *shape: rng.normal(size=shape).astype(dtype)  # noqa: E731
    b, t, s, n = 3, 7, 9, 2
    q, k, v, do = draw(b, t, n, 5), draw(b, s, n, 5), draw(b, s, n, 4), draw(b, t, n, 4)
    m = rng.random((b, n, t, s)) < 0.6 if masked else None
    if masked:
        m[0, 0, 0] = False
    d = (rng.random((b, n, t, s)) < 0.7).astype(dtype) / np.dtype(dtype).type(0.7) if dropping else None
    dweights = draw(b, n, t, s) if read else None
    found = []
    for kernels in (reference, compiled):
        p = np.full((b, n, t, s), np.nan, dtype)
        kept = p if d is None else np.full_like(p, np.nan)
        o, dq, dk, dv = (np.full_like(a, np.nan) for a in (do, q, k, v))
        kernels.attend(q, k, v, 0.3, m, d, True, p, kept, o)
        work = np.empty((t, s), dtype)
        kernels.attend_backward(do, dweights, q, k, v, 0.3, m, d, p, kept, work, dq, dk, dv)
        found.append((p, kept, o, dq, dk, dv))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=WITHIN[dtype])


@pytest.mark.parametrize("dtype", WITHIN)
@pytest.mark.parametrize(("scale", "center"), [(True, True), (False, False)])
def test_twins_of_layer_normalization_agree(dtype, scale, center):
    rng = np.random.default_rng(1)
    x, dy = (rng.normal(3, 1, (37, 11)).astype(dtype) for _ in range(2))
    gamma, beta = (rng.normal(size=11).astype(dtype) if on else None for on in (scale, center))
    found = []
    for kernels in (reference, compiled):
        h, y, dx = (np.full_like(x, np.nan) for _ in range(3))
        r, dgamma, dbeta = np.empty(37, dtype), np.empty(11, dtype), np.empty(11, dtype)
        kernels.layer_normalize(x, gamma, beta, 1e-3, h, r, y)
        kernels.layer_normalize_backward(dy, h, r, gamma, dx, dgamma, dbeta)
        found.append((h, r, y, dx, dgamma, dbeta))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=10 * WITHIN[dtype])
