"""The base of all optimizers: the step from gradients to new weights.

For each parameter w with gradient g, λ ``weight_decay`` and η the learning rate, in this order::

    (1)  g ← g / loss_scale_factor     if there is one
    (2)  g ← the mean of the last gradient_accumulation_steps gradients; (3) to (5) wait for the last of them
    (3)  g ← clipped g                 (see clipping.py)
    (4)  w ← w − w · λ · η             unless w is excluded
    (5)  w ← what ``update_step`` makes of w, g and η
    (6)  a ← ema_momentum · a + (1 − ema_momentum) · w    with ``use_ema``; a = w after the first step
         w ← a                         in every ema_overwrite_frequency-th step
    (7)  w ← constraint(w)

λ, η and the like are cast to w's dtype first. As in Keras on TensorFlow, the learning rate is kept in ``floatx`` (with
float32 a rate of 0.01 is 0.009999999776482582, for float64 weights too), and what Keras casts is rounded to float32.

A custom optimizer overrides ``build`` (for its slots) and ``update_step``:

>>> class SignDescent(Optimizer):
...     def update_step(self, gradient, parameter, learning_rate):
...         parameter.value -= learning_rate * np.sign(gradient)
>>> w = Parameter(np.array([1.0, 2.0]), "w")
>>> optimizer = SignDescent(learning_rate=0.5)
>>> optimizer.apply([np.array([0.1, -0.1])], [w])
>>> w.value, optimizer.iterations
(array([0.5, 2.5]), 1)
"""

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import kernels
from ..errors import ShapeError
from ..parameter import Parameter
from ..workspace import Workspace
from .clipping import clipper
from .state import State
from .weight_decay import WeightDecay


class Optimizer(WeightDecay, State):
    """The base of all optimizers.

    Args (each optimizer takes all of them beside its own, by name):
        learning_rate: a float, a :class:`~minikeras.optimizers.schedules.LearningRateSchedule`, or a function
            without arguments that gives the present rate.
        weight_decay: λ of equation (4); None for none.
        clipnorm, clipvalue, global_clipnorm: limits of equation (3); at most one of them.
        use_ema: True for equation (6), the moving average of the weights.
        ema_momentum: a float in [0, 1].
        ema_overwrite_frequency: after how many steps the weights become the average; None for never before
            :meth:`finalize_variable_values`.
        loss_scale_factor: the factor that :meth:`scale_loss` multiplies a loss by; equation (1) takes it back.
        gradient_accumulation_steps: of equation (2), an integer of at least 2; None for none.
        name: the first part of the slots' paths.

    Raises:
        ValueError: for a learning rate of another type, unknown arguments, numbers out of range, two limits.

    Differs from Keras: ``iterations`` and ``learning_rate`` are plain numbers, not variables; the variables
    are ``variables[0]`` and, unless there is a schedule, ``variables[1]``. The shared arguments of a subclass go by
    name only.
    """

    #: Equation (5) as text and as LaTeX.
    formula: tuple[str, str] = ("w ← update(w, g, η)", r"w \leftarrow \mathrm{update}(w, g, \eta)")

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
            limits = f"clipnorm={clipnorm}, clipvalue={clipvalue}, global_clipnorm={global_clipnorm}"
            raise ValueError(
                f"Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: {limits}"
            )
        if gradient_accumulation_steps and not gradient_accumulation_steps >= 2:
            raise ValueError(
                f"`gradient_accumulation_steps` must be an integer >= 2. Received: {gradient_accumulation_steps}"
            )
        if use_ema and not 0 <= ema_momentum <= 1:
            raise ValueError(f"`ema_momentum` must be in the range [0, 1]. Received: ema_momentum={ema_momentum}")
        every = ema_overwrite_frequency
        if use_ema and every and (not isinstance(every, int) or every < 1):
            raise ValueError(f"`ema_overwrite_frequency` must be an integer >= 1 or None. Received: {every}")
        super().__init__(learning_rate, name)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self._averages: list[Parameter] = []
        self._sums: list[Parameter] = []
        self._scratch = Workspace()

    @property
    def iterations(self) -> int:
        """How many updates were made: the steps, or with gradient accumulation the finished groups of steps."""
        return int(self._iteration.value) // (self.gradient_accumulation_steps or 1)

    @property
    def is_plain(self) -> bool:
        """True if a step is equations (3) to (5) and (7) alone."""
        return not (self.use_ema or self.gradient_accumulation_steps or self.loss_scale_factor is not None)

    def build(self, variables: Sequence[Parameter]) -> None:
        """Notes the parameters that will be updated, and makes what equations (2) and (6) need. Subclasses add slots.

        Raises:
            ValueError: for a parameter whose array is not C-contiguous: kernels write through a flat view.
        """
        for p in variables:
            if not p.value.flags.c_contiguous:
                raise ValueError(f"The array of parameter {p.path} must be C-contiguous to be updated in place.")
        if self.use_ema:
            self._averages = self.add_optimizer_variables(variables, "average")
        if self.gradient_accumulation_steps:
            self._sums = self.add_optimizer_variables(variables, "gradient_accumulator")
        self._note(variables)
        self.built = True

    # One step.

    def apply(self, grads: Sequence[np.ndarray | None], trainable_variables: Iterable[Parameter] | None = None) -> None:
        """Equations (1) to (7) for every parameter, in place, and one more iteration.

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
        gradients: Any = grads
        if [g for g, p in zip(grads, parameters, strict=True) if g is not p.grad]:  # not the parameters' own
            gradients, parameters = _present(grads, parameters)
        if self.loss_scale_factor is not None:
            gradients = [self._unscaled(i, g) for i, g in enumerate(gradients)]  # (1)
        steps = self.gradient_accumulation_steps
        if steps:
            gradients = self._accumulated(gradients, parameters)  # (2)
        if not steps or (self._iteration.value + 1) % steps == 0:
            self._update(gradients, parameters)
        if self.use_ema:
            self._average()  # (6)
        for p in parameters:
            if p.constraint is not None:
                p.assign(p.constraint(p.value))  # (7)
        self._iteration.value += 1

    def apply_gradients(self, grads_and_vars: Iterable[tuple[np.ndarray | None, Parameter]]) -> int:
        """:meth:`apply` for (gradient, parameter) pairs; gives the number of steps taken."""
        grads, trainable_variables = zip(*grads_and_vars, strict=True)
        self.apply(grads, trainable_variables)
        return int(self._iteration.value)

    def step(self, parameters: Sequence[Parameter], met: set[Parameter] | None = None) -> None:
        """:meth:`apply` with the parameters' own gradients of the loss, scaled as :meth:`scale_loss` would.

        Args:
            parameters: the trained ones.
            met: those that have a gradient; by default all.
        """
        scale = self.scale_loss(1.0)
        for p in parameters if scale != 1 else ():
            np.multiply(p.grad, p.dtype.type(scale), out=p.grad)
        if met is None or met.issuperset(parameters):
            self.apply([p.grad for p in parameters], parameters)
        else:
            self.apply([p.grad if p in met else None for p in parameters], parameters)

    def update_step(self, gradient: np.ndarray, parameter: Parameter, learning_rate: Any) -> None:
        """Equation (5) for one parameter: changes ``parameter.value`` in place.

        Args:
            gradient: of the parameter's shape and dtype, clipped; not to be written to.
            parameter: what to change.
            learning_rate: a scalar of the parameter's dtype.
        """
        raise NotImplementedError(f"Optimizer '{type(self).__name__}' must override `update_step`.")

    def update_steps(self, gradients: Sequence[np.ndarray], parameters: Sequence[Parameter], rate: float) -> None:
        """Equation (5) for all parameters: their :meth:`update_step`, one after the other."""
        for p, g in zip(parameters, gradients, strict=True):
            self.update_step(g, p, p.dtype.type(rate))

    def begin_update(self) -> None:
        """What is done once in each update, before the first parameter's ``update_step``; nothing by default."""

    def _update(self, gradients: Sequence[np.ndarray], parameters: list[Parameter]) -> None:
        """Equations (3) to (5)."""
        rate = float(self.learning_rate)
        clip = clipper(gradients, self.clipnorm, self.clipvalue, self.global_clipnorm)
        if clip is not None:
            gradients = [self._clipped(i, g, clip) for i, g in enumerate(gradients)]  # (3)
        self.begin_update()
        if self._decays:
            self._decay(parameters, rate)  # (4)
        self.update_steps(gradients, parameters, rate)  # (5)
        for total in self._sums:
            total.value.fill(0)

    def _clipped(self, i: int, g: np.ndarray, clip: Any) -> np.ndarray:
        clipped = self._scratch[("clipped", i), g.shape, g.dtype]
        with np.errstate(over="ignore", invalid="ignore"):
            clip(g, clipped)
        return clipped

    def _local_step(self, dtype: np.dtype) -> Any:
        """t of this update, from 1 on, as a scalar of a dtype."""
        return dtype.type(self.iterations + 1)

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
            counts = f"{len(grads)} gradients for {len(parameters)} trainable variables"
            raise ValueError(f"Each parameter needs one gradient. Received a list of {counts}.")
        if parameters == self._parameters:
            return self._parameters
        for p in parameters:
            if id(p) not in self._indices:
                raise ValueError(
                    f"Unknown variable: {p}. This optimizer can only be called for the variables it was originally "
                    f"built with. For a new set of variables, create a new optimizer."
                )
        return parameters

    def scale_loss(self, loss: Any) -> Any:
        """loss · loss_scale_factor: the loss whose gradients :meth:`apply` expects."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def _unscaled(self, i: int, g: np.ndarray) -> np.ndarray:
        out = self._scratch[("unscaled", i), g.shape, g.dtype]
        return np.divide(g, g.dtype.type(self.loss_scale_factor), out=out)

    def _accumulated(self, gradients: list[np.ndarray], parameters: list[Parameter]) -> list[np.ndarray]:
        """Adds the gradients to the sums; the last of a group makes means of them."""
        steps = self.gradient_accumulation_steps or 1
        sums = [self._sums[self._get_variable_index(p)].value for p in parameters]
        for total, g in zip(sums, gradients, strict=True):
            np.add(g, total, out=total)
            if (self._iteration.value + 1) % steps == 0:
                np.divide(total, total.dtype.type(steps), out=total)
        return sums

    # The moving average of the weights.

    def _average(self) -> None:
        """Equation (6) for all parameters."""
        momentum = self.ema_momentum if self.iterations else 0.0
        for p, a in zip(self._parameters, self._averages, strict=True):
            number = p.dtype.type
            kernels.select(p.dtype).moving_average(a.value, p.value, number(momentum), number(1 - momentum))
        if self.ema_overwrite_frequency and (self.iterations + 1) % self.ema_overwrite_frequency == 0:
            self.finalize_variable_values(self._parameters)

    def finalize_variable_values(self, var_list: Sequence[Parameter]) -> None:
        """Makes the moving averages the weights, if there are any; ``fit`` calls it at its end.

        Raises:
            ValueError: for another number of parameters than the optimizer was built with.
        """
        if not self.use_ema:
            return
        if len(var_list) != len(self._averages):
            raise ValueError(
                f"The length of model variables ({len(var_list)}) to override does not match the length of model "
                f"variables stored in the optimizer ({len(self._averages)}). Was the optimizer called on your model?"
            )
        for p, a in zip(var_list, self._averages, strict=True):
            p.assign(a.value)


def _matching(g: Any, p: Parameter) -> np.ndarray:
    g = np.asarray(g, dtype=p.dtype)
    if g.shape != p.shape:
        raise ShapeError(f"The gradient of {p.path} must have its shape, {p.shape}. Received: gradient.shape={g.shape}")
    return g


def _present(grads: Sequence[Any], parameters: list[Parameter]) -> tuple[list[np.ndarray], list[Parameter]]:
    """The gradients that are there, checked, and their parameters."""
    present = [(_matching(g, p), p) for g, p in zip(grads, parameters, strict=True) if g is not None]
    if not present:
        raise ValueError("No gradients provided for any variable.")
    if missing := [p.path for g, p in zip(grads, parameters, strict=True) if g is None]:
        warnings.warn(
            f"Gradients do not exist for variables {missing} when minimizing the loss. If using "
            "`model.compile()`, did you forget to provide a `loss` argument? They stay as they are.",
            stacklevel=3,
        )
        parameters = [p for _, p in present]
    return [g for g, _ in present], parameters
