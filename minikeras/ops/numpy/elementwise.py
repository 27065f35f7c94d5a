"""Functions of one array, entry by entry: y = f(x), dx = f′(x) dy.

A complex number passes by its real part where f compares (abs, max, clip), so that the complex step can be taken.
"""

from typing import Any

import numpy as np

from ..base import Elementwise, Op


class Negative(Elementwise):
    """y = −x;  dx = −dy."""

    needs_floats = False

    def f(self, x: np.ndarray) -> np.ndarray:
        return -x

    def df(self, x: np.ndarray, y: np.ndarray) -> Any:
        return -1


class Absolute(Elementwise):
    """y = |x|;  dx = sign(x) dy."""

    needs_floats = False

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.abs(x) if x.dtype.kind != "c" else np.where(x.real < 0, -x, x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.sign(x.real)


class Square(Elementwise):
    """y = x²;  dx = 2x dy."""

    needs_floats = False

    def f(self, x: np.ndarray) -> np.ndarray:
        return x * x

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 2 * x


class Sqrt(Elementwise):
    """y = √x;  dx = dy / 2y."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.sqrt(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 0.5 / y


class Rsqrt(Elementwise):
    """y = 1/√x;  dx = −y³/2 dy."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return 1 / np.sqrt(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return -0.5 * y * y * y


class Cbrt(Elementwise):
    """y = ∛x;  dx = dy / 3y²."""

    def f(self, x: np.ndarray) -> np.ndarray:
        if x.dtype.kind == "c":
            return np.where(x.real < 0, -((-x) ** (1 / 3)), x ** (1 / 3))
        return np.cbrt(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 1 / (3 * y * y)


class Reciprocal(Elementwise):
    """y = 1/x;  dx = −y² dy."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return 1 / x

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return -y * y


class Exp(Elementwise):
    """y = eˣ;  dx = y dy."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.exp(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return y


class Exp2(Elementwise):
    """y = 2ˣ;  dx = y ln 2 dy."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.exp2(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return y * x.dtype.type(np.log(2))


class Expm1(Elementwise):
    """y = eˣ − 1;  dx = (y + 1) dy."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.expm1(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return y + 1


class Log(Elementwise):
    """y = ln x;  dx = dy / x."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.log(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 1 / x


class Log10(Elementwise):
    """y = log₁₀ x;  dx = dy / (x ln 10)."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.log10(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 1 / (x * x.dtype.type(np.log(10)))


class Log2(Elementwise):
    """y = log₂ x;  dx = dy / (x ln 2)."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.log2(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 1 / (x * x.dtype.type(np.log(2)))


class Log1p(Elementwise):
    """y = ln(1 + x);  dx = dy / (1 + x)."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.log1p(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 1 / (1 + x)


class Sin(Elementwise):
    """y = sin x;  dx = cos x dy."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.sin(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.cos(x)


class Cos(Elementwise):
    """y = cos x;  dx = −sin x dy."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.cos(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return -np.sin(x)


class Tan(Elementwise):
    """y = tan x;  dx = (1 + y²) dy."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.tan(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 1 + y * y


class Arcsin(Elementwise):
    """y = arcsin x;  dx = dy / √(1 − x²)."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.arcsin(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 1 / np.sqrt(1 - x * x)


class Arccos(Elementwise):
    """y = arccos x;  dx = −dy / √(1 − x²)."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.arccos(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return -1 / np.sqrt(1 - x * x)


class Arctan(Elementwise):
    """y = arctan x;  dx = dy / (1 + x²)."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.arctan(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 1 / (1 + x * x)


class Sinh(Elementwise):
    """y = sinh x;  dx = cosh x dy."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.sinh(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.cosh(x)


class Cosh(Elementwise):
    """y = cosh x;  dx = sinh x dy."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.cosh(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.sinh(x)


class Tanh(Elementwise):
    """y = tanh x;  dx = (1 − y²) dy."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.tanh(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 1 - y * y


class Arcsinh(Elementwise):
    """y = arsinh x;  dx = dy / √(x² + 1)."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.arcsinh(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 1 / np.sqrt(x * x + 1)


class Arccosh(Elementwise):
    """y = arcosh x;  dx = dy / √(x² − 1)."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.arccosh(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 1 / np.sqrt(x * x - 1)


class Arctanh(Elementwise):
    """y = artanh x;  dx = dy / (1 − x²)."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.arctanh(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 1 / (1 - x * x)


class Clip(Op):
    """y = min(max(x, x_min), x_max);  dx = dy where x_min ≤ x ≤ x_max, else 0."""

    x_min: Any
    x_max: Any

    def call(self, x: np.ndarray) -> np.ndarray:
        low, high = (np.asarray(b, x.real.dtype) for b in (self.x_min, self.x_max))
        self.save(inside=(x.real >= low) & (x.real <= high))
        return np.where(x.real < low, low, np.where(x.real > high, high, x))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return dy * self.saved()["inside"]


class NanToNum(Op):
    """x with nan, posinf and neginf in place of NaN and infinities;  dx = dy where x is finite, else 0."""

    nan: float = 0.0
    posinf: Any = None
    neginf: Any = None

    def call(self, x: np.ndarray) -> np.ndarray:
        self.save(finite=np.isfinite(x))
        return np.nan_to_num(x, nan=self.nan, posinf=self.posinf, neginf=self.neginf)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return dy * self.saved()["finite"]


class Copy(Op):
    """y = x, in new memory;  dx = dy."""

    def call(self, x: np.ndarray) -> np.ndarray:
        return np.array(x)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return dy


negative, absolute, square, sqrt = (c.function() for c in (Negative, Absolute, Square, Sqrt))
cbrt, reciprocal, exp, exp2, expm1 = (c.function() for c in (Cbrt, Reciprocal, Exp, Exp2, Expm1))
rsqrt, log, log10, log2, log1p = (c.function() for c in (Rsqrt, Log, Log10, Log2, Log1p))
sin, cos, tan, arcsin, arccos, arctan = (c.function() for c in (Sin, Cos, Tan, Arcsin, Arccos, Arctan))
sinh, cosh, tanh = (c.function() for c in (Sinh, Cosh, Tanh))
arcsinh, arccosh, arctanh = (c.function() for c in (Arcsinh, Arccosh, Arctanh))
clip, nan_to_num, copy = (c.function() for c in (Clip, NanToNum, Copy))
abs = absolute
fabs = absolute
