"""Layer: what every layer has, and how to write one's own.

A layer is three methods::

    build(input_shape)          makes the parameters
    call(x, training)           y = f(x; θ), and saves what the derivative needs
    backward(dy) -> dx          dx = ∂L/∂x and θ.grad = ∂L/∂θ, given dy = ∂L/∂y

>>> class Scale(Layer):                                  # y = x · s
...     def build(self, input_shape):
...         self.s = self.add_weight((input_shape[-1],), "ones", name="s")
...     def call(self, x, training=False):
...         self.save(x=x)
...         return x * self.s.value
...     def backward(self, dy):
...         x = self.saved()["x"]
...         self.s.grad[...] = (dy * x).sum(axis=0)      # ds = Σₙ dy[n] · x[n]
...         return dy * self.s.value                     # dx = dy · s
>>> layer = Scale(dtype="float64")
>>> y = layer(np.array([[1.0, 2.0], [3.0, 4.0]]), record=True)
>>> dx = layer.backward(np.ones((2, 2)))
>>> layer.s.grad
array([4., 6.])
"""

from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from .. import config, constraints, initializers, regularizers
from ..errors import NotRecordedError, ShapeError
from ..parameter import Parameter
from ..workspace import Workspace

Shape = tuple[int | None, ...]


def dtype_name(dtype: Any) -> str:
    """A dtype's name from a name, a NumPy dtype or Keras's DTypePolicy config; None means ``floatx``.

    >>> dtype_name({"class_name": "DTypePolicy", "config": {"name": "float64"}})
    'float64'
    """
    if isinstance(dtype, dict):
        dtype = dtype["config"]["name"]
    name = np.dtype(dtype).name if dtype is not None else config.floatx()
    if name not in ("float32", "float64"):
        raise ValueError(f"A layer's dtype must be float32 or float64. Received: dtype={dtype!r}")
    return name


def shape_of(value: Any, argument: str) -> Shape:
    """A shape argument as a tuple.

    Raises:
        ValueError: if it is not a list or tuple of integers and None.

    >>> shape_of([28, 28], "shape")
    (28, 28)
    """
    sizes = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value, "")
    if all(size is None or (isinstance(size, int | np.integer) and size >= 0) for size in sizes):
        return tuple(None if size is None else int(size) for size in sizes)
    example = f"{argument}=({value},)" if isinstance(value, int) else f"{argument}=(28, 28)"
    raise ValueError(
        f"`{argument}` must be a tuple of integers or None, such as {example}. Received: {argument}={value!r}"
    )


class Layer:
    """Base class of all layers.

    Args:
        trainable: whether optimizers see its parameters.
        dtype: "float32" or "float64"; default ``config.floatx()``.
        name: default its class's name in snake case, numbered.
        input_shape: shape of one input without the batch axis, if known; ``batch_input_shape`` with it;
            ``input_dim=4`` means ``input_shape=(4,)``.

    Attributes:
        wants_dx: False while nobody reads what ``backward`` returns (so for the lowest trained layer during
            ``fit``); ``backward`` may then return None and save a matrix product.
    """

    _takes_training = True

    def __init__(
        self,
        *,
        trainable: bool = True,
        dtype: Any = None,
        name: str | None = None,
        input_shape: Any = None,
        batch_input_shape: Any = None,
        input_dim: int | None = None,
    ) -> None:
        self.name = name or config.unique_name(type(self).__name__)
        self.dtype = dtype_name(dtype)
        self.built = False
        self.input_shape_argument: Shape | None = None
        if input_dim is not None and input_shape is None:
            input_shape = (input_dim,)
        if input_shape is not None:
            self.input_shape_argument = (None, *shape_of(input_shape, "input_shape"))
        elif batch_input_shape is not None:
            self.input_shape_argument = shape_of(batch_input_shape, "batch_input_shape")
        self._build_shape: Shape | None = None
        self._checked: Shape | None = None
        self._parameters: list[Parameter] = []
        self._trainable = trainable
        self._scope = ""
        self._recording = False
        self._frames: list[dict[str, Any]] = []
        self._workspace = Workspace()
        self._gives_dx = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        code = cls.call.__code__
        cls._takes_training = "training" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]

    # What a layer of one's own defines.

    def build(self, input_shape: Shape) -> None:
        """Makes the parameters, by ``add_weight``. ``input_shape`` has the batch axis (None) in front."""

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """y = f(x); saves what ``backward`` needs with ``self.save(…)``."""
        raise NotImplementedError(f"Layer {type(self).__name__} does not have a `call()` method implemented.")

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dx from dy, and the gradient of every parameter into its ``grad``. Writes into neither x nor dy."""
        raise NotImplementedError(f"Layer {type(self).__name__} does not have a `backward()` method implemented.")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output's shape; found by calling the layer on two rows of zeros unless overridden."""
        self._ensure_built(input_shape)
        return (None, *self.call(np.zeros((2, *_known(input_shape[1:])), self.dtype)).shape[1:])

    def check_input(self, shape: tuple[int, ...]) -> None:
        """Raises ShapeError for an input the layer cannot take; called once per new shape."""

    # Running it.

    def __call__(self, x: Any, training: bool | None = False, record: bool = False) -> np.ndarray:
        """Forward pass.

        Args:
            x: (N, …), cast to the layer's dtype.
            training: whether Dropout drops.
            record: keep what ``backward`` needs. Without it nothing is kept.
        """
        x = self._cast(x)
        self._ensure_built(x.shape)
        if x.shape[1:] != self._checked:
            self.check_input(x.shape)
            self._checked = x.shape[1:]
        self._recording = record
        try:
            return self.call(x, training=bool(training)) if self._takes_training else self.call(x)
        finally:
            self._recording = False

    def buffer(self, name: str, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        """An uninitialised output array: a new one, or during ``fit`` the same memory at every step."""
        workspace = self._workspace
        if not workspace.lent:
            return np.empty(shape, dtype or self._dtype)
        return workspace.get((id(self), name, len(self._frames)), shape, dtype or self._dtype)

    def borrow(self, workspace: Workspace, gives_dx: bool) -> None:
        """Notes where the buffers are while a trainer lends them, and whether its ``dx`` is read meanwhile."""
        self._workspace, self._gives_dx = workspace, gives_dx

    @property
    def wants_dx(self) -> bool:
        return self._gives_dx or not self._workspace.lent

    def save(self, **values: Any) -> None:
        """Keeps what ``backward`` needs, if this call is recorded."""
        if self._recording:
            self._frames.append(values)

    def saved(self) -> dict[str, Any]:
        """What the latest recorded call saved; each can be taken once.

        Raises:
            NotRecordedError: if there is none.
        """
        if not self._frames:
            raise NotRecordedError(
                f"backward() of layer '{self.name}' needs a recorded forward pass before it: "
                f"call the layer or its model with record=True, and go back once for each such call."
            )
        return self._frames.pop()

    # Parameters.

    def add_weight(
        self,
        shape: tuple[int, ...] | None = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str = "variable",
    ) -> Parameter:
        """Makes a parameter; Glorot uniform for two axes or more and zeros for fewer unless told otherwise."""
        shape = tuple(shape or ())
        initializer = initializers.get(initializer or ("glorot_uniform" if len(shape) > 1 else "zeros"))
        parameter = Parameter(
            np.ascontiguousarray(initializer(shape, dtype=dtype or self.dtype), dtype=dtype or self.dtype),
            name=name,
            path=f"{self._scope}{self.name}/{name}",
            trainable=trainable,
            regularizer=regularizers.get(regularizer),
            constraint=constraints.get(constraint),
        )
        self._parameters.append(parameter)
        return parameter

    @property
    def weights(self) -> list[Parameter]:
        """All parameters, in the order they were made."""
        return list(self._parameters)

    variables = weights

    @property
    def trainable(self) -> bool:
        """Whether optimizers see this layer; settable."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)

    @property
    def trainable_weights(self) -> list[Parameter]:
        return [p for p in self.weights if p.trainable] if self.trainable else []

    trainable_variables = trainable_weights

    @property
    def non_trainable_weights(self) -> list[Parameter]:
        trained = {id(p) for p in self.trainable_weights}
        return [p for p in self.weights if id(p) not in trained]

    def get_weights(self) -> list[np.ndarray]:
        """Copies of all parameters' values, in Keras's order."""
        return [p.numpy() for p in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Writes all parameters' values, or none if a shape differs.

        Raises:
            ShapeError: names the parameter and both shapes.
        """
        parameters, arrays = self.weights, [np.asarray(w) for w in weights]
        if len(arrays) != len(parameters):
            raise ShapeError(
                f"You called `set_weights(weights)` on layer '{self.name}' with a weight list of length "
                f"{len(arrays)}, but the layer was expecting {len(parameters)} weights."
            )
        for p, array in zip(parameters, arrays, strict=True):
            if array.shape != p.shape:
                raise ShapeError(
                    f"Layer {self.name} weight shape {p.shape} is not compatible with provided weight shape "
                    f"{array.shape} (for {p.path}). No weight was changed."
                )
        for p, array in zip(parameters, arrays, strict=True):
            p.assign(array)

    def count_params(self) -> int:
        """How many numbers the parameters have.

        Raises:
            ValueError: before the layer is built.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on layer '{self.name}', but the layer isn't built. "
                f"Call it on data, or build it with `build(input_shape)`."
            )
        return sum(p.value.size for p in self.weights)

    # Dtype.

    @property
    def dtype(self) -> str:
        """The layer's dtype by name."""
        return self._dtype.name

    @dtype.setter
    def dtype(self, value: Any) -> None:
        self._dtype = np.dtype(value)

    def _cast(self, x: Any) -> np.ndarray:
        x = np.asarray(x)
        return x if x.dtype == self._dtype else x.astype(self._dtype)

    # Building, and Keras's configs.

    def _ensure_built(self, input_shape: Shape) -> None:
        if not self.built:
            self.build((None, *input_shape[1:]))
            self.mark_built((None, *input_shape[1:]))

    def mark_built(self, input_shape: Shape) -> None:
        """Notes that the parameters exist, and for which input."""
        self.built, self._build_shape = True, tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, in Keras's form."""
        policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": self.dtype}}
        return {"name": self.name, "trainable": self.trainable, "dtype": {**policy, "registered_name": None}}

    @classmethod
    def from_config(cls, layer_config: dict[str, Any]) -> Self:
        """A new, unbuilt layer from :meth:`get_config`'s dictionary."""
        return cls(**layer_config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _known(shape: Shape) -> tuple[int, ...]:
    return tuple(1 if size is None else size for size in shape)
