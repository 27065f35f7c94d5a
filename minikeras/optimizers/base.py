"""What all optimizers share: the step from gradients to new weights.

For each parameter w with gradient g, λ ``weight_decay`` and η the learning rate, in this order::

    (1)  g ← clipped g                (see clipping.py)
    (2)  w ← w − w · λ · η            unless w is excluded
    (3)  w ← what ``update_step`` makes of w, g and η
    (4)  w ← constraint(w)

λ, η and the like are cast to w's dtype first. As in Keras on TensorFlow, the learning rate is kept in
``floatx`` (with float32 a rate of 0.01 is 0.009999999776482582, for float64 weights too), and the others are
rounded to float32; limits are taken as they are.

An optimizer of one's own overrides ``build`` (for its slots) and ``update_step``:

>>> class SignDescent(Optimizer):
...     def update_step(self, gradient, parameter, learning_rate):
...         parameter.value -= learning_rate * np.sign(gradient)
>>> w = Parameter(np.array([1.0, 2.0]), "w")
>>> optimizer = SignDescent(learning_rate=0.5)
>>> optimizer.apply([np.array([0.1, -0.1])], [w])
>>> w.value, optimizer.iterations
(array([0.5, 2.5]), 1)
"""

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import numpy as np

from .. import config as settings
from .. import initializers, kernels
from ..errors import ShapeError, UnsupportedError
from ..parameter import Parameter
from ..scalars import scalar
from ..workspace import Workspace
from . import schedules
from .clipping import clip_by_norm, clip_by_value, global_scale
from .schedules import LearningRateSchedule


class Optimizer:
    """The base of all optimizers.

    Args:
        learning_rate: a float, a :class:`~minikeras.optimizers.schedules.LearningRateSchedule`, or a function
            without arguments that gives the present rate.
        weight_decay: λ of equation (2); None for none.
        clipnorm, clipvalue, global_clipnorm: limits of equation (1); at most one of them.
        use_ema, loss_scale_factor, gradient_accumulation_steps: not supported; only the defaults are.
        ema_momentum, ema_overwrite_frequency: without effect, kept for the config.
        name: the first part of the slots' paths.

    Raises:
        ValueError: for a learning rate of another type, unknown arguments, two limits at once.
        UnsupportedError: for a moving average, loss scaling or gradient accumulation.

    Differs from Keras: ``iterations`` and ``learning_rate`` are plain numbers, not variables; the variables
    are ``variables[0]`` and, unless there is a schedule, ``variables[1]``.
    """

    def __init__(
        self,
        learning_rate: Any,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if kwargs.pop("decay", None) is not None:
            warnings.warn("Argument `decay` is no longer supported and will be ignored.", stacklevel=2)
        if kwargs:
            raise ValueError(f"Argument(s) not recognized: {kwargs}")
        if sum(limit is not None for limit in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ValueError(
                f"Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: "
                f"clipnorm={clipnorm}, clipvalue={clipvalue}, global_clipnorm={global_clipnorm}"
            )
        _refuse("use_ema", use_ema, bool(use_ema))
        _refuse("loss_scale_factor", loss_scale_factor, loss_scale_factor is not None)
        _refuse("gradient_accumulation_steps", gradient_accumulation_steps, bool(gradient_accumulation_steps))
        self.name = name or settings.unique_name(type(self).__name__)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.built = False

        self._variables: list[Parameter] = []
        self._parameters: list[Parameter] = []
        self._indices: dict[Parameter, int] = {}  # a Parameter is a key by identity: a copy has its own
        self._excluded: set[Parameter] = set()
        self._excluded_pattern: re.Pattern[str] | None = None
        self._scratch = Workspace()

        self._iteration = self.add_variable((), dtype="int64", name="iteration")
        self._learning_rate: Any
        if callable(learning_rate):
            self._learning_rate = learning_rate
        elif isinstance(learning_rate, float):
            self._learning_rate = self.add_variable((), name="learning_rate")
            self._learning_rate.assign(learning_rate)
        else:
            raise ValueError(
                "Argument `learning_rate` should be float, or an instance of LearningRateSchedule, or a "
                "callable (that takes no arguments and returns the corresponding learning rate value). "
                f"Received instead: learning_rate={learning_rate}"
            )

    # State.

    @property
    def iterations(self) -> int:
        """How many steps were taken."""
        return int(self._iteration.value)

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step; settable, unless it comes from a schedule.

        Raises:
            TypeError: on setting a number over a schedule or a function.
        """
        if isinstance(self._learning_rate, Parameter):
            return float(self._learning_rate.value)
        if isinstance(self._learning_rate, LearningRateSchedule):
            return float(self._learning_rate(self.iterations))
        return float(self._learning_rate())

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        if callable(learning_rate):
            self._variables = [v for v in self._variables if v is not self._learning_rate]
            self._learning_rate = learning_rate
        elif isinstance(self._learning_rate, Parameter):
            self._learning_rate.assign(learning_rate)
        else:
            raise TypeError(
                "This optimizer was created with a `LearningRateSchedule` object or a function as its "
                "`learning_rate` constructor argument, hence its learning rate is not settable. If you need "
                "it to be settable, create the optimizer with a float `learning_rate`."
            )

    @property
    def has_constant_rate(self) -> bool:
        """Whether the learning rate is a number, which only the user changes, and not a schedule or a function."""
        return isinstance(self._learning_rate, Parameter)

    @property
    def variables(self) -> list[Parameter]:
        """The whole state, in Keras's order: iteration, learning rate (unless scheduled), slots."""
        return list(self._variables)

    def add_variable(
        self, shape: tuple[int, ...], initializer: Any = "zeros", dtype: Any = None, name: str | None = None
    ) -> Parameter:
        """A new array of the optimizer's state, of dtype ``floatx`` unless told otherwise."""
        value = np.asarray(initializers.get(initializer)(tuple(shape), dtype=dtype or settings.floatx()))  # type: ignore[misc]
        variable = Parameter(value, name or "variable", f"{self.name}/{name or 'variable'}", trainable=False)
        self._variables.append(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Parameter, name: str | None = None, initializer: Any = "zeros"
    ) -> Parameter:
        """A slot: a new array of a parameter's shape and dtype, named after it."""
        slot = f"{reference_variable.path.replace('/', '_')}_{name or 'var'}"
        return self.add_variable(reference_variable.shape, initializer, reference_variable.dtype, slot)

    def add_optimizer_variables(
        self, trainable_variables: Iterable[Parameter], name: str, initializer: Any = "zeros"
    ) -> list[Parameter]:
        """One slot for each parameter."""
        return [self.add_variable_from_reference(p, name, initializer) for p in trainable_variables]

    def build(self, variables: Sequence[Parameter]) -> None:
        """Notes the parameters that will be updated. Subclasses add their slots.

        Raises:
            ValueError: for a parameter whose array is not C-contiguous: kernels write through a flat view.
        """
        for p in variables:
            if not p.value.flags.c_contiguous:
                raise ValueError(f"The array of parameter {p.path} must be C-contiguous to be updated in place.")
        self._parameters = list(variables)
        self._indices = {p: i for i, p in enumerate(self._parameters)}
        self.built = True

    def _get_variable_index(self, variable: Parameter) -> int:
        return self._indices[variable]

    # One step.

    def apply(self, grads: Sequence[np.ndarray | None], trainable_variables: Iterable[Parameter] | None = None) -> None:
        """Equations (1) to (4) for every parameter, in place, and one more iteration.

        Args:
            grads: ∂L/∂w for each parameter, never written to; None where there is none, which leaves the
                parameter as it is, with a warning.
            trainable_variables: the parameters; the first call builds the optimizer with them. Without them,
                those that it was built with.

        Raises:
            ValueError: for parameters the optimizer was not built with, another number of gradients than of
                parameters, or no gradient at all.
            ShapeError: for a gradient of another shape than its parameter. Nothing is changed.
        """
        if len(grads) == 0:
            return
        parameters = self._known(grads, trainable_variables)
        if any(g is None for g in grads):
            grads, parameters = _present(grads, parameters)
        gradients = [g if g is p.grad else _matching(g, p) for g, p in zip(grads, parameters, strict=True)]

        rate = self.learning_rate
        clip = self._clipping(gradients)
        for p, g in zip(parameters, gradients, strict=True):
            eta = p.dtype.type(rate)
            if self.weight_decay is not None and self._use_weight_decay(p):
                kernels.select(p.dtype).weight_decay(p.value, scalar(self.weight_decay, p.dtype), eta)  # (2)
            if clip is not None:
                clipped = self._scratch.get("gradient", g.shape, g.dtype)
                with np.errstate(over="ignore", invalid="ignore"):
                    clip(g, clipped)  # (1)
                g = clipped
            self.update_step(g, p, eta)  # (3)
        for p in parameters:
            if p.constraint is not None:
                p.assign(p.constraint(p.value))  # (4)
        self._iteration.value += 1

    def apply_gradients(self, grads_and_vars: Iterable[tuple[np.ndarray | None, Parameter]]) -> int:
        """:meth:`apply` for (gradient, parameter) pairs; gives the number of steps taken."""
        grads, trainable_variables = zip(*grads_and_vars, strict=True)
        self.apply(grads, trainable_variables)
        return self.iterations

    def update_step(self, gradient: np.ndarray, parameter: Parameter, learning_rate: Any) -> None:
        """Equation (3) for one parameter: changes ``parameter.value`` in place.

        Args:
            gradient: of the parameter's shape and dtype, clipped; not to be written to.
            parameter: what to change.
            learning_rate: a scalar of the parameter's dtype.
        """
        raise NotImplementedError(f"Optimizer '{type(self).__name__}' must override `update_step`.")

    def _known(self, grads: Sequence[Any], variables: Iterable[Parameter] | None) -> list[Parameter]:
        if variables is None:
            if not self.built:
                raise ValueError(
                    "When passing `grads` without `variables`, the optimizer must already be built on a list "
                    "of variables. Call `optimizer.build(trainable_variables)` first."
                )
            parameters = self._parameters
        else:
            parameters = list(variables)
            if not self.built:
                self.build(parameters)
        if len(grads) != len(parameters):
            raise ValueError(
                f"Each parameter needs one gradient. Received a list of {len(grads)} gradients for "
                f"{len(parameters)} trainable variables."
            )
        for p in parameters if parameters != self._parameters else ():
            if p not in self._indices:
                raise ValueError(
                    f"Unknown variable: {p}. This optimizer can only be called for the variables it was "
                    f"originally built with. For a new set of variables, create a new optimizer."
                )
        return parameters

    def _clipping(self, gradients: list[np.ndarray]) -> Callable[[np.ndarray, np.ndarray], Any] | None:
        """Equation (1) as a function of a gradient and an array to write into; None if there is no limit."""
        for limit, clip in ((self.clipnorm, clip_by_norm), (self.clipvalue, clip_by_value)):
            if limit is not None and limit > 0:
                return lambda g, clipped, limit=limit, clip=clip: clip(g, limit, clipped)  # type: ignore[misc]
        if self.global_clipnorm is not None and self.global_clipnorm > 0:
            scale = global_scale(gradients, self.global_clipnorm)
            return lambda g, clipped: np.multiply(g, g.dtype.type(scale), out=clipped)
        return None

    # Weight decay.

    def exclude_from_weight_decay(
        self, var_list: Iterable[Parameter] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Leaves some parameters out of equation (2); each call replaces the one before.

        Args:
            var_list: the parameters.
            var_names: regular expressions looked for in the parameters' paths; ["bias"] excludes all biases.
        """
        self._excluded = set(var_list or ())
        self._excluded_pattern = re.compile("|".join(var_names)) if var_names else None

    def _use_weight_decay(self, p: Parameter) -> bool:
        by_name = self._excluded_pattern is not None and self._excluded_pattern.search(p.path)
        return not by_name and p not in self._excluded

    # Keras's configs.

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, in Keras's form. The learning rate is the present one."""
        if isinstance(self._learning_rate, Parameter):
            learning_rate: Any = self.learning_rate
        elif isinstance(self._learning_rate, LearningRateSchedule):
            learning_rate = schedules.serialize(self._learning_rate)
        else:
            name = self._learning_rate.__name__
            learning_rate = {
                "module": "builtins",
                "class_name": "function",
                "config": name,
                "registered_name": name,
            }
        return {
            "name": self.name,
            "learning_rate": learning_rate,
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        """A new optimizer, without state, from :meth:`get_config`'s dictionary."""
        learning_rate = config.get("learning_rate")
        if isinstance(learning_rate, dict):
            config = {**config, "learning_rate": schedules.deserialize(learning_rate, custom_objects)}
        return cls(**config)


def _refuse(name: str, value: Any, asked_for: bool) -> None:
    if asked_for:
        raise UnsupportedError(
            f"`{name}={value}` is not supported: Keras's optimizers have it, these do not. Leave it out."
        )


def _matching(g: Any, p: Parameter) -> np.ndarray:
    g = np.asarray(g, dtype=p.dtype)
    if g.shape != p.shape:
        raise ShapeError(f"The gradient of {p.path} must have its shape, {p.shape}. Received: gradient.shape={g.shape}")
    return g


def _present(grads: Sequence[Any], parameters: list[Parameter]) -> tuple[list[Any], list[Parameter]]:
    present = [(g, p) for g, p in zip(grads, parameters, strict=True) if g is not None]
    if not present:
        raise ValueError("No gradients provided for any variable.")
    missing = [p.path for g, p in zip(grads, parameters, strict=True) if g is None]
    warnings.warn(
        f"Gradients do not exist for variables {missing} when minimizing the loss. They stay as they are.",
        stacklevel=3,
    )
    return [g for g, _ in present], [p for _, p in present]
