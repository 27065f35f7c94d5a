"""Functions that move entries to other places: y[…] = x[p(…)], so that dx is dy moved back.

Entries that are repeated get the sum of their dy; those that are left out get 0.
"""

from typing import Any

import numpy as np

from ..base import Op, operand


class Moved(Op):
    """y holds each entry of x once; a subclass defines ``there(x)`` and ``back(dy, shape)``."""

    def there(self, x: np.ndarray) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__} does not define there(x).")

    def back(self, dy: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        return dy.reshape(shape)

    def call(self, x: np.ndarray) -> np.ndarray:
        self.save(shape=x.shape)
        return self.there(x)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return self.back(dy, self.saved()["shape"])


class Reshape(Moved):
    """The same entries in another shape; one size may be −1 or None."""

    newshape: Any

    def there(self, x: np.ndarray) -> np.ndarray:
        shape = self.newshape if isinstance(self.newshape, list | tuple | np.ndarray) else (self.newshape,)
        return x.reshape([-1 if size is None else int(size) for size in shape])


class Ravel(Moved):
    """The entries in one axis."""

    def there(self, x: np.ndarray) -> np.ndarray:
        return x.reshape(-1)


class ExpandDims(Moved):
    """A new axis of size 1 at each place of ``axis``."""

    axis: Any

    def there(self, x: np.ndarray) -> np.ndarray:
        return np.expand_dims(x, self.axis)


class Squeeze(Moved):
    """Without the axes of size 1."""

    axis: Any = None

    def there(self, x: np.ndarray) -> np.ndarray:
        return np.squeeze(x, tuple(self.axis) if isinstance(self.axis, list) else self.axis)


class Transpose(Moved):
    """The axes in another order, reversed by default."""

    axes: Any = None

    def there(self, x: np.ndarray) -> np.ndarray:
        return np.transpose(x, self.axes)

    def back(self, dy: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        return np.transpose(dy, None if self.axes is None else np.argsort([a % len(shape) for a in self.axes]))


class Swapaxes(Moved):
    """Two axes exchanged."""

    axis1: int
    axis2: int

    def there(self, x: np.ndarray) -> np.ndarray:
        return np.swapaxes(x, self.axis1, self.axis2)

    def back(self, dy: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        return np.swapaxes(dy, self.axis1, self.axis2)


class Moveaxis(Moved):
    """Axes at other places, the others in their order."""

    source: Any
    destination: Any

    def there(self, x: np.ndarray) -> np.ndarray:
        return np.moveaxis(x, self.source, self.destination)

    def back(self, dy: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        return np.moveaxis(dy, self.destination, self.source)


class Flip(Moved):
    """The entries in reverse order along an axis, along all by default."""

    axis: Any = None

    def there(self, x: np.ndarray) -> np.ndarray:
        return np.flip(x, self.axis)

    def back(self, dy: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        return np.flip(dy, self.axis)


class Roll(Moved):
    """y[i + shift] = x[i], around the end."""

    shift: Any
    axis: Any = None

    def there(self, x: np.ndarray) -> np.ndarray:
        return np.roll(x, self.shift, self.axis)

    def back(self, dy: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        return np.roll(dy, -np.asarray(self.shift), self.axis)


class Rot90(Moved):
    """Turned k times by 90 degrees in the plane of two axes."""

    k: int = 1
    axes: Any = (0, 1)

    def there(self, x: np.ndarray) -> np.ndarray:
        return np.rot90(x, self.k, self.axes)

    def back(self, dy: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        return np.rot90(dy, -self.k, self.axes)


class BroadcastTo(Moved):
    """x stretched to a shape;  dx sums dy over the stretched axes."""

    shape: Any

    def there(self, x: np.ndarray) -> np.ndarray:
        return np.broadcast_to(x, self.shape).copy()

    def back(self, dy: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        d = dy.sum(axis=tuple(range(dy.ndim - len(shape))))
        return d.sum(axis=tuple(i for i, size in enumerate(shape) if size == 1), keepdims=True)


class Repeat(Moved):
    """Each entry ``repeats`` times along an axis;  dx sums their dy."""

    repeats: Any
    axis: Any = None

    def there(self, x: np.ndarray) -> np.ndarray:
        return np.repeat(x, self.repeats, self.axis)

    def back(self, dy: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        axis = 0 if self.axis is None else self.axis % len(shape)
        full = (int(np.prod(shape)),) if self.axis is None else shape
        source = np.repeat(np.arange(full[axis]), self.repeats)
        dx = np.zeros(full, dy.dtype)
        np.add.at(dx, (slice(None),) * axis + (source,), dy)  # type: ignore[arg-type]
        return dx.reshape(shape)


class Tile(Moved):
    """x laid side by side ``repeats`` times along each axis;  dx sums over the copies."""

    repeats: Any

    def there(self, x: np.ndarray) -> np.ndarray:
        return np.tile(x, self.repeats)

    def back(self, dy: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        repeats = [int(r) for r in np.atleast_1d(np.asarray(self.repeats))]
        n = max(len(repeats), len(shape))
        repeats = [1] * (n - len(repeats)) + repeats
        sizes = [1] * (n - len(shape)) + list(shape)
        d = dy.reshape([size for pair in zip(repeats, sizes, strict=True) for size in pair])
        return d.sum(axis=tuple(range(0, 2 * n, 2))).reshape(shape)


class Pad(Op):
    """x with entries around it: constants, or its own by ``mode``;  dx is dy inside, plus that of the repeated ones."""

    pad_width: Any
    mode: str = "constant"

    def call(self, x: np.ndarray, constant_values: Any) -> np.ndarray:
        mode: Any = self.mode
        if mode not in ("constant", "reflect", "symmetric", "edge"):
            raise ValueError(f"`mode` must be constant, reflect, symmetric or edge. Received: mode={self.mode!r}")
        options: Any = {"constant_values": 0 if constant_values is None else constant_values}
        self.save(shape=x.shape)
        return np.pad(x, self.pad_width, mode, **(options if self.mode == "constant" else {}))

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, None]:
        shape, mode = self.saved()["shape"], self.mode  # type: Any, Any
        positions = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
        constant: Any = {"constant_values": -1} if self.mode == "constant" else {}
        source = np.pad(positions, self.pad_width, mode, **constant)
        real = source >= 0
        dx = np.zeros(positions.size, dy.dtype)
        np.add.at(dx, source[real], dy[real])
        return dx.reshape(shape), None


class Concatenate(Op):
    """Arrays one after the other along an axis;  each gets its part of dy."""

    axis: Any = 0
    takes_structures = True

    def call(self, xs: Any) -> np.ndarray:
        xs = xs if self.axis is not None else [x.reshape(-1) for x in xs]
        self.save(shapes=[x.shape for x in xs])
        return np.concatenate(_promoted_all(xs), self.axis or 0)

    def backward(self, dy: np.ndarray) -> list[np.ndarray]:
        axis = self.axis or 0
        ends = np.cumsum([shape[axis] for shape in self.saved()["shapes"]])[:-1]
        return np.split(dy, ends, axis)


class Stack(Op):
    """Arrays of one shape along a new axis;  each gets its part of dy."""

    axis: int = 0
    takes_structures = True

    def call(self, x: Any) -> np.ndarray:
        self.save(n=len(x))
        return np.stack(_promoted_all(x), self.axis)

    def backward(self, dy: np.ndarray) -> list[np.ndarray]:
        return list(np.moveaxis(dy, self.axis, 0))


class Split(Op):
    """x cut along an axis into equal parts, or at indices;  dx joins their dy."""

    indices_or_sections: Any
    axis: int = 0

    def call(self, x: np.ndarray) -> list[np.ndarray]:
        at = self.indices_or_sections
        parts = np.split(x, at if isinstance(at, int | np.integer) else [int(i) for i in at], self.axis)
        self.save(shapes=[part.shape for part in parts], dtype=x.dtype)
        return parts

    def backward(self, dy: Any) -> np.ndarray:
        kept = self.saved()
        parts = zip(dy, kept["shapes"], strict=True)
        return np.concatenate([np.zeros(s, kept["dtype"]) if d is None else d for d, s in parts], self.axis)


class Unstack(Op):
    """The parts of x along an axis, without that axis;  dx stacks their dy."""

    num: Any = None
    axis: int = 0

    def call(self, x: np.ndarray) -> list[np.ndarray]:
        self.save(shape=x.shape, dtype=x.dtype)
        return [part.copy() for part in np.moveaxis(x, self.axis, 0)]

    def backward(self, dy: Any) -> np.ndarray:
        kept = self.saved()
        shape = np.delete(kept["shape"], self.axis)
        return np.stack([np.zeros(shape, kept["dtype"]) if d is None else d for d in dy], self.axis)


def _promoted_all(xs: Any) -> list[np.ndarray]:
    kinds = [x.dtype for x in xs if x.dtype.kind in "fc"] or [x.dtype for x in xs]
    return [np.asarray(x, np.result_type(*kinds)) for x in xs]


def concatenate(xs: Any, axis: Any = 0) -> Any:
    """Arrays one after the other along an axis; with axis None, all their entries."""
    return _concatenate([_array_like(x) for x in xs], axis)


def stack(x: Any, axis: int = 0) -> Any:
    """Arrays of one shape along a new axis."""
    return _stack([_array_like(a) for a in x], axis)


def _array_like(x: Any) -> Any:
    x = operand(x)
    return x if hasattr(x, "shape") else operand([x])[0]


def vstack(xs: Any) -> Any:
    """Arrays one below the other; an array of one axis is a row."""
    return concatenate([reshape(x, (1, -1)) if len(x.shape) < 2 else x for x in map(_array_like, xs)], 0)


def hstack(xs: Any) -> Any:
    """Arrays side by side: along axis 1, or 0 for arrays of one axis."""
    xs = [reshape(x, (1,)) if len(x.shape) == 0 else x for x in map(_array_like, xs)]
    return concatenate(xs, 0 if len(xs[0].shape) == 1 else 1)


def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Any:
    """x with entries around it; ``pad_width`` is (before, after) for each axis."""
    return _pad(x, constant_values, pad_width, mode)


def append(x1: Any, x2: Any, axis: Any = None) -> Any:
    """x2 after x1."""
    return concatenate([x1, x2], axis)


def fliplr(x: Any) -> Any:
    """Reversed along axis 1."""
    return flip(x, 1)


def flipud(x: Any) -> Any:
    """Reversed along axis 0."""
    return flip(x, 0)


reshape, ravel, expand_dims, squeeze, transpose = (
    c.function() for c in (Reshape, Ravel, ExpandDims, Squeeze, Transpose)
)
swapaxes, moveaxis, flip, roll, rot90 = (c.function() for c in (Swapaxes, Moveaxis, Flip, Roll, Rot90))
broadcast_to, repeat, tile, _pad = (c.function() for c in (BroadcastTo, Repeat, Tile, Pad))
_concatenate, _stack, split, unstack = (c.function() for c in (Concatenate, Stack, Split, Unstack))
