"""Conversion, slices, scattering, and control flow.

Control flow is Python's own: the functions that are passed are called, and what they call is recorded.
"""

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import config
from ..operation import Operation
from ..parameter import Parameter
from ..running import _running
from ..structures import flat, mapped, pack
from ..tensor import KerasTensor, Tensor, plain, wrapped
from .base import Op, operand, value
from .numpy.shapes import stack, unstack


class Cast(Op):
    """x in another dtype;  dx is dy in x's dtype, and there is none through integers."""

    dtype: Any

    @property
    def differentiable(self) -> bool:
        return np.dtype(self.dtype).kind in "fc"

    def call(self, x: Any) -> np.ndarray:
        x = np.asarray(x)
        self.save(dtype=x.dtype)
        return x.astype(self.dtype)

    def backward(self, dy: np.ndarray) -> Any:
        kind = self.saved()["dtype"]
        return dy.astype(kind) if kind.kind in "fc" else None


class StopGradient(Op):
    """y = x;  dx = 0."""

    @property
    def differentiable(self) -> bool:
        return False

    def call(self, variable: np.ndarray) -> np.ndarray:
        return np.array(variable)

    def backward(self, dy: np.ndarray) -> None:
        return None


class Scatter(Op):
    """y = 0 but for y[indices[i]] += values[i];  dvalues[i] = dy[indices[i]]."""

    shape: Any

    def call(self, indices: Any, values: np.ndarray) -> np.ndarray:
        where = _positions(indices)
        self.save(where=where)
        y = np.zeros(tuple(int(n) for n in np.asarray(plain(self.shape)).reshape(-1)), values.dtype)
        np.add.at(y, where, values)
        return y

    def backward(self, dy: np.ndarray) -> tuple[None, np.ndarray]:
        return None, dy[self.saved()["where"]]


class ScatterUpdate(Op):
    """y = inputs, but y[indices[i]] = updates[i], or added to, …, by ``reduction``.

    dinputs = dy (0 where replaced), dupdates[i] = dy[indices[i]]; the last update of a position counts.
    """

    reduction: Any = None

    def call(self, inputs: np.ndarray, indices: Any, updates: Any) -> np.ndarray:
        where, y = _positions(indices), _copied(inputs, updates)
        self.save(where=where, shape=np.shape(updates))
        if self.reduction is None:
            y[where] = updates
        elif self.reduction == "add":
            np.add.at(y, where, updates)
        else:
            raise ValueError(f"`reduction` must be None or 'add' in minikeras. Received: {self.reduction!r}")
        return y

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, None, np.ndarray]:
        where = self.saved()["where"]
        if self.reduction == "add":
            return dy, None, dy[where]
        last = np.full(dy.shape[: len(where)], -1)
        last[where] = (
            np.arange(len(where[0])) if len(where[0].shape) == 1 else np.arange(where[0].size).reshape(where[0].shape)
        )
        counts = (last[where] == np.arange(where[0].size).reshape(where[0].shape)).astype(dy.dtype)
        d = dy.copy()
        d[where] = 0
        got = dy[where]
        return d, None, got * counts.reshape(counts.shape + (1,) * (got.ndim - counts.ndim))


class Slice(Op):
    """y = x[start : start + shape], axis by axis;  dx holds dy there."""

    shape: Any

    def call(self, inputs: np.ndarray, start_indices: Any) -> np.ndarray:
        where = _window(start_indices, self.shape, inputs.shape)
        self.save(where=where, shape=inputs.shape)
        return inputs[where].copy()

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, None]:
        kept = self.saved()
        dx = np.zeros(kept["shape"], dy.dtype)
        dx[kept["where"]] = dy
        return dx, None


class SliceUpdate(Op):
    """y = inputs with updates from start on;  dinputs = dy outside of them, dupdates = dy inside."""

    def call(self, inputs: np.ndarray, start_indices: Any, updates: np.ndarray) -> np.ndarray:
        where, y = _window(start_indices, updates.shape, inputs.shape), _copied(inputs, updates)
        y[where] = updates
        self.save(where=where)
        return y

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, None, np.ndarray]:
        where, dx = self.saved()["where"], dy.copy()
        dx[where] = 0
        return dx, None, dy[where].copy()


def _copied(inputs: np.ndarray, updates: Any) -> np.ndarray:
    """A copy of the inputs, complex if the updates are."""
    return inputs.astype(complex if np.iscomplexobj(updates) else inputs.dtype)


def _positions(indices: Any) -> tuple[np.ndarray, ...]:
    return tuple(np.moveaxis(np.asarray(indices, np.int64), -1, 0))


def _window(start: Any, sizes: Any, full: tuple[int, ...]) -> tuple[Any, ...]:
    """Slices from start, each of a size; −1 means up to the end."""
    start, sizes = (np.asarray(plain(a), np.int64).reshape(-1) for a in (start, sizes))
    return tuple(
        builtins.slice(int(a), n if size < 0 else int(a + size)) for a, size, n in zip(start, sizes, full, strict=True)
    )


# Conversion.


def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Any:
    """x as a tensor: floats of a list are ``floatx``, its integers int32."""
    if isinstance(x, KerasTensor):
        return x if dtype is None or x.dtype == dtype else cast(x, dtype)
    if isinstance(x, Tensor | Parameter):
        if dtype is not None and x.dtype != np.dtype(dtype):
            return cast(x, dtype)
        return x if isinstance(x, Tensor) else cast(x, x.dtype)
    if not isinstance(x, np.ndarray | np.generic):
        x = operand(list(x)) if isinstance(x, list | tuple) else np.asarray(x)
        if isinstance(x, Tensor):
            return x if dtype is None else cast(x, dtype)
        if dtype is None and x.dtype in (np.float64, np.int64):
            dtype = config.floatx() if x.dtype == np.float64 else "int32"
    return wrapped(np.array(x, dtype))


def convert_to_numpy(x: Any) -> np.ndarray:
    """x as a plain array."""
    return np.array(value(x))


def is_tensor(x: Any) -> bool:
    """True for a tensor; False for a NumPy array."""
    return isinstance(x, Tensor | KerasTensor)


def shape(x: Any) -> tuple[Any, ...]:
    """The sizes of the axes."""
    return tuple(x.shape if hasattr(x, "shape") else np.shape(x))


def dtype(x: Any) -> str:
    """The name of the dtype."""
    return np.dtype(x.dtype).name


def saturate_cast(x: Any, dtype: Any) -> Any:
    """x in another dtype, clipped to its range."""
    from .numpy.elementwise import clip

    kind = np.dtype(dtype)
    limits = np.finfo(kind) if kind.kind == "f" else np.iinfo(kind)
    return cast(clip(x, limits.min, limits.max), dtype)


cast, stop_gradient, scatter = Cast.function(), StopGradient.function(), Scatter.function()
_scatter_update, slice, slice_update = ScatterUpdate.function(), Slice.function(), SliceUpdate.function()


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: Any = None) -> Any:
    """inputs with updates at indices."""
    return _scatter_update(inputs, indices, updates, reduction)


# Control flow.


def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """true_fn() if pred is true, else false_fn()."""
    return true_fn() if bool(value(pred)) else false_fn()


def switch(index: Any, branches: Any, *operands: Any) -> Any:
    """branches[index](*operands); the index is clipped to the branches that there are."""
    return branches[int(np.clip(int(value(index)), 0, len(branches) - 1))](*operands)


def while_loop(cond: Any, body: Any, loop_vars: Any, maximum_iterations: Any = None) -> Any:
    """loop_vars after body was applied to them while cond holds."""
    single = not isinstance(loop_vars, list | tuple)
    state = (loop_vars,) if single else tuple(loop_vars)
    state = tuple(mapped(convert_to_tensor, part) for part in state)
    steps = 0
    while bool(value(cond(*state))) and (maximum_iterations is None or steps < maximum_iterations):
        given = body(*state)
        state = tuple(given) if isinstance(given, list | tuple) else (given,)
        steps += 1
    return state[0] if single else state


def fori_loop(lower: Any, upper: Any, body_fun: Any, init_val: Any) -> Any:
    """val = body_fun(i, val) for i from lower to upper − 1."""
    val = mapped(convert_to_tensor, init_val)
    for i in range(int(value(lower)), int(value(upper))):
        val = body_fun(convert_to_tensor(i), val)
    return val


def scan(f: Any, init: Any, xs: Any = None, length: Any = None, reverse: bool = False, unroll: Any = 1) -> Any:
    """carry, y[i] = f(carry, xs[i]) for every i; the last carry, and all y."""
    n = length if xs is None else flat(xs)[0].shape[0]
    parts = [None] * n if xs is None else _parts(xs)
    carry, ys = mapped(convert_to_tensor, init), []
    for i in reversed(range(n)) if reverse else range(n):
        carry, y = f(carry, parts[i])
        ys.append(y)
    return carry, _joined(ys[::-1] if reverse else ys)


def map(f: Any, xs: Any) -> Any:
    """f(xs[i]) for every i, stacked."""
    return _joined([f(part) for part in _parts(xs)])


vectorized_map = map


def associative_scan(f: Any, elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """y[0] = x[0], y[i] = f(y[i − 1], x[i]), stacked."""
    leaves = [unstack(leaf, axis=axis) for leaf in flat(elems)]
    parts = [pack(elems, leaf) for leaf in zip(*leaves, strict=True)]
    parts = parts[::-1] if reverse else parts
    ys = [parts[0]]
    for part in parts[1:]:
        ys.append(f(ys[-1], part))
    return _joined(ys[::-1] if reverse else ys, axis)


def _parts(xs: Any) -> list[Any]:
    leaves = [unstack(convert_to_tensor(leaf)) for leaf in flat(xs)]
    return [pack(xs, leaf) for leaf in zip(*leaves, strict=True)]


def _joined(ys: list[Any], axis: int = 0) -> Any:
    if not ys or ys[0] is None:
        return None
    return pack(ys[0], (stack(list(leaves), axis) for leaves in zip(*_flat_each(ys), strict=True)))


def _flat_each(ys: list[Any]) -> list[list[Any]]:
    return [flat(y) for y in ys]


class CustomGradient(Operation):
    """A function that gives its result and the function that goes back; see :func:`custom_gradient`."""

    takes_arrays = True

    def __init__(self, f: Any) -> None:
        super().__init__()
        self.f = f

    def call(self, *args: Any) -> Any:
        token = _running.set(None)  # what f computes is not gone back through
        try:
            y, grad = self.f(*mapped(wrapped, args))
        finally:
            _running.reset(token)
        self.save(grad=grad, single=len(args) == 1)
        return y

    def backward(self, dy: Any) -> Any:
        kept = self.saved()
        token = _running.set(None)
        try:
            dx = kept["grad"](*[wrapped(d) for d in flat(dy)])
        finally:
            _running.reset(token)
        dx = mapped(value, dx)
        return dx[0] if kept["single"] and isinstance(dx, list | tuple) else dx


def custom_gradient(f: Any) -> Any:
    """A function whose derivative is given by hand: f(*x) returns y and a function grad(dy) that returns dx.

    >>> @custom_gradient
    ... def clipped(x):
    ...     return x, lambda dy, upstream=None: 0.5 * (dy if upstream is None else upstream)
    >>> clipped(np.array([2.0]))
    array([2.])
    """

    def run(*args: Any) -> Any:
        return mapped(wrapped, CustomGradient(f)(*args))

    return run
