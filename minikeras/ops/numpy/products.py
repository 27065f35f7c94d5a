"""Sums of products: matrices, tensors, and Einstein's summation."""

from typing import Any

import numpy as np

from ..base import Op, promoted, summed_to


class Matmul(Op):
    """Y = X1 X2, matrices in the last two axes;  dX1 = dY X2ᵀ, dX2 = X1ᵀ dY.

    The axes in front are stretched to one shape; an array of one axis is a row on the left and a column on the right.
    """

    def call(self, x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
        self.save(x1=x1, x2=x2)
        return np.matmul(*promoted(x1, x2))

    def backward(self, dy: np.ndarray) -> tuple[Any, Any]:
        kept = self.saved()
        x1, x2 = kept["x1"], kept["x2"]
        a, b = np.atleast_2d(x1), x2 if x2.ndim > 1 else x2[:, None]
        d = dy if x1.ndim > 1 else np.expand_dims(dy, -1 if x2.ndim == 1 else -2)
        d = d if x2.ndim > 1 else d[..., None]
        d1 = summed_to(np.matmul(d, np.swapaxes(b, -1, -2)), a)
        d2 = summed_to(np.matmul(np.swapaxes(a, -1, -2), d), b)
        return _reshaped(d1, x1), _reshaped(d2, x2)


def _reshaped(d: Any, x: np.ndarray) -> Any:
    return None if d is None else d.reshape(x.shape)


class Tensordot(Op):
    """Σ over the given axes of x1 and x2;  dx1 = Σ dy x2 and dx2 = Σ x1 dy over the others' free axes."""

    axes: Any = 2

    def _axes(self, x1: np.ndarray, x2: np.ndarray) -> tuple[list[int], list[int]]:
        if isinstance(self.axes, int | np.integer):
            n = int(self.axes)
            return list(range(x1.ndim - n, x1.ndim)), list(range(n))
        left, right = ([int(b) for b in np.atleast_1d(a)] for a in self.axes)
        return [a % x1.ndim for a in left], [a % x2.ndim for a in right]

    def call(self, x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
        left, right = self._axes(x1, x2)
        self.save(x1=x1, x2=x2, left=left, right=right)
        return np.tensordot(*promoted(x1, x2), (left, right))

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        kept = self.saved()
        x1, x2, left, right = kept["x1"], kept["x2"], kept["left"], kept["right"]
        free1 = [a for a in range(x1.ndim) if a not in left]
        free2 = [a for a in range(x2.ndim) if a not in right]
        n = len(free1)
        d1 = np.tensordot(dy, x2, (range(n, dy.ndim), free2))  # free axes of x1, then right's in ascending order
        d2 = np.tensordot(x1, dy, (free1, range(n)))  # left's axes in ascending order, then free ones of x2
        order1 = free1 + [left[i] for i in np.argsort(right)]
        order2 = [right[i] for i in np.argsort(left)] + free2
        return d1.transpose(np.argsort(order1)), d2.transpose(np.argsort(order2))


class Dot(Op):
    """y = Σⱼ x1[…, j] x2[…, j, …] over the last axis of x1 and the last but one of x2; a number multiplies."""

    def call(self, x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
        x1, x2 = (np.asarray(x) for x in promoted(x1, x2))
        self.save(x1=x1, x2=x2)
        return np.dot(x1, x2)

    def backward(self, dy: np.ndarray) -> tuple[Any, Any]:
        kept = self.saved()
        x1, x2 = kept["x1"], kept["x2"]
        if x1.ndim == 0 or x2.ndim == 0:
            return summed_to(dy * x2, x1), summed_to(x1 * dy, x2)
        at = max(x2.ndim - 2, 0)
        n = x1.ndim - 1
        free = [a for a in range(x2.ndim) if a != at]
        d1 = np.tensordot(dy, x2, (range(n, dy.ndim), free))
        d2 = np.tensordot(x1, dy, (range(n), range(n)))
        return d1, np.moveaxis(d2, 0, at)


class Einsum(Op):
    """Y[out] = Σ X1[in1] X2[in2] … over the letters that are not in out;  dXi[ini] = Σ dY[out] Π of the others.

    A letter that only Xi has is summed: dXi is stretched along it. A letter twice in one operand takes its diagonal.
    """

    subscripts: str

    def call(self, *operands: np.ndarray) -> np.ndarray:
        inputs, out = _letters(self.subscripts, [np.ndim(x) for x in operands])
        self.save(operands=operands, inputs=inputs, out=out)
        kinds = [x.dtype for x in operands if x.dtype.kind in "fc"]
        operands = tuple(x.astype(np.result_type(*kinds)) for x in operands) if kinds else operands
        return np.einsum(f"{','.join(inputs)}->{out}", *operands, optimize=len(operands) > 1)

    def backward(self, dy: np.ndarray) -> tuple[Any, ...]:
        kept = self.saved()
        operands, inputs, out = kept["operands"], kept["inputs"], kept["out"]
        return tuple(_einsum_gradient(dy, operands, inputs, out, i) for i in range(len(operands)))


def _einsum_gradient(dy: np.ndarray, operands: Any, inputs: list[str], out: str, i: int) -> Any:
    x = operands[i]
    if x.dtype.kind not in "fc":
        return None
    size = {
        letter: n for a, names in zip(operands, inputs, strict=True) for letter, n in zip(names, a.shape, strict=True)
    }
    mine = "".join(dict.fromkeys(inputs[i]))
    others = [j for j in range(len(operands)) if j != i]
    reached = set(out).union(*(inputs[j] for j in others))
    found = "".join(letter for letter in mine if letter in reached)
    terms = ",".join([out, *(inputs[j] for j in others)])
    d = np.einsum(f"{terms}->{found}", dy, *(operands[j] for j in others), optimize=len(operands) > 1)
    d = d.reshape([size[letter] if letter in reached else 1 for letter in mine])
    d = np.broadcast_to(d, [size[letter] for letter in mine])
    if mine == inputs[i]:
        return d
    dx = np.zeros(x.shape, d.dtype)  # a letter twice: only the diagonal was used
    where = np.ogrid[tuple(slice(size[letter]) for letter in mine)]
    dx[tuple(where[mine.index(letter)] for letter in inputs[i])] = d
    return dx


def _letters(subscripts: str, ndims: list[int]) -> tuple[list[str], str]:
    """The letters of each operand and of the result, ellipses and a missing result spelt out."""
    subscripts = subscripts.replace(" ", "")
    left, arrow, out = subscripts.partition("->")
    inputs = left.split(",")
    if len(inputs) != len(ndims):
        raise ValueError(f"einsum {subscripts!r} needs {len(inputs)} arrays. Received: {len(ndims)}")
    spare = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in subscripts]
    extra = [n - len(names.replace("...", "")) if "..." in names else 0 for names, n in zip(inputs, ndims, strict=True)]
    dots = "".join(spare[: max(extra, default=0)])
    inputs = [names.replace("...", dots[len(dots) - n :]) for names, n in zip(inputs, extra, strict=True)]
    if not arrow:
        joined = "".join(inputs)
        out = dots + "".join(sorted(c for c in set(joined) if joined.count(c) == 1 and c not in dots))
    return inputs, out.replace("...", dots)


def einsum(subscripts: str, *operands: Any, **unused: Any) -> Any:
    """Einstein's summation, as in NumPy."""
    return _einsum_of(subscripts, operands)


def _einsum_of(subscripts: str, operands: Any) -> Any:
    from ...structures import mapped
    from ...tensor import wrapped

    return mapped(wrapped, Einsum(subscripts)(*operands))


def outer(x1: Any, x2: Any) -> Any:
    """y[i, j] = x1[i] x2[j], of all their entries."""
    from .arithmetic import multiply
    from .shapes import reshape

    return multiply(reshape(x1, (-1, 1)), reshape(x2, (1, -1)))


def vdot(x1: Any, x2: Any) -> Any:
    """The dot product of all entries."""
    from .shapes import ravel

    return dot(ravel(x1), ravel(x2))


def inner(x1: Any, x2: Any) -> Any:
    """Σⱼ x1[…, j] x2[…, j] over both last axes."""
    if len(x1.shape) == 0 or len(x2.shape) == 0:
        return dot(x1, x2)
    return tensordot(x1, x2, (-1, -1))


matmul, tensordot, dot = Matmul.function(), Tensordot.function(), Dot.function()
