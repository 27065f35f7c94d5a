"""The state of an optimizer: its variables, in Keras's order, its learning rate, and its config."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from .. import config as settings
from .. import initializers
from ..errors import ShapeError
from ..parameter import Parameter
from . import schedules
from .schedules import LearningRateSchedule

#: The constructor's arguments that all optimizers have, in the order of the config.
_SHARED = (
    "weight_decay",
    "clipnorm",
    "global_clipnorm",
    "clipvalue",
    "use_ema",
    "ema_momentum",
    "ema_overwrite_frequency",
    "loss_scale_factor",
    "gradient_accumulation_steps",
)


class Rate(float):
    """The present learning rate: a number, with the methods of Keras's variable that read and set it.

    >>> from minikeras.optimizers import SGD
    >>> optimizer = SGD(0.5)
    >>> optimizer.learning_rate.assign(optimizer.learning_rate / 2)
    >>> optimizer.learning_rate, optimizer.learning_rate.numpy().dtype.name
    (0.25, 'float32')
    """

    _variable: Parameter

    @classmethod
    def of(cls, variable: Parameter) -> "Rate":
        rate = cls(variable.value)
        rate._variable = variable
        return rate

    def numpy(self) -> Any:
        return self._variable.value[()]

    def assign(self, value: Any) -> None:
        self._variable.assign(value)


class State:
    """What an optimizer remembers from step to step, and how it is written down.

    Everything is kept by the position of its parameter in the list that the optimizer was built with, so that a
    deep copy and a pickled optimizer go on with their own copies of the parameters.

    Args:
        learning_rate, name: as in :class:`~minikeras.optimizers.base.Optimizer`.
    """

    #: The constructor's arguments that only this class has, in the order of the config.
    own_arguments: ClassVar[tuple[str, ...]] = ()

    def __init__(self, learning_rate: Any, name: str | None) -> None:
        self.name = name or settings.unique_name(type(self).__name__)
        self.built = False
        self._variables: list[Parameter] = []
        self._parameters: list[Parameter] = []
        self._indices: dict[int, int] = {}
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

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step; settable, unless it comes from a schedule.

        Raises:
            TypeError: on setting a number over a schedule or a function.
        """
        if isinstance(self._learning_rate, Parameter):
            return Rate.of(self._learning_rate)
        if isinstance(self._learning_rate, LearningRateSchedule):
            return float(self._learning_rate(int(self._iteration.value)))
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
        """True if the learning rate is a number, which only the user changes, and not a schedule or a function."""
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
        self, trainable_variables: Iterable[Parameter], name: Any, initializer: Any = "zeros"
    ) -> Any:
        """One slot for each parameter; with a list of names, a list of slots for each name.

        The variables of several names alternate: all slots of the first parameter, then all of the second.

        Args:
            trainable_variables: the parameters.
            name: a name, or a list of names.
            initializer: of the slots; or a list, with one for each name.

        Raises:
            ValueError: if there are not as many initializers as names.
        """
        names = [name] if isinstance(name, str) else list(name)
        starts = list(initializer) if isinstance(initializer, list | tuple) else [initializer] * len(names)
        if len(names) != len(starts):
            raise ValueError(
                f"The number of provided names must match the number of provided initializers. "
                f"Received name={name!r}, initializer={initializer!r}"
            )
        slots: tuple[list[Parameter], ...] = tuple([] for _ in names)
        for p in trainable_variables:
            for slot, own, start in zip(slots, names, starts, strict=True):
                slot.append(self.add_variable_from_reference(p, own, start))
        return slots[0] if isinstance(name, str) else slots

    def assign(self, variable: Parameter, value: Any) -> None:
        """variable ← value."""
        variable.assign(value)

    def assign_add(self, variable: Parameter, value: Any) -> None:
        """variable ← variable + value."""
        variable.assign_add(value)

    def assign_sub(self, variable: Parameter, value: Any) -> None:
        """variable ← variable − value."""
        variable.assign_sub(value)

    def _note(self, parameters: Sequence[Parameter]) -> None:
        self._parameters = list(parameters)
        self._indices = {id(p): i for i, p in enumerate(self._parameters)}

    def _get_variable_index(self, variable: Parameter) -> int:
        return self._indices[id(variable)]

    def __getstate__(self) -> dict[str, Any]:
        of_this_process = ("_indices", "_together")  # ids and addresses
        return {name: value for name, value in vars(self).items() if name not in of_this_process}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._note(self._parameters)

    # Reading and writing.

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Writes an array into each of :attr:`variables`.

        Raises:
            ValueError: before the optimizer is built, and for another number of arrays.
            ShapeError: for an array of another shape.
        """
        if not self.built:
            raise ValueError(
                "You are calling `set_weights()` on an optimizer that has not yet been built. Please call "
                "`optimizer.build(trainable_variables)` to create the optimizer weights before calling `set_weights()`."
            )
        variables = self.variables
        if len(weights) != len(variables):
            raise ValueError(f"{self.name} has {len(variables)} variables. Received: {len(weights)} weights.")
        for variable, weight in zip(variables, weights, strict=True):
            if np.shape(weight) != variable.shape:
                raise ShapeError(
                    f"Optimizer variable {variable.path} has shape {variable.shape} not compatible with provided "
                    f"weight shape {np.shape(weight)}."
                )
        for variable, weight in zip(variables, weights, strict=True):
            variable.assign(weight)

    def save_own_variables(self, store: Any) -> None:
        """Puts a copy of each variable into a mapping, under "0", "1", …"""
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Takes each variable from such a mapping; another number of them gives a warning, and nothing is taken."""
        variables = self.variables
        if len(store.keys()) != len(variables):
            warnings.warn(
                f"Skipping variable loading for optimizer '{self.name}', because it has {len(variables)} variables "
                f"whereas the saved optimizer has {len(store.keys())} variables.",
                stacklevel=2,
            )
            return
        for i, variable in enumerate(variables):
            variable.assign(store[str(i)])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, in Keras's form. The learning rate is the present one."""
        if isinstance(self._learning_rate, Parameter):
            learning_rate: Any = float(self.learning_rate)
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
        shared = {name: getattr(self, name) for name in _SHARED}
        own = {name: getattr(self, name) for name in self.own_arguments}
        return {"name": self.name, "learning_rate": learning_rate, **shared, **own}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        """A new optimizer, without state, from :meth:`get_config`'s dictionary."""
        learning_rate = config.get("learning_rate")
        if isinstance(learning_rate, dict):
            config = {**config, "learning_rate": schedules.deserialize(learning_rate, custom_objects)}
        return cls(**config)
