"""Norms and matrices; the axes in front of the last two are those of a stack of matrices."""

from typing import Any

import numpy as np

from .base import Op, constant, normal_axes
from .numpy import elementwise, indexing, products, reductions, shapes


class Inv(Op):
    """Y = X⁻¹;  dX = −Yᵀ dY Yᵀ."""

    def call(self, x: np.ndarray) -> np.ndarray:
        y = np.linalg.inv(x)
        self.save(y=y)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        t = np.swapaxes(self.saved()["y"], -1, -2)
        return -t @ dy @ t


class Det(Op):
    """y = det X;  dX = y X⁻ᵀ dy."""

    def call(self, x: np.ndarray) -> np.ndarray:
        y = np.linalg.det(x)
        self.save(x=x, y=y)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        kept = self.saved()
        return np.swapaxes(np.linalg.inv(kept["x"]), -1, -2) * (kept["y"] * dy)[..., None, None]


class Solve(Op):
    """X with A X = B;  dB = A⁻ᵀ dX, dA = −dB Xᵀ."""

    def call(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        column = b.ndim == a.ndim - 1
        x = np.linalg.solve(a, b[..., None] if column else b)
        self.save(a=a, x=x, column=column)
        return x[..., 0] if column else x

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        kept = self.saved()
        d = dy[..., None] if kept["column"] else dy
        db = np.linalg.solve(np.swapaxes(kept["a"], -1, -2), d)
        return -db @ np.swapaxes(kept["x"], -1, -2), db[..., 0] if kept["column"] else db


class Cholesky(Op):
    """L with L Lᵀ = X;  dX = L⁻ᵀ Φ(Lᵀ dL) L⁻¹ made symmetric, Φ the lower half with half its diagonal.

    Source: Murray, "Differentiation of the Cholesky decomposition", 2016.
    """

    upper: bool = False

    def call(self, x: np.ndarray) -> np.ndarray:
        y = np.linalg.cholesky(x)
        self.save(y=y)
        return np.swapaxes(y, -1, -2).copy() if self.upper else y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        y = self.saved()["y"]
        d = np.tril(np.swapaxes(dy, -1, -2) if self.upper else dy)
        phi = np.tril(np.swapaxes(y, -1, -2) @ d)
        i = np.arange(y.shape[-1])
        phi[..., i, i] /= 2
        left = np.linalg.solve(np.swapaxes(y, -1, -2), phi)
        dx = np.swapaxes(np.linalg.solve(np.swapaxes(y, -1, -2), np.swapaxes(left, -1, -2)), -1, -2)
        return (dx + np.swapaxes(dx, -1, -2)) / 2


class Norm(Op):
    """The length of vectors, or of matrices for ``ord`` None and "fro":

    y = (Σ |x|^p)^(1/p);  dx = sign(x) (|x| / ŷ)^(p−1) dŷ, and 0 where y = 0. For p = ∞ it is the largest |x|, whose
    dy is divided among equal ones; p = −∞ the smallest, p = 0 the number of entries other than 0.
    """

    ord: Any = None
    axis: Any = None
    keepdims: bool = False
    needs_floats = True

    def call(self, x: np.ndarray) -> np.ndarray:
        p = 2 if self.ord in (None, "fro", "euclidean") else self.ord
        over = normal_axes(self.axis, x.ndim)
        if isinstance(p, str) or (len(over) == 2 and self.ord not in (None, "fro", "euclidean")):
            raise ValueError(f"norm has ord=None and 'fro' for matrices, numbers for vectors. Received: {self.ord!r}")
        a = np.where(x.real < 0, -x, x)
        if p in (np.inf, -np.inf):
            y = (np.max if p > 0 else np.min)(a, over, keepdims=True)
        elif p == 0:
            y = np.sum(a != 0, over, keepdims=True).astype(x.dtype)
        elif p == 2:
            y = np.sqrt(np.sum(x * x, over, keepdims=True))
        else:
            y = np.sum(a if p == 1 else a**p, over, keepdims=True) ** (1 / p)
        y = y.astype(x.dtype)
        self.save(x=x, a=a, y=y, p=p, over=over)
        return y if self.keepdims else y.squeeze(over)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        kept = self.saved()
        x, a, y, p, over = (kept[key] for key in ("x", "a", "y", "p", "over"))
        d = dy if self.keepdims else np.expand_dims(dy, over)
        if p == 0:
            return np.zeros_like(x)
        if p in (np.inf, -np.inf):
            best = a == y
            return best * np.sign(x) * d / best.sum(over, keepdims=True).astype(x.dtype)
        safe = np.where(y == 0, 1, y)
        if p == 2:
            return np.where(y == 0, 0, x / safe * d)
        return np.where(a == 0, 0, np.sign(x) * (np.where(a == 0, 1, a) / safe) ** (p - 1) * d).astype(x.dtype)


def logdet(x: Any) -> Any:
    """ln det X of a symmetric matrix with positive eigenvalues: 2 Σ ln of the diagonal of its Cholesky factor."""
    return 2 * reductions.sum(elementwise.log(indexing.diagonal(cholesky(x), 0, -2, -1)), -1)


class Slogdet(Op):
    """The sign of det X, and y = ln |det X|;  dX = X⁻ᵀ dy.

    >>> slogdet(np.diag([2.0, -3.0]))
    (array(-1.), array(1.79175947))
    """

    def call(self, x: np.ndarray) -> tuple[Any, Any]:
        self.save(x=x)
        if x.dtype.kind == "c":
            d = np.linalg.det(x)
            return np.sign(d.real), np.log(np.where(d.real < 0, -d, d))
        sign, y = np.linalg.slogdet(x)
        return sign, y

    def backward(self, dy: Any) -> np.ndarray:
        x, d = self.saved()["x"], dy[1]
        return np.zeros_like(x) if d is None else np.swapaxes(np.linalg.inv(x), -1, -2) * np.asarray(d)[..., None, None]


class SolveTriangular(Op):
    """X with A X = B, of A only the upper triangle, or the lower one;  dB = A⁻ᵀ dX, dA = the triangle of −dB Xᵀ."""

    lower: bool = False

    def call(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        column = b.ndim == a.ndim - 1
        triangle = np.tril(a) if self.lower else np.triu(a)
        x = np.linalg.solve(triangle, b[..., None] if column else b)
        self.save(a=triangle, x=x, column=column)
        return x[..., 0] if column else x

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        kept = self.saved()
        db = np.linalg.solve(np.swapaxes(kept["a"], -1, -2), dy[..., None] if kept["column"] else dy)
        da = -db @ np.swapaxes(kept["x"], -1, -2)
        return np.tril(da) if self.lower else np.triu(da), db[..., 0] if kept["column"] else db


def cholesky_inverse(x: Any, upper: bool = False) -> Any:
    """(L Lᵀ)⁻¹, L being the lower triangle x; of the upper one U, (Uᵀ U)⁻¹."""
    n = x.shape[-1]
    inverse = solve_triangular(x, np.broadcast_to(np.eye(n, dtype=x.dtype), x.shape), lower=not upper)
    turned = [*range(len(x.shape) - 2), -1, -2]
    axes = [a % len(x.shape) for a in turned]
    t = shapes.transpose(inverse, axes)
    return products.matmul(inverse, t) if upper else products.matmul(t, inverse)


@constant
def matrix_rank(x: Any, /, tol: Any = None) -> Any:
    """How many singular values are above ``tol``, by default their largest one · max(M, N) · the dtype's epsilon."""
    return np.asarray(np.linalg.matrix_rank(x, tol)).astype(np.int32)


slogdet, solve_triangular = Slogdet.function(), SolveTriangular.function()
inv, det, solve, cholesky, norm = (c.function() for c in (Inv, Det, Solve, Cholesky, Norm))
