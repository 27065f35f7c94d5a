"""Running sums and means, accounted as Keras does.

Each metric keeps its sums in its own dtype, float32 unless told otherwise, since the last reset:

    total = Σ w · v,   count = Σ w,   result = total / count,

where v is a sample's value and w its weight (1 without weights). A sample is a row: of values with more axes,
such as (N, T), first the mean over T is taken. A batch of N rows counts
N times, so a short last one counts less.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np

from .. import config, initializers
from ..errors import ShapeError
from ..losses.reduction import in_rank_of
from .variable import MetricVariable


class Metric:
    """Base class. A custom metric makes its state with ``add_variable`` and defines ``update_state`` and ``result``.

    Args:
        dtype: of the running sums; default ``config.floatx()``.
        name: its key in logs; default its class's name, numbered as layers are.

    Differs from Keras: a variable without a dtype gets the metric's dtype; in Keras it gets ``floatx``.

    >>> class Largest(Metric):
    ...     def __init__(self, name="largest", **kwargs):
    ...         super().__init__(name=name, **kwargs)
    ...         self.largest = self.add_variable((), "zeros", name="largest")
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.largest.assign(np.maximum(self.largest, np.max(y_pred)))
    ...     def result(self): return self.largest.value
    >>> metric = Largest()
    >>> float(metric([0], [0.25])), float(metric([1], [0.125]))
    (0.25, 0.25)
    >>> metric.reset_state(); metric.variables
    [<MetricVariable name=largest, value=0.0>]
    """

    #: Whether more is better ("up") or less ("down"), for callbacks with mode="auto"; None if unknown.
    _direction: str | None = None

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = name or config.unique_name(type(self).__name__)
        self.dtype = np.dtype(getattr(dtype, "compute_dtype", dtype) or config.floatx()).name
        self._own_variables: list[MetricVariable] = []

    def add_variable(
        self,
        shape: tuple[int, ...],
        initializer: Any = None,
        dtype: Any = None,
        aggregation: str | None = "sum",
        name: str | None = None,
    ) -> MetricVariable:
        """An array of the metric's state, set to 0 by ``reset_state``.

        Args (as in Keras):
            shape: of the array.
            initializer: of its first value; default zeros.
            dtype: of its numbers; default that of the metric.
            aggregation: taken and not used; there is one device.
            name: its name.

        Raises:
            RuntimeError: before ``super().__init__()`` has run.
        """
        if "_own_variables" not in vars(self):
            raise RuntimeError("You forgot to call `super().__init__()` in the `__init__()` method. Go add it!")
        value = initializers.get(initializer or "zeros")(tuple(shape), np.dtype(dtype or self.dtype))  # type: ignore[misc]
        variable = MetricVariable(value, name or f"variable_{len(self._own_variables)}")
        self._own_variables.append(variable)
        return variable

    def add_weight(
        self, shape: tuple[int, ...] = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> MetricVariable:
        """The same as :meth:`add_variable`."""
        return self.add_variable(shape, initializer, dtype, name=name)

    @property
    def variables(self) -> list[MetricVariable]:
        """The whole state: the metric's own variables, then those of metrics among its attributes."""
        return [*self._own_variables, *(v for value in vars(self).values() for v in _variables_of(value))]

    def build(self, y_true_shape: tuple[int, ...], y_pred_shape: tuple[int, ...]) -> None:
        """Makes the variables whose shape depends on a batch's."""

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Adds a batch."""
        raise NotImplementedError(f"Metric {type(self).__name__} does not implement `update_state()`.")

    def update_steps(self, y_true: np.ndarray, y_pred: np.ndarray) -> None:
        """Adds several batches, in their order."""
        for targets, outputs in zip(y_true, y_pred, strict=True):
            self.update_state(targets, outputs)

    def result(self) -> Any:
        """The metric of everything added since the last reset."""
        raise NotImplementedError(f"Metric {type(self).__name__} does not implement `result()`.")

    def reset_state(self) -> None:
        """Sets every variable to 0."""
        for variable in self.variables:
            variable.assign(np.zeros_like(variable.value))

    def stateless_update_state(self, metric_variables: Any, *args: Any, **kwargs: Any) -> list[np.ndarray]:
        """The values that :attr:`variables` would have if they had these and a batch were added; the metric stays.

        >>> mean = Mean()
        >>> state = mean.stateless_update_state(mean.stateless_reset_state(), [1.0, 3.0])
        >>> float(mean.stateless_result(state)), mean.result()
        (2.0, 0.0)
        """
        with self._holding(metric_variables):
            self.update_state(*args, **kwargs)
            return [np.array(v.value) for v in self.variables]

    def stateless_result(self, metric_variables: Any) -> Any:
        """The result that the metric would have with these values of :attr:`variables`."""
        with self._holding(metric_variables):
            return self.result()

    def stateless_reset_state(self) -> list[np.ndarray]:
        """The values of :attr:`variables` after a reset."""
        with self._holding(self.variables):
            self.reset_state()
            return [np.array(v.value) for v in self.variables]

    @contextmanager
    def _holding(self, values: Any) -> Iterator[None]:
        """The variables have other values inside the ``with`` block.

        Raises:
            ValueError: for another number of values than of variables.
        """
        variables, new = self.variables, [np.array(value) for value in values]
        if len(new) != len(variables):
            raise ValueError(
                f"Argument `metric_variables` must be a list of tensors corresponding 1:1 to the {len(variables)} "
                f"variables of metric '{self.name}'. Received a list of {len(new)}."
            )
        before = [np.array(v.value) for v in variables]
        try:
            for v, value in zip(variables, new, strict=True):
                v.assign(value)
            yield
        finally:
            for v, value in zip(variables, before, strict=True):
                v.assign(value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Adds a batch, then gives the result."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, in Keras's form."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The metric that a config describes."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def _variables_of(value: Any) -> list[MetricVariable]:
    """The state of a metric, or of the metrics in a list."""
    if isinstance(value, Metric):
        return value.variables
    return [v for item in value for v in _variables_of(item)] if isinstance(value, list | tuple) else []


class Sum(Metric):
    """total = Σ w · v over everything, further axes of a row included.

    >>> Sum()([[1, 2], [3, 4]], sample_weight=[0, 1])
    7.0
    """

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable((), name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Adds values of shape (N, …), with weights of shape (), (N,) or (N, …).

        Raises:
            ShapeError: if the weights do not fit the values.
        """
        values, _ = per_row(np.asarray(values, self.dtype), sample_weight, np.sum)
        self.total.assign_add(np.add.reduce(values))

    def result(self) -> float:
        return float(self.total)


class Mean(Metric):
    """result = Σ w · v / Σ w, and 0 before anything was added.

    >>> mean = Mean()
    >>> mean.update_state([1, 3, 5, 7])
    >>> mean.update_state(10.0, sample_weight=4)
    >>> mean.result()
    7.0
    """

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable((), name="total")
        self.count = self.add_variable((), name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Adds values of shape () or (N, …), with weights of shape (), (N,) or (N, …).

        Raises:
            ShapeError: if the weights do not fit the values.
        """
        values, weights = per_row(np.asarray(values, self.dtype), sample_weight, np.mean)
        self.total.assign_add(np.add.reduce(values) if values.ndim else values)
        if weights is None:
            self.count.assign_add(len(values) if values.ndim else 1)
        else:
            self.count.assign_add(np.add.reduce(weights) if weights.ndim else weights)

    def add_sums(self, sums: np.ndarray, rows: int) -> None:
        """Adds several batches of so many rows each, whose sums are known: one after the other, as they would be."""
        each = np.full(len(sums), rows, self.dtype)
        for variable, further in ((self.total, sums), (self.count, each)):
            variable.assign(np.add.accumulate([variable.value, *further], dtype=self.dtype)[-1])

    def result(self) -> float:
        return float(self.total.value / self.count.value) if self.count else 0.0


class MeanMetricWrapper(Mean):
    """The mean of ``fn(y_true, y_pred, **kwargs)``, one value a sample.

    >>> from minikeras.metrics import binary_accuracy
    >>> metric = MeanMetricWrapper(binary_accuracy, name="above", threshold=0.3)
    >>> metric([1, 0], [0.4, 0.4])
    0.5
    >>> sorted(metric.get_config())
    ['dtype', 'fn', 'name', 'threshold']
    """

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(name, dtype)
        self._fn, self._fn_kwargs = fn, kwargs
        from . import is_loss

        if is_loss(fn):
            self._direction = "down"

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> None:
        """Adds a batch of targets and outputs, with weights of shape (), (N,) or (N, …), and a mask of the values."""
        if mask is not None:
            mask = np.asarray(mask, self.dtype)
            sample_weight = mask if sample_weight is None else np.multiply(*same_rank(mask, np.asarray(sample_weight)))
        values = self._fn(in_rank_of(y_true, y_pred), y_pred, **self._fn_kwargs)
        if values is None:
            raise ValueError(f"The metric '{self.name}' returned None, not an array with a value for each sample.")
        super().update_state(values, sample_weight)

    def get_config(self) -> dict[str, Any]:
        from . import serialize

        return {**super().get_config(), "fn": serialize(self._fn), **self._fn_kwargs}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        from . import deserialize

        return cls(**{**config, "fn": deserialize(config["fn"])} if "fn" in config else config)


def per_row(values: np.ndarray, weights: Any, reduce: Callable[..., Any]) -> tuple[np.ndarray, np.ndarray | None]:
    """w · v and w of each row; further axes are reduced.

    Weights with fewer axes than the values weigh the values reduced over the axes they lack.

    Raises:
        ShapeError: if the weights do not fit the values.
    """
    if weights is None:
        return (reduce(values, axis=tuple(range(1, values.ndim))) if values.ndim > 1 else values), None
    weights = np.asarray(weights, values.dtype)
    if values.ndim == weights.ndim == 0:
        return values * weights, weights
    values, weights = same_rank(values, weights)
    if values.ndim > weights.ndim:
        values = reduce(values, axis=tuple(range(weights.ndim, values.ndim)))
    try:
        weights = np.broadcast_to(weights, values.shape)
    except ValueError:
        raise ShapeError(
            f"sample_weight needs the shape of the values or one weight a row. "
            f"Received: values.shape={values.shape}, sample_weight.shape={weights.shape}"
        ) from None
    values = values * weights
    if values.ndim > 1:
        further = tuple(range(1, values.ndim))
        values, weights = reduce(values, axis=further), reduce(weights, axis=further)
    return values, weights


def same_rank(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both with as many axes, if one has an axis of length 1 too many at its end.

    It is taken off, except that (N,) beside (N, 1) becomes (N, 1) too.

    >>> [x.shape for x in same_rank(np.zeros(3), np.zeros((3, 1)))]
    [(3, 1), (3, 1)]
    >>> [x.shape for x in same_rank(np.zeros((3, 2)), np.zeros((3, 2, 1)))]
    [(3, 2), (3, 2)]
    """
    if a.ndim == b.ndim + 1 and a.shape[-1] == 1:
        return (a, b[:, None]) if b.ndim == 1 else (a[..., 0], b)
    if b.ndim == a.ndim + 1 and b.shape[-1] == 1:
        return (a[:, None], b) if a.ndim == 1 else (a, b[..., 0])
    return a, b
