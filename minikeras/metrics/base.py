"""Running sums and means, accounted as Keras does.

Each metric keeps its sums in its own dtype, float32 unless told otherwise, since the last reset:

    total = Σ w · v,   count = Σ w,   result = total / count,

where v is a sample's value and w its weight (1 without weights). A sample is a row: of values with more axes,
such as (N, T), first the mean over T is taken. A batch of N rows counts
N times, so a short last one counts less.
"""

from collections.abc import Callable
from typing import Any, Self

import numpy as np

from .. import config
from ..errors import ShapeError


class Metric:
    """Base class. A metric of one's own defines ``update_state``, ``result`` and ``reset_state``.

    Args:
        dtype: of the running sums; default ``config.floatx()``.
        name: its key in logs; default its class's name, numbered as layers are.

    Differs from Keras: the state is plain numbers of one's own, not variables made by ``add_variable``.

    >>> class Largest(Metric):
    ...     def reset_state(self): self.largest = -np.inf
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.largest = max(self.largest, np.max(y_pred))
    ...     def result(self): return float(self.largest)
    >>> metric = Largest(name="largest")
    >>> metric.reset_state()
    >>> metric([0], [0.25]), metric([1], [0.125])
    (0.25, 0.25)
    """

    #: Whether more is better ("up") or less ("down"); callbacks with mode="auto" ask. None: nobody knows.
    _direction: str | None = None

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = name or config.unique_name(type(self).__name__)
        self.dtype = np.dtype(dtype or config.floatx()).name

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Adds a batch."""
        raise NotImplementedError

    def update_steps(self, y_true: np.ndarray, y_pred: np.ndarray) -> None:
        """Adds several batches, in their order."""
        for targets, outputs in zip(y_true, y_pred, strict=True):
            self.update_state(targets, outputs)

    def result(self) -> float:
        """The metric of everything added since the last reset."""
        raise NotImplementedError

    def reset_state(self) -> None:
        """Forgets what was added."""
        raise NotImplementedError

    def __call__(self, *args: Any, **kwargs: Any) -> float:
        """Adds a batch, then gives the result."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, in Keras's form."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


class Sum(Metric):
    """total = Σ w · v over everything, further axes of a row included.

    >>> Sum()([[1, 2], [3, 4]], sample_weight=[0, 1])
    7.0
    """

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self._real = np.dtype(self.dtype).type
        self.reset_state()

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Adds values of shape (N, …), with weights of shape (), (N,) or (N, …).

        Raises:
            ShapeError: if the weights do not fit the values.
        """
        values, _ = per_row(np.asarray(values, self.dtype), sample_weight, np.sum)
        self.total += self._real(np.add.reduce(values))

    def result(self) -> float:
        return float(self.total)

    def reset_state(self) -> None:
        self.total = self._real(0)


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
        self._real = np.dtype(self.dtype).type
        self.reset_state()

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Adds values of shape () or (N, …), with weights of shape (), (N,) or (N, …).

        Raises:
            ShapeError: if the weights do not fit the values.
        """
        values, weights = per_row(np.asarray(values, self._real), sample_weight, np.mean)
        self.total += self._real(np.add.reduce(values) if values.ndim else values)
        if weights is None:
            self.count += self._real(len(values) if values.ndim else 1)
        else:
            self.count += self._real(np.add.reduce(weights) if weights.ndim else weights)

    def add_sums(self, sums: np.ndarray, rows: int) -> None:
        """Adds several batches of so many rows each, whose sums are known: one after the other, as they would be."""
        each = np.full(len(sums), rows, self._real)
        for name, further in (("total", sums), ("count", each)):
            setattr(self, name, np.add.accumulate([getattr(self, name), *further], dtype=self._real)[-1])

    def result(self) -> float:
        return float(self.total / self.count) if self.count else 0.0

    def reset_state(self) -> None:
        self.total = self.count = self._real(0)


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

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Adds a batch of targets and outputs, with weights of shape (), (N,) or (N, …)."""
        super().update_state(self._fn(in_rank_of(y_true, y_pred), y_pred, **self._fn_kwargs), sample_weight)

    def get_config(self) -> dict[str, Any]:
        from . import serialize

        return {**super().get_config(), "fn": serialize(self._fn), **self._fn_kwargs}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        from . import deserialize

        return cls(**{**config, "fn": deserialize(config["fn"])} if "fn" in config else config)


def in_rank_of(y_true: Any, y_pred: Any) -> Any:
    """Targets with an axis of length 1 added or taken off at their end if that gives them the shape of the outputs.

    Differs from Keras: a user's metric gets such targets too, so that y of shape (N,) beside outputs (N, 1) is not
    stretched to N × N values.

    >>> in_rank_of(np.zeros(3), np.zeros((3, 1))).shape, in_rank_of(np.zeros((3, 1)), np.zeros(3)).shape
    ((3, 1), (3,))
    """
    mine, shape = np.shape(y_true), np.shape(y_pred)
    return np.reshape(y_true, shape) if (*mine, 1) == shape or mine == (*shape, 1) else y_true


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
