"""InputSpec: what a custom layer says about its inputs, and the check of it before every call.

>>> from minikeras import layers
>>> class Rows(layers.Layer):
...     def __init__(self):
...         super().__init__(name="rows")
...         self.input_spec = InputSpec(ndim=2, axes={-1: 3})
...     def call(self, x):
...         return x
>>> Rows()(np.ones((2, 4)))
Traceback (most recent call last):
    ...
minikeras.errors.ShapeError: Input 0 of layer 'rows' is incompatible with the layer: expected axis -1 of input shape \
to have value 3, but received input with shape (2, 4)
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..structures import flat


class InputSpec:
    """The rank, shape and dtype that one input must have; what is None may be anything.

    Args (as in Keras):
        dtype: its name.
        shape: with the batch axis; None where any size will do.
        ndim, max_ndim, min_ndim: numbers of axes.
        axes: sizes by axis.
        allow_last_axis_squeeze: True takes a last axis of size 1 too many, or too few.
        name: the input's key, where inputs come as a dictionary.
        optional: True takes None.
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = None if dtype is None else np.dtype(dtype).name
        self.shape = None if shape is None else tuple(shape)
        self.ndim = ndim if self.shape is None else len(self.shape)
        self.max_ndim, self.min_ndim, self.name, self.optional = max_ndim, min_ndim, name, optional
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        if not isinstance(axes, dict | None) or not all(isinstance(axis, int) for axis in axes or ()):
            raise TypeError(f"Argument `axes` must be a dict with integer keys. Received: axes={axes}")
        self.axes = axes or {}

    def get_config(self) -> dict[str, Any]:
        """The arguments, as in Keras."""
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "InputSpec":
        """A new one from :meth:`get_config`'s dictionary."""
        return cls(**config)

    def problems(self, shape: tuple[int | None, ...], dtype: Any) -> Iterator[str]:
        """What is wrong with an input of a shape and dtype."""
        n = len(shape)
        if self.ndim is not None and not self.allow_last_axis_squeeze and n != self.ndim:
            yield f"expected ndim={self.ndim}, found ndim={n}. Full shape received: {shape}"
        elif self.max_ndim is not None and n > self.max_ndim:
            yield f"expected max_ndim={self.max_ndim}, found ndim={n}. Full shape received: {shape}"
        elif self.min_ndim is not None and n < self.min_ndim:
            yield f"expected min_ndim={self.min_ndim}, found ndim={n}. Full shape received: {shape}"
        elif self.dtype is not None and np.dtype(dtype).name != self.dtype:
            yield f"expected dtype={self.dtype}, found dtype={np.dtype(dtype).name}"
        else:
            for axis, size in self.axes.items():
                if size is not None and shape[axis] not in (size, None):
                    yield (
                        f"expected axis {axis} of input shape to have value {size}, but received input with shape "
                        f"{shape}"
                    )
            if not self._has_shape(shape):
                yield f"expected shape={self.shape}, found shape={shape}"

    def _has_shape(self, shape: tuple[int | None, ...]) -> bool:
        wanted = self.shape
        if wanted is None:
            return True
        if self.allow_last_axis_squeeze:
            shape, wanted = (s[:-1] if s and s[-1] == 1 else s for s in (shape, wanted))
        pairs = zip(wanted, shape, strict=False)
        return len(wanted) == len(shape) and all(a is None or b is None or a == b for a, b in pairs)


def check(spec: Any, inputs: Any, layer: str) -> None:
    """Checks a layer's first argument against its ``input_spec``.

    Args:
        spec: an :class:`InputSpec`, or a structure of them.
        inputs: an array or symbol, or a structure of them.
        layer: its name.

    Raises:
        ShapeError: for another number of inputs, and for one that is not as its spec says.
    """
    specs = flat(spec)
    names = [each.name for each in specs if each is not None]
    if isinstance(inputs, dict) and len(names) == len(specs) and all(names):
        if missing := [name for name in names if name not in inputs]:
            raise ShapeError(
                f'Missing data for input "{missing[0]}". You passed a data dictionary with keys {list(inputs)}. '
                f"Expected the following keys: {names}"
            )
        given = [inputs[name] for name in names]
    else:
        given = flat(inputs)
    if len(given) != len(specs):
        raise ShapeError(f"Layer '{layer}' expects {len(specs)} input(s), but it received {len(given)} input tensors.")
    for i, (a, each) in enumerate(zip(given, specs, strict=True)):
        if each is None or (a is None and each.optional) or not hasattr(a, "shape"):
            continue
        for problem in each.problems(tuple(a.shape), a.dtype):
            raise ShapeError(f"Input {i} of layer '{layer}' is incompatible with the layer: {problem}")
