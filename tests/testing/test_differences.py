"""The numeric derivatives, on functions whose derivatives are known."""

import numpy as np
import pytest

from minikeras.testing import differences as d


def test_all_methods_on_a_known_function():
    w = np.array([0.3, -1.2])
    exact = np.array([np.cos(0.3) * np.exp(-1.2), np.sin(0.3) * np.exp(-1.2)])
    indices = d.pick(w.shape, None, None)
    np.testing.assert_allclose(d.central(lambda: np.sin(w[0]) * np.exp(w[1]), w, indices), exact, rtol=1e-9)
    c = w.astype(complex)
    v = np.array([2.0, -0.5])
    np.testing.assert_allclose(d.complex_step(lambda: np.sin(c[0]) * np.exp(c[1]), c, indices), exact, rtol=1e-15)
    assert d.along(lambda: np.sin(c[0]) * np.exp(c[1]), c, v) == pytest.approx(exact @ v, rel=1e-15)
    assert d.along(lambda: np.sin(w[0]) * np.exp(w[1]), w, v) == pytest.approx(exact @ v, rel=1e-9)


def test_arrays_are_put_back():
    w = np.array([[0.1, 0.2]])
    before = w.copy()
    d.central(lambda: w.sum(), w, [(0, 1)])
    d.along(lambda: w.sum(), w, np.ones((1, 2)))
    d.slopes(lambda: w.sum(), w, (0, 0), 1e-5)
    with pytest.raises(ZeroDivisionError):
        d.central(lambda: 1 / 0, w, [(0, 0)])
    np.testing.assert_array_equal(w, before)


def test_pick_takes_each_entry_once():
    rng = np.random.default_rng(0)
    chosen = d.pick((5, 7), 10, rng)
    assert len(set(chosen)) == 10
    assert len(d.pick((5, 7), 100, rng)) == 35
    assert d.pick((), 3, rng) == [()]


def closer(f, at, mine):
    w = np.array([at])
    numeric = d.central(lambda: f(w[0]), w, [(0,)])[0]
    return d.look_closer(lambda: f(w[0]), w, (0,), mine, numeric, abs(f(at)), 1.0)


@pytest.mark.parametrize(
    ("f", "at", "mine", "verdict"),
    [
        (lambda t: max(t, 0.0), 4e-6, 1.0, d.KINK),  # the kink is between the two sides
        (lambda t: max(t, 0.0), -4e-6, 0.0, d.KINK),
        (lambda t: max(t, 0.0), 4e-6, 0.0, d.WRONG),  # beside it there is one right answer
        (lambda t: max(t, 0.0), 8e-8, 1.0, d.KINK),
        (lambda t: max(t, 0.0), 8e-8, 1.2, d.WRONG),
        (lambda t: max(t, 0.0), 0.0, 0.0, d.KINK),  # at it, all between 0 and 1
        (lambda t: max(t, 0.0), 0.0, 0.4, d.KINK),
        (lambda t: max(t, 0.0), 0.0, 1.5, d.CORNER),
        (lambda t: np.exp(3000 * t) / 3000, 0.0, 1.0, d.SMOOTH),  # too steep for h
        (lambda t: np.exp(3000 * t) / 3000, 0.0, 1.005, d.WRONG),
        (lambda t: t * t, 1.0, 2.01, d.WRONG),
        (lambda t: t * t, 1.0, float("nan"), d.WRONG),
        (lambda t: max(t, 0.0) ** 2, 0.0, 0.0, d.SMOOTH),  # its quotient, h / 2, is all error
        (lambda t: max(t, 0.0) ** 2, 0.0, 3e-6, d.WRONG),
        (lambda t: 1e-9 * t, 0.0, 1.5e-9, d.WRONG),  # within the rounding of smaller steps, and no nearer
    ],
)
def test_a_kink_is_told_from_a_mistake(f, at, mine, verdict):
    assert closer(f, at, mine) == verdict
