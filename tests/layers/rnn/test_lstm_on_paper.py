"""An LSTM with one unit over two steps, worked on paper with four decimals.

All weights stand in the table; x is 1, then 2. σ(v) = 1 / (1 + e⁻ᵛ).

=====  =====  =====  =====  =====
gate   i      f      g      o
=====  =====  =====  =====  =====
W      0.5    0.1    0.3   −0.2
U      0.4   −0.3    0.6    0.2
b      0.1    1.0   −0.1    0.2
=====  =====  =====  =====  =====

Step 1, h′ = c′ = 0::

    z = W + b     = 0.6      1.1      0.2      0
    i, f, g, o    = 0.6457   0.7503   0.1974   0.5
    c = f·0 + i·g = 0.6457 · 0.1974 = 0.1274
    h = o tanh c  = 0.5 · 0.1267    = 0.0634

Step 2, x = 2::

    z = 2 W + b + 0.0634 U = 1.1253   1.1810   0.5380  −0.1873
    i, f, g, o             = 0.7550   0.7651   0.4914   0.4533
    c = f·0.1274 + i·g     = 0.0975 + 0.3710 = 0.4685
    h = o tanh c           = 0.4533 · 0.4370 = 0.1981

Backward from L = h of step 2, so dh = 1. Step 2::

    do = tanh c                  = 0.4370      dz_o = o (1 − o) do = 0.2478 · 0.4370 = 0.1083
    dc = (1 − 0.4370²) · o       = 0.3668
    di = dc g                    = 0.1802      dz_i = i (1 − i) di = 0.1850 · 0.1802 = 0.0333
    df = dc c′                   = 0.0467      dz_f = f (1 − f) df = 0.1797 · 0.0467 = 0.0084
    dg = dc i                    = 0.2769      dz_g = (1 − g²) dg  = 0.7586 · 0.2769 = 0.2100
    dh′ = Σ dz U = 0.4 · 0.0333 − 0.3 · 0.0084 + 0.6 · 0.2100 + 0.2 · 0.1083 = 0.1585
    dc′ = dc f   = 0.3668 · 0.7651 = 0.2806

Step 1, with dh = 0.1585 and dc = 0.2806 from above::

    dz_o = 0.25 · 0.1585 · 0.1267 = 0.0050
    dc   = 0.2806 + (1 − 0.1267²) · 0.5 · 0.1585 = 0.3586
    dz_i = 0.2288 · 0.3586 · 0.1974 = 0.0162,   dz_f = 0, since c′ = 0,   dz_g = 0.9610 · 0.3586 · 0.6457 = 0.2225

And over both steps::

    dW = 1 · dz₁ + 2 · dz₂,   dU = 0 · dz₁ + 0.0634 · dz₂,   db = dz₁ + dz₂,   dx = Σ dz W of each step
"""

import numpy as np

from minikeras.layers.rnn import LSTM

W, U, B = [0.5, 0.1, 0.3, -0.2], [0.4, -0.3, 0.6, 0.2], [0.1, 1.0, -0.1, 0.2]
DZ1, DZ2 = np.array([0.0162, 0, 0.2225, 0.0050]), np.array([0.0333, 0.0084, 0.2100, 0.1083])


def test_two_steps_of_one_unit():
    lstm = LSTM(1, return_sequences=True, dtype="float64")
    lstm.build((None, 2, 1))
    lstm.set_weights([[W], [U], B])
    h = lstm(np.array([[[1.0], [2.0]]]), record=True)
    np.testing.assert_allclose(h.ravel(), [0.0634, 0.1981], atol=1e-4)

    dx = lstm.backward(np.array([[[0.0], [1.0]]]))
    np.testing.assert_allclose(lstm.cell.kernel.grad[0], DZ1 + 2 * DZ2, atol=2e-4)
    np.testing.assert_allclose(lstm.cell.recurrent_kernel.grad[0], 0.0634 * DZ2, atol=2e-4)
    np.testing.assert_allclose(lstm.cell.bias.grad, DZ1 + DZ2, atol=2e-4)
    np.testing.assert_allclose(dx.ravel(), [DZ1 @ W, DZ2 @ W], atol=2e-4)
