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

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial, wraps
from inspect import Parameter as Argument
from inspect import signature
from typing import Any, Self

import numpy as np

from .. import config, constraints, graph, initializers, regularizers
from ..calls import Call, Pass, _running, flat, mapped, pack
from ..errors import ShapeError
from ..operation import Operation
from ..parameter import Parameter
from ..tensor import KerasTensor, Tensor, plain, wrapped
from . import within
from .own_variables import OwnVariables
from .within import shape_of

Shape = tuple[int | None, ...]


def dtype_name(dtype: Any) -> str:
    """A dtype's name from a name, a NumPy dtype or Keras's DTypePolicy config; None means ``floatx``.

    >>> dtype_name({"class_name": "DTypePolicy", "config": {"name": "float64"}})
    'float64'
    """
    if isinstance(dtype, dict):
        dtype = dtype["config"]["name"]
    dtype = getattr(dtype, "variable_dtype", dtype)
    if dtype is None:
        return config.floatx()
    name = "object" if dtype == "string" else np.dtype(dtype).name
    if name in ("float16", "bfloat16", "complex64"):
        raise ValueError(f"A layer's dtype must be float32, float64 or an integer dtype. Received: dtype={dtype!r}")
    return name


class Layer(OwnVariables, Operation):
    """Base class of all layers.

    Args:
        trainable: True if optimizers see its parameters.
        dtype: "float32" or "float64"; default ``config.floatx()``.
        name: default its class's name in snake case, numbered.
        input_shape: shape of one input without the batch axis, if known; ``batch_input_shape`` with it;
            ``input_dim=4`` means ``input_shape=(4,)``.
        activity_regularizer: a penalty R on the outputs; R / N is added to the loss, with N rows.
    """

    #: True for layers that compute with floats only: integers are cast to the layer's dtype, too.
    needs_floats = False
    #: False for layers that take anything, strings for example: inputs are not cast.
    _casts_inputs = True
    #: True if the layer passes masks on, or makes one; see :meth:`compute_mask`.
    supports_masking = False
    #: Attributes that belong to a run, not to the layer: what they hold is not inside it.
    of_a_run: frozenset[str] = frozenset()
    #: Formulas of its arrays, as text and as LaTeX, by name: those of the docstring, for traces. φ is the activation.
    quantities: dict[str, tuple[str, str]] = {}

    activity_regularizer: Any = None
    #: Losses that ``add_loss`` gave in the layer's last call, and the layers inside that have such.
    _losses: Any = ()
    _lossy: Any = frozenset()

    _accepted: frozenset[str] = frozenset()
    _names: tuple[str, ...] = ()

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
    ) -> None:
        super().__init__(name)
        self.dtype = dtype_name(dtype)
        self.activity_regularizer = regularizers.get(activity_regularizer)
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
            cls._names = tuple(a.name for a in arguments if a.kind is Argument.POSITIONAL_OR_KEYWORD)
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

    def __call__(self, *args: Any, record: bool = False, **kwargs: Any) -> Any:
        """Forward pass.

        Args:
            args, kwargs: what ``call`` takes: arrays (N, …) or structures of them. Floats are cast to the layer's
                dtype.
            training: True if layers such as Dropout behave as in training; by default as in the layer around.
            mask: which time steps count; by default what came with the inputs.
            record: True keeps what ``backward`` needs. Without it nothing is kept.
        """
        if "training" in self._names[1 : len(args)]:  # given by its position
            at = self._names.index("training")
            args, kwargs = args[:at], {**dict(zip(self._names[at:], args[at:], strict=False)), **kwargs}
        training = kwargs.pop("training", None)
        if len(args) == 1 and not kwargs and type(args[0]) is np.ndarray:  # the usual case, without searching
            given: list[Any] = [args[0]]
            positional: Any = (self._cast(args[0]),)
            tensors = False
        else:
            args = tuple(_arrays(a) for a in args)
            kwargs = {name: _arrays(a) if _is_input(name) else a for name, a in kwargs.items()}
            leaves = flat(args) + [leaf for name, a in kwargs.items() if _is_input(name) for leaf in flat(a)]
            if any(isinstance(leaf, KerasTensor) for leaf in leaves):
                return self.symbolic_call(*args, **kwargs, **({} if training is None else {"training": training}))
            tensors = any(isinstance(leaf, Tensor) for leaf in leaves)
            given = [leaf if isinstance(leaf, Parameter) else plain(leaf) for leaf in leaves]
            positional = self._cast_arguments(args)
            kwargs = {name: mapped(self._cast, a) if _is_input(name) else a for name, a in kwargs.items()}
        call, top = self._begin(record)
        if self._lossy and within.outermost(call) is self:
            self._clear_losses()
        if training is not None:
            call.training = bool(training)
        named = [a for name, a in kwargs.items() if _is_input(name)]
        inputs = positional[0] if len(positional) == 1 and not named else (*positional, *named)
        masks = call.over.masks
        if tensors:
            masks.update((id(a.plain), (a.plain, a._keras_mask)) for a in leaves if _is_masked(a))
        if masks:  # casting may have made new arrays
            masks.update(
                (id(a), (a, masks[id(b)][1])) for a, b in zip(flat(inputs), given, strict=True) if id(b) in masks
            )
        if call.over.record:
            if top:
                call.over.live.update(map(id, given))
            call.took(given, inputs)
        return self._run_layer(call, positional, kwargs, tensors)

    def _run_layer(self, call: Call, args: Any, kwargs: dict[str, Any], tensors: bool) -> Any:
        """Builds the layer if need be, and runs ``call`` with the arguments that it accepts."""
        token = _running.set(call)
        try:
            self._prepare_for(args, kwargs)
            masks = self._masks(call, args, kwargs) if call.over.masks or self.supports_masking else None
            if "training" in self._accepted:
                kwargs["training"] = call.training
            if not self.takes_arrays:
                args, kwargs = mapped(wrapped, args), mapped(wrapped, kwargs)
            outputs = self.call(*args, **kwargs)
        finally:
            _running.reset(token)
        if outputs is None:
            raise ValueError(f"call() of layer '{self.name}' ({type(self).__name__}) returned None, not an array.")
        outputs = self._end(call, outputs)
        if self.activity_regularizer is not None:
            for a in flat(outputs):
                self.add_loss(regularizers.Penalty(self.activity_regularizer, per_row=True)(a))
        if self.supports_masking:
            self._pass_mask_on(call, args, outputs, masks)
        return mapped(partial(_masked, call), outputs) if tensors or call.is_for_users else outputs

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        first = args[0] if args else next(iter(kwargs.values()))
        self._ensure_built(within.shapes_of(first), args, kwargs)
        if isinstance(first, KerasTensor) and None not in first.shape[1:]:
            self.check_input(first.shape)
        return super().symbolic_call(*args, **kwargs)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbols with the outputs' shapes and dtypes; found by calling the layer on zeros where nothing tells them."""
        symbols = [a for a in flat((args, tuple(kwargs.values()))) if isinstance(a, KerasTensor)]
        integers = any(np.dtype(a.dtype).kind not in "fc" for a in symbols if a.dtype != "string")
        unbuilt = any(not layer.built for layer in self._sublayers())
        unknown = type(self).compute_output_shape is Layer.compute_output_shape
        if unknown or unbuilt or (integers and not self.needs_floats):
            with within.kept(self):
                return graph.inferred(self, args, kwargs)
        shapes = self._of_shapes(self.compute_output_shape, args, kwargs)
        return within.symbols_of(shapes, self.dtype)

    def _prepare_for(self, args: Any, kwargs: dict[str, Any]) -> None:
        """Builds the layer for the arguments, and checks their shapes where they are new."""
        first = args[0] if args else next(iter(kwargs.values()))
        if type(first) is np.ndarray:
            shape: Any = first.shape
            if not self.built:
                self._ensure_built(shape, args, kwargs)
            if shape[1:] != self._checked:
                self.check_input(shape)
                self._checked = shape[1:]
        elif not self.built:
            self._ensure_built(within.shapes_of(first), args, kwargs)

    # Losses.

    def add_loss(self, loss: Any) -> None:
        """Adds a loss, or a list of them, to what is trained; called inside ``call``.

        Raises:
            NotRecordedError: inside a layer with a backward of its own, which cannot know of it.
        """
        call = _running.get()
        owner = self if call is None else within.outermost(call, self)
        if self not in owner._lossy:
            self._losses = []
        owner._lossy = owner._lossy | {self}
        for one in flat(loss):
            array = np.asarray(plain(one))
            self._losses.append(wrapped(array))
            if call is not None:
                within.note_loss(call, array)

    def _clear_losses(self) -> None:
        for layer in self._lossy:
            layer._losses = []
        self._lossy = frozenset()

    @property
    def losses(self) -> list[Any]:
        """What was added in the last call, and the penalties of the regularizers at the present weights."""
        regularized = [p for p in self.trainable_weights if p.regularizer is not None]
        call = _running.get()
        if call is not None and call.over.record:
            penalties = [regularizers.Penalty(p.regularizer)(p) for p in regularized]
        else:
            penalties = [float(p.regularizer(p.value)) for p in regularized]
        return [*(loss for layer in within.everyone(self) for loss in layer._losses), *penalties]

    # Masks.

    def _masks(self, call: Call, args: Any, kwargs: dict[str, Any]) -> Any:
        """The mask of the first argument; puts those that ``call`` accepts and did not get into ``kwargs``."""
        known = call.over.masks

        def mask_of(structure: Any) -> Any:
            found = mapped(lambda a: known[id(a)][1] if id(a) in known else None, structure)
            return found if any(m is not None for m in flat(found)) else None

        single = len(args) == 1
        for name, a in zip(self._names, args, strict=False):
            accepted = "mask" if single or "mask" in self._accepted else f"{name}_mask"
            if accepted in self._accepted and kwargs.get(accepted) is None and known:
                kwargs[accepted] = mask_of(a)
                if single or accepted == "mask":
                    break
        return kwargs["mask"] if kwargs.get("mask") is not None else mask_of(args[0]) if args else None

    def _pass_mask_on(self, call: Call, args: Any, outputs: Any, masks: Any) -> None:
        inputs = mapped(plain, args[0] if args else None)
        made = self.compute_mask(inputs, masks)
        if made is not None:
            leaves = flat(outputs)
            for a, mask in zip(leaves, flat(made) if len(leaves) > 1 else [made], strict=False):
                if mask is not None:
                    call.over.masks[id(a)] = (a, plain(mask))

    # Parameters.

    def buffer(self, name: str, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        """An uninitialised output array: a new one, or during ``fit`` the same memory at every step."""
        return super().buffer(name, shape, dtype or self._dtype)

    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str = "variable",
        **unused: Any,
    ) -> Parameter:
        """Makes a parameter; Glorot uniform, and zeros for integers, unless told otherwise.

        Keras's ``autocast``, ``aggregation``, ``overwrite_with_gradient`` are accepted and have no effect.
        """
        shape = (shape,) if isinstance(shape, int | np.integer) else tuple(shape or ())
        if (allowed := within.allowed.get()) is not None:
            allowed(self, shape)
            initializer = "zeros"
        kind = dtype_name(dtype) if dtype is not None else self.dtype
        initializer = initializers.get(initializer or ("glorot_uniform" if kind.startswith("float") else "zeros"))
        parameter = Parameter(
            np.ascontiguousarray(initializer(shape, dtype=kind), dtype=kind).reshape(shape),
            name=name,
            path="/".join([*self._scope(), name]),
            trainable=trainable,
            regularizer=regularizers.get(regularizer),
            constraint=constraints.get(constraint),
        )
        trained = sum(p.trainable for p in self._parameters)
        self._parameters.insert(trained if trainable else len(self._parameters), parameter)
        return parameter

    def _scope(self) -> list[str]:
        """Names of the layers that are being called or built, from the outermost to this one."""
        layers: list[Any] = [self]
        call = _running.get()
        while call is not None:
            if isinstance(call.operation, Layer) and call.operation is not layers[-1]:
                layers.append(call.operation)
            call = call.outer
        return [layer.name for layer in reversed(layers)]

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """Layers that are built inside the ``with`` block have this one's name in their parameters' paths."""
        outer = _running.get()
        token = _running.set(Call(self, outer, Pass()))
        try:
            yield
        finally:
            _running.reset(token)

    @property
    def is_trained(self) -> bool:  # type: ignore[override]
        return self._trainable and any(p.trainable for p in self._parameters)

    @property
    def own_parameters(self) -> list[Parameter]:  # type: ignore[override]
        return [p for p in self._parameters if p.trainable]

    @property
    def weights(self) -> list[Parameter]:
        """All parameters: its own (the trained ones first), then those of the layers inside, as in Keras."""
        own = [*self._parameters, *within.members(self, Parameter)]
        return within.unique(own + [p for layer in self._sublayers() for p in layer.weights])

    @property
    def variables(self) -> list[Parameter]:
        return self.weights

    def _sublayers(self) -> list["Layer"]:
        """The layers that it holds as attributes, also in lists, tuples and dictionaries."""
        return within.members(self, Layer)

    @property
    def trainable(self) -> bool:
        """True if optimizers see this layer; setting it sets it for the layers inside, too."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for layer in self._sublayers():
            layer.trainable = value

    @property
    def trainable_weights(self) -> list[Parameter]:
        if not self.trainable:
            return []
        own = [p for p in [*self._parameters, *within.members(self, Parameter)] if p.trainable]
        return within.unique(own + [p for layer in self._sublayers() for p in layer.trainable_weights])

    @property
    def trainable_variables(self) -> list[Parameter]:
        return self.trainable_weights

    @property
    def non_trainable_weights(self) -> list[Parameter]:
        trained = {id(p) for p in self.trainable_weights}
        return [p for p in self.weights if id(p) not in trained]

    @property
    def non_trainable_variables(self) -> list[Parameter]:
        return self.non_trainable_weights

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
        """The number of entries of all parameters.

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

    compute_dtype = variable_dtype = dtype

    def _cast(self, x: Any) -> Any:
        """An array in the layer's dtype: floats always, integers where the layer needs floats."""
        if isinstance(x, Parameter):
            x = x.value
        elif isinstance(x, Tensor):
            x = plain(x)
        if not isinstance(x, np.ndarray) or x.dtype == self._dtype or not self._casts_inputs:
            return x
        wanted = "biufc" if self.needs_floats else "fc"
        return x.astype(self._dtype) if x.dtype.kind in wanted and self._dtype.kind in "fc" else x

    def _cast_arguments(self, args: Any) -> Any:
        """The arguments of a call in the layer's dtype."""
        return mapped(self._cast, args)

    # Building, and Keras's configs.

    def _ensure_built(self, shape: Any, args: Any = (), kwargs: dict[str, Any] | None = None) -> None:
        """Builds the layer for a shape, or for the shapes that ``build`` has arguments of."""
        if self.built:
            return
        without_batch = within.without_batch(shape)
        with self._inside():
            self._of_shapes(self.build, args, kwargs or {}, without_batch)
        self.mark_built(without_batch)

    def _of_shapes(self, method: Any, args: Any, kwargs: dict[str, Any], shape: Any = None) -> Any:
        """``build`` or ``compute_output_shape`` for the shapes of some arguments, by their names or of the first one.

        Args:
            shape: of the first argument, if it is known otherwise.
        """
        values = {**dict(zip(self._names, args, strict=False)), **kwargs}
        by_name = {f"{name}_shape": within.shapes_of(a) for name, a in values.items() if _is_shaped(a)}
        if method == self.build:
            by_name = {name: within.without_batch(known) for name, known in by_name.items()}
        arguments = [a for a in signature(method).parameters.values() if a.kind is Argument.POSITIONAL_OR_KEYWORD]
        required = [a.name for a in arguments if a.default is Argument.empty]
        if len(arguments) > 1 and all(name in by_name for name in required):
            return method(**{a.name: by_name[a.name] for a in arguments if a.name in by_name})
        return method(within.shapes_of((*args, *kwargs.values())[0]) if shape is None else shape)

    def mark_built(self, input_shape: Any) -> None:
        """Notes that the parameters exist, and for which input."""
        self.built, self._build_shape = True, input_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, in Keras's form."""
        policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": self.dtype}}
        own = {"name": self.name, "trainable": self.trainable, "dtype": {**policy, "registered_name": None}}
        penalty = self.activity_regularizer
        return own if penalty is None else {**own, "activity_regularizer": regularizers.serialize(penalty)}

    @classmethod
    def from_config(cls, layer_config: dict[str, Any]) -> Self:
        """A new, unbuilt layer from :meth:`get_config`'s dictionary."""
        return cls(**layer_config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _noting_that_it_is_built(build: Any) -> Any:
    @wraps(build)
    def noted(self: Layer, *args: Any, **kwargs: Any) -> Any:
        result = build(self, *args, **kwargs)
        shape = args[0] if args else next(iter(kwargs.values()), None)
        self._build_shapes = dict(list(signature(build).bind(self, *args, **kwargs).arguments.items())[1:])
        self.mark_built(pack(shape, flat(shape)) if isinstance(shape, list | dict) else shape)
        return result

    return noted


def _is_shaped(a: Any) -> bool:
    return any(hasattr(leaf, "shape") for leaf in flat(a))


def _is_masked(a: Any) -> bool:
    return isinstance(a, Tensor) and a._keras_mask is not None and a.plain is not None


def _masked(call: Call, a: Any) -> Any:
    """An output as a tensor that knows its mask."""
    tensor = wrapped(a)
    if id(a) in call.over.masks:
        tensor._keras_mask = call.over.masks[id(a)][1]
    return tensor


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
