"""Layer: an operation with parameters, and how to write a custom one.

A layer is three methods::

    build(input_shape)          makes the parameters
    call(x, training)           y = f(x; θ), and saves what the derivative needs
    backward(dy) -> dx          dx = ∂L/∂x and θ.grad = ∂L/∂θ, given dy = ∂L/∂y

A layer that only calls other layers and ``ops`` needs no ``backward`` (:mod:`minikeras.operation`).

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

from functools import partial, wraps
from inspect import Parameter as Argument
from inspect import signature
from typing import Any

import numpy as np

from .. import graph, regularizers
from ..calls import Call, Pass
from ..dtype_policies import dtype_name
from ..parameter import Parameter
from ..running import _running
from ..structures import flat, mapped, pack
from ..tensor import KerasTensor, Tensor, plain, wrapped
from . import input_spec, masks, within
from .added_losses import AddedLosses, outermost
from .configs import Configured
from .shapes import Shape, called_for, shape_of, shapes_of, symbols_of, without_batch
from .weights import Weights, calling


class NotInitialized:
    """An attribute that ``Layer.__init__`` sets; reading it before is an error that says so."""

    def __get__(self, layer: Any, cls: Any) -> Any:
        if layer is None:
            return self
        raise RuntimeError(
            f"In layer '{cls.__name__}', you forgot to call `super().__init__()` as the first statement in the "
            f"`__init__()` method."
        )


class Layer(Configured, AddedLosses, Weights):
    """Base class of all layers.

    Args:
        trainable: True if optimizers see its parameters.
        dtype: "float32" or "float64"; default ``config.floatx()``.
        name: default its class's name in snake case, numbered.
        input_shape: shape of one input without the batch axis, if known; ``batch_input_shape`` with it;
            ``input_dim=4`` means ``input_shape=(4,)``.
        activity_regularizer: a penalty R on the outputs; R / N is added to the loss, with N rows.
        autocast: False leaves inputs in their own dtype.
    """

    #: True for layers that compute with floats only: integers are cast to the layer's dtype, too.
    needs_floats = False
    #: False for layers that take anything, such as strings: inputs are not cast.
    _casts_inputs = True
    #: True if the layer passes masks on, or makes one, as a class with a :meth:`compute_mask` of its own does.
    supports_masking = False
    #: What the first argument of ``call`` must be like: an :class:`~minikeras.layers.InputSpec`, or several.
    input_spec: Any = None
    #: Attributes that belong to a run, not to the layer: what they hold is not inside it.
    of_a_run: frozenset[str] = frozenset()
    #: Formulas of its arrays, as text and as LaTeX, by name: those of the docstring, for traces. φ is the activation.
    quantities: dict[str, tuple[str, str]] = {}

    _accepted: frozenset[str] = frozenset()  # the arguments of `call`
    _takes_training = False  # True if `training` is one
    _names: tuple[str, ...] = ()
    _makes_mask = False  # True with a compute_mask of its own
    _trains: bool | None = None  # the default of the argument `training` of `call`
    _dtype: Any = NotInitialized()

    def __init__(
        self,
        *,
        trainable: bool = True,
        dtype: Any = None,
        name: str | None = None,
        input_shape: Any = None,
        batch_input_shape: Any = None,
        input_dim: int | None = None,
        activity_regularizer: Any = None,
        autocast: bool = True,
    ) -> None:
        super().__init__(name)
        outer = calling()
        self._made_in = "" if outer is None else f"'{outer.name}' ({type(outer).__name__})"
        self.dtype = dtype_name(dtype)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        if not autocast:
            self._casts_inputs = False
        self.built = False
        self.input_shape_argument: Shape | None = None
        if input_dim is not None and input_shape is None:
            input_shape = (input_dim,)
        if input_shape is not None:
            self.input_shape_argument = (None, *shape_of(input_shape, "input_shape"))
        elif batch_input_shape is not None:
            self.input_shape_argument = shape_of(batch_input_shape, "batch_input_shape")
        self._build_shape: Any = None
        self._build_shapes: dict[str, Any] = {}  # by the names of the arguments of `build`
        self._checked: Any = None
        self._parameters: list[Parameter] = []
        self._trainable = trainable

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "call" in vars(cls):
            arguments = list(signature(cls.call).parameters.values())[1:]
            cls._accepted = frozenset(a.name for a in arguments)
            cls._takes_training = "training" in cls._accepted
            cls._names = tuple(a.name for a in arguments if a.kind is Argument.POSITIONAL_OR_KEYWORD)
            cls._trains = next(
                (a.default for a in arguments if a.name == "training" and a.default in (True, False)), None
            )
        if "compute_mask" in vars(cls):
            cls._makes_mask = True
            cls.supports_masking = vars(cls).get("supports_masking", True)
        if "build" in vars(cls):
            cls.build = _noting_that_it_is_built(cls.build)  # type: ignore[method-assign]

    # What a custom layer defines.

    def build(self, input_shape: Any) -> None:
        """Makes the parameters, by ``add_weight``. ``input_shape`` has the batch axis (None) in front."""

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output's shape; found by calling the layer on zeros unless overridden.

        The zeros have size 2, and then 3, where ``input_shape`` is None; an axis of the output that differs between
        both calls is None.
        """
        return within.inferred_shape(self, input_shape)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the outputs; the inputs' one unless overridden."""
        return previous_mask

    def check_input(self, shape: Any) -> None:
        """Raises ShapeError for an input the layer cannot take; called once per new shape."""

    # Running it.

    def __call__(self, *args: Any, record: Any = False, **kwargs: Any) -> Any:
        """Forward pass; builds the layer if need be, and runs ``call`` with the arguments that it accepts.

        Args:
            args, kwargs: what ``call`` takes: arrays (N, …), or structures. Floats are cast to the layer's dtype.
            training: True if layers such as Dropout behave as in training; by default as in the layer around, and
                without one as the signature of ``call`` says.
            mask: which time steps count; by default what came with the inputs.
            record: True keeps what ``backward`` needs. Without it nothing is kept. A :class:`~minikeras.calls.Pass`
                is begun with this call, which then gives plain arrays.
        """
        training = kwargs.pop("training", None) if kwargs else None
        if len(args) == 1 and not kwargs and type(args[0]) is np.ndarray:  # the usual case, without searching
            given: Any = args
            inputs, tensors = self._cast(args[0]), False
            positional: Any = (inputs,)
        else:
            if "training" in self._names[1 : len(args)]:  # given by its position
                at = self._names.index("training")
                others = dict(zip(self._names[at + 1 :], args[at + 1 :], strict=False))
                args, kwargs, training = args[:at], {**others, **kwargs}, args[at] if training is None else training
            if not args and "inputs" in kwargs and "inputs" not in self._accepted:
                args = (kwargs.pop("inputs"),)  # Keras's name of the first argument
            args = tuple(_arrays(a) for a in args)
            kwargs = {name: _arrays(a) if _is_input(name) else a for name, a in kwargs.items()}
            leaves = flat(args) + [leaf for name, a in kwargs.items() if _is_input(name) for leaf in flat(a)]
            if any(isinstance(leaf, KerasTensor) for leaf in leaves):
                return self.symbolic_call(*args, **kwargs, **({} if training is None else {"training": training}))
            tensors = any(isinstance(leaf, Tensor) for leaf in leaves)
            given = [leaf if isinstance(leaf, Parameter) else plain(leaf) for leaf in leaves]
            positional = self._cast_arguments(args)
            kwargs = {name: mapped(self._cast, a) if _is_input(name) else a for name, a in kwargs.items()}
            named = [a for name, a in kwargs.items() if _is_input(name)]
            inputs = positional[0] if len(positional) == 1 and not named else (*positional, *named)
        begun = isinstance(record, Pass)
        outer = None if begun else _running.get()
        over = outer.over if outer is not None else record if begun else Pass(record)
        call = Call(self, outer, over)
        if begun:
            over.begun = call
        elif outer is None and record:
            over.depends(given)
        if self._lossy and outermost(call) is self:
            self._clear_losses()
        if training is not None:
            call.training = bool(training)
        elif call.training is None:
            call.training = self._trains
        if tensors or over.masks:
            masks.follow(call, leaves if tensors else (), given, inputs)
        if over.record:
            call.took(given, inputs)
        token = _running.set(call)
        try:
            if type(inputs) is not np.ndarray or inputs.shape[1:] != self._checked or not self.built:
                self._prepare_for(positional, kwargs)
            masked = over.masks or self._makes_mask or "mask" in kwargs
            mask = masks.accepted(self, call, positional, kwargs) if masked else None
            if self._takes_training and call.training is not None:
                kwargs["training"] = call.training
            if not self.takes_arrays:
                positional, kwargs = mapped(wrapped, positional), mapped(wrapped, kwargs)
            outputs = self.call(*positional, **kwargs)
        finally:
            _running.reset(token)
        if outputs is None:
            raise ValueError(f"call() of layer '{self.name}' ({type(self).__name__}) returned None, not an array.")
        outputs = call.gave(outputs)
        if self.activity_regularizer is not None:
            self._penalise_activity(outputs)
        if masked and self.supports_masking:
            masks.pass_on(self, call, positional, outputs, mask)
        tensors = tensors or (call.is_for_users and not begun)
        return mapped(partial(masks.masked, call), outputs) if tensors else outputs

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        first = args[0] if args else next(iter(kwargs.values()))
        if self.input_spec is not None:
            input_spec.check(self.input_spec, first, self.name)
        self._ensure_built(shapes_of(first), args, kwargs)
        if isinstance(first, KerasTensor) and None not in first.shape[1:]:
            self.check_input(first.shape)
        return super().symbolic_call(*args, **kwargs)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbols with the outputs' shapes and dtypes; found by calling the layer on zeros where nothing tells them."""
        symbols = [a for a in flat((args, tuple(kwargs.values()))) if isinstance(a, KerasTensor)]
        integers = any(np.dtype(a.dtype).kind not in "fc" for a in symbols if a.dtype != "string")
        unbuilt = any(not layer.built for layer in self._sublayers())
        unknown = type(self).compute_output_shape is Layer.compute_output_shape
        asked = any(a is True for name, a in kwargs.items() if name != "training")  # return_attention_scores=True
        if unknown or asked or unbuilt or (integers and not self.needs_floats):
            with within.kept(self):
                return graph.inferred(self, args, kwargs)
        return symbols_of(called_for(self.compute_output_shape, self._names, args, kwargs), self.dtype)

    def _prepare_for(self, args: Any, kwargs: dict[str, Any]) -> None:
        """Builds the layer for the arguments, and checks their shapes where they are new."""
        first = args[0] if args else next(iter(kwargs.values()))
        if self.input_spec is not None:
            input_spec.check(self.input_spec, first, self.name)
        if type(first) is np.ndarray:
            shape: Any = first.shape
            if not self.built:
                self._ensure_built(shape, args, kwargs)
            if shape[1:] != self._checked:
                self.check_input(shape)
                if self.input_spec is None:  # which looks at each array
                    self._checked = shape[1:]
        elif first is None or isinstance(first, str):
            raise ValueError(f"Layer '{self.name}' ({type(self).__name__}) needs an array. Received: {first!r}")
        elif not self.built:
            self._ensure_built(shapes_of(first), args, kwargs)

    # Dtype.

    @property
    def dtype(self) -> str:
        """The layer's dtype by name."""
        return self._dtype.name

    @dtype.setter
    def dtype(self, value: Any) -> None:
        self._dtype = np.dtype(value)

    compute_dtype = variable_dtype = dtype

    def _cast(self, x: Any) -> Any:
        """An array in the layer's dtype: floats always, integers where the layer needs floats."""
        if type(x) is np.ndarray and x.dtype == self._dtype:
            return x
        if isinstance(x, Parameter | Tensor):
            x = x.array
        if not isinstance(x, np.ndarray) or x.dtype == self._dtype or not self._casts_inputs:
            return x
        wanted = "biufc" if self.needs_floats else "fc"
        return x.astype(self._dtype) if x.dtype.kind in wanted and self._dtype.kind in "fc" else x

    def _cast_arguments(self, args: Any) -> Any:
        """The arguments of a call in the layer's dtype."""
        return mapped(self._cast, args)

    # Building.

    def _ensure_built(self, shape: Any, args: Any = (), kwargs: dict[str, Any] | None = None) -> None:
        """Builds the layer for a shape, or for the shapes that ``build`` has arguments of."""
        if self.built:
            return
        built_for = without_batch(shape)
        with self._inside():
            called_for(self.build, self._names, args, kwargs or {}, built_for)
        self.mark_built(built_for)

    def mark_built(self, input_shape: Any) -> None:
        """Notes that the parameters exist, and for which input."""
        self.built, self._build_shape = True, input_shape

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _noting_that_it_is_built(build: Any) -> Any:
    @wraps(build)
    def noted(self: Layer, *args: Any, **kwargs: Any) -> Any:
        result, shape = build(self, *args, **kwargs), args[0] if args else next(iter(kwargs.values()), None)
        self._build_shapes = dict(list(signature(build).bind(self, *args, **kwargs).arguments.items())[1:])
        self.mark_built(pack(shape, flat(shape)) if isinstance(shape, list | dict) else shape)
        return result

    return noted


def _is_input(name: str) -> bool:
    return name != "mask" and not name.endswith("_mask")


def _arrays(x: Any) -> Any:
    """What was passed with arrays at its leaves: lists of numbers, data frames and the like become arrays."""
    if isinstance(x, np.ndarray | Parameter | KerasTensor) or x is None or isinstance(x, bool | str):
        return x
    if isinstance(x, dict):
        return {key: _arrays(value) for key, value in x.items()}
    if isinstance(x, list | tuple) and any(hasattr(leaf, "shape") or leaf is None for leaf in flat(x)):
        return pack(x, map(_arrays, flat(x)))
    return np.asarray(x)
