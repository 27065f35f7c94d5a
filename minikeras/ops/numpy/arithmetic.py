"""Functions of two arrays, entry by entry; both are stretched to one shape, as in NumPy."""

from typing import Any

import numpy as np

from ... import config
from ..base import Binary, Op, promoted, summed_to


class Add(Binary):
    """y = x1 + x2;  dx1 = dy, dx2 = dy."""

    def f(self, x1: Any, x2: Any) -> Any:
        return x1 + x2

    def df(self, dy: np.ndarray, x1: Any, x2: Any, y: np.ndarray) -> Any:
        return dy, dy


class Subtract(Binary):
    """y = x1 − x2;  dx1 = dy, dx2 = −dy."""

    def f(self, x1: Any, x2: Any) -> Any:
        return x1 - x2

    def df(self, dy: np.ndarray, x1: Any, x2: Any, y: np.ndarray) -> Any:
        return dy, -dy


class Multiply(Binary):
    """y = x1 x2;  dx1 = x2 dy, dx2 = x1 dy."""

    def f(self, x1: Any, x2: Any) -> Any:
        return x1 * x2

    def df(self, dy: np.ndarray, x1: Any, x2: Any, y: np.ndarray) -> Any:
        return x2 * dy, x1 * dy


class Divide(Binary):
    """y = x1 / x2;  dx1 = dy / x2, dx2 = −y dy / x2."""

    def f(self, x1: Any, x2: Any) -> Any:
        if x1.dtype.kind in "biu":
            x1, x2 = x1.astype(config.floatx()), x2.astype(config.floatx())
        return x1 / x2

    def df(self, dy: np.ndarray, x1: Any, x2: Any, y: np.ndarray) -> Any:
        d = dy / x2
        return d, -y * d


class DivideNoNan(Binary):
    """y = x1 / x2, and 0 where x2 = 0;  dx1 = dy / x2, dx2 = −y dy / x2, and 0 where x2 = 0."""

    def f(self, x1: Any, x2: Any) -> Any:
        return np.where(x2 == 0, 0, x1 / np.where(x2 == 0, 1, x2)).astype(np.result_type(x1, x2))

    def df(self, dy: np.ndarray, x1: Any, x2: Any, y: np.ndarray) -> Any:
        d = np.where(x2 == 0, 0, dy / np.where(x2 == 0, 1, x2))
        return d, -y * d


class Power(Binary):
    """y = x1 ^ x2;  dx1 = x2 x1 ^ (x2 − 1) dy, dx2 = y ln x1 dy (0 where x1 ≤ 0)."""

    def f(self, x1: Any, x2: Any) -> Any:
        return np.power(x1, x2)

    def df(self, dy: np.ndarray, x1: Any, x2: Any, y: np.ndarray) -> Any:
        x1, x2 = np.asarray(x1), np.asarray(x2)
        d1 = np.where(x2 == 0, 0, x2 * np.power(x1, np.where(x2 == 0, 1, x2 - 1))) * dy
        positive = x1.real > 0
        return d1, np.where(positive, y * np.log(np.where(positive, x1, 1)), 0) * dy


class Maximum(Binary):
    """y = max(x1, x2);  dy goes to the larger one, to x1 where both are equal (as in Keras on TensorFlow)."""

    def f(self, x1: Any, x2: Any) -> Any:
        return np.maximum(x1, x2)

    def df(self, dy: np.ndarray, x1: Any, x2: Any, y: np.ndarray) -> Any:
        first = x1.real >= x2.real
        return dy * first, dy * ~first


class Minimum(Binary):
    """y = min(x1, x2);  dy goes to the smaller one, to x1 where both are equal (as in Keras on TensorFlow)."""

    def f(self, x1: Any, x2: Any) -> Any:
        return np.minimum(x1, x2)

    def df(self, dy: np.ndarray, x1: Any, x2: Any, y: np.ndarray) -> Any:
        first = x1.real <= x2.real
        return dy * first, dy * ~first


class Mod(Binary):
    """y = x1 − x2 ⌊x1 / x2⌋;  dx1 = dy, dx2 = −⌊x1 / x2⌋ dy."""

    def f(self, x1: Any, x2: Any) -> Any:
        return x1 - x2 * np.floor(x1.real / x2.real) if _complex(x1, x2) else np.mod(x1, x2)

    def df(self, dy: np.ndarray, x1: Any, x2: Any, y: np.ndarray) -> Any:
        return dy, -np.floor(x1.real / x2.real) * dy


class Arctan2(Binary):
    """y = the angle of the point (x2, x1);  dx1 = x2 dy / (x1² + x2²), dx2 = −x1 dy / (x1² + x2²)."""

    def f(self, x1: Any, x2: Any) -> Any:
        if _complex(x1, x2):
            turn = np.where(x2.real < 0, np.where(x1.real < 0, -np.pi, np.pi), 0)
            return np.arctan(x1 / x2) + turn
        if x1.dtype.kind in "biu":
            x1, x2 = x1.astype(config.floatx()), x2.astype(config.floatx())
        return np.arctan2(x1, x2)

    def df(self, dy: np.ndarray, x1: Any, x2: Any, y: np.ndarray) -> Any:
        d = dy / (x1 * x1 + x2 * x2)
        return x2 * d, -x1 * d


class Hypot(Binary):
    """y = √(x1² + x2²);  dx1 = x1 dy / y, dx2 = x2 dy / y."""

    def f(self, x1: Any, x2: Any) -> Any:
        return np.sqrt(x1 * x1 + x2 * x2) if _complex(x1, x2) else np.hypot(x1, x2)

    def df(self, dy: np.ndarray, x1: Any, x2: Any, y: np.ndarray) -> Any:
        d = dy / y
        return x1 * d, x2 * d


class Logaddexp(Binary):
    """y = ln(exp x1 + exp x2);  dx1 = exp(x1 − y) dy, dx2 = exp(x2 − y) dy."""

    def f(self, x1: Any, x2: Any) -> Any:
        top = np.maximum(x1.real, x2.real)
        return top + np.log(np.exp(x1 - top) + np.exp(x2 - top)) if _complex(x1, x2) else np.logaddexp(x1, x2)

    def df(self, dy: np.ndarray, x1: Any, x2: Any, y: np.ndarray) -> Any:
        return np.exp(x1 - y) * dy, np.exp(x2 - y) * dy


class Where(Op):
    """y = x1 where the condition holds, else x2;  dx1 and dx2 are dy there, and 0 elsewhere."""

    def call(self, condition: Any, x1: Any, x2: Any) -> np.ndarray:
        condition = np.asarray(condition, bool)
        self.save(condition=condition, shapes=(x1, x2))
        return np.where(condition, *promoted(x1, x2))

    def backward(self, dy: np.ndarray) -> tuple[None, Any, Any]:
        kept = self.saved()
        condition, (x1, x2) = kept["condition"], kept["shapes"]
        return None, summed_to(np.where(condition, dy, 0), x1), summed_to(np.where(condition, 0, dy), x2)


def _complex(*x: Any) -> bool:
    return any(a.dtype.kind == "c" for a in x)


def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """x1 where the condition holds, else x2; without them, the positions where it holds, axis by axis."""
    if x1 is None and x2 is None:
        from .plain import nonzero

        return nonzero(condition)
    return _where(condition, x1, x2)


add, subtract, multiply, divide = (c.function() for c in (Add, Subtract, Multiply, Divide))
divide_no_nan, power, mod = (c.function() for c in (DivideNoNan, Power, Mod))
maximum, minimum = Maximum.function(), Minimum.function()
arctan2, hypot, logaddexp, _where = (c.function() for c in (Arctan2, Hypot, Logaddexp, Where))
true_divide = divide
