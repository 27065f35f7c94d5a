"""Every function of ``ops`` in three ways: its backward, the complex step, central differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import GradientTape, ops

from ..gradients import CENTRAL, COMPLEX_STEP, norm_relative
from .cases import CASES, drawn

#: LAPACK and the like are not accurate to the last digit.
LOOSER = {"inv": 1e-11, "det": 1e-11, "solve": 1e-11}
sizes = st.integers(1, 4)


def by_tape(f, arrays, rng):
    """y, a random cotangent u, and ∂⟨u, y⟩ for every array."""
    with GradientTape() as tape:
        tensors = [ops.convert_to_tensor(a) for a in arrays]
        tape.watch(tensors)
        y = f(ops, *tensors)
    u = rng.normal(size=y.shape)
    return y.numpy(), u, tape.gradient(y, tensors, u, "zero")


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=4)
@given(sizes, sizes, st.integers(0, 2**32 - 1))
def test_backward_is_the_complex_step_and_the_central_difference(name, a, b, seed):
    if name == "std":  # of one entry it has a kink
        a = max(a, 2)
    if name in ("std", "var over an axis") and b == 1:
        b = 2
    arrays, rng = drawn(name, a, b, seed), np.random.default_rng(seed + 1)
    f = CASES[name][0]
    y, u, gradients = by_tape(f, arrays, rng)
    assert y.dtype == np.float64
    for i, found in enumerate(gradients):
        assert found.shape == arrays[i].shape
        v = rng.normal(size=arrays[i].shape)
        mine = float((found.numpy() * v).sum())
        scale = max(abs(mine), np.linalg.norm(found) * np.linalg.norm(v), 1e-3)

        def moved(step, i=i, v=v):
            changed = [x + step * v if j == i else x for j, x in enumerate(arrays)]
            return np.sum(u * np.asarray(f(ops, *map(ops.convert_to_tensor, changed))))

        assert abs(moved(1e-30j).imag / 1e-30 - mine) <= LOOSER.get(name, COMPLEX_STEP) * scale * 10
        central = (moved(1e-6) - moved(-1e-6)) / 2e-6
        assert abs(central - mine) <= 100 * CENTRAL * max(scale, abs(moved(0)))


def test_a_wrong_backward_is_seen(monkeypatch):
    from minikeras.ops.numpy.elementwise import Tanh

    x = [np.array([0.5])]
    right = by_tape(CASES["tanh"][0], x, np.random.default_rng(0))[2][0]
    monkeypatch.setattr(Tanh, "df", lambda self, x, y: 1 - x * x)
    assert norm_relative(right, by_tape(CASES["tanh"][0], x, np.random.default_rng(0))[2][0]) > 1e-3


@pytest.mark.parametrize("wrong", [{"fft_length": 3}, {"window": "gauss"}, {"window": np.ones(3)}])
def test_stft_names_what_it_cannot_do(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ops.stft(np.ones(9), **{"sequence_length": 4, "sequence_stride": 2, "fft_length": 4} | wrong)
