"""Metrics of counts at thresholds: how many are right and wrong, precision, recall, and one rate at another.

>>> recall = Recall(thresholds=[0.3, 0.7])
>>> recall([1, 1, 0], [0.5, 0.8, 0.9])
array([1. , 0.5], dtype=float32)
"""

from typing import Any

import numpy as np

from .base import Metric
from .counting import LOWEST, count, parse_thresholds, ratio


class _AtThresholds(Metric):
    """Base class of metrics with counts of shape (T,), made by ``_count_at`` under Keras's names."""

    def _count_at(self, thresholds: list[float], *kinds: str) -> None:
        self.thresholds = thresholds
        self._counts = {kind: self.add_variable((len(thresholds),), name=_NAMES[kind]) for kind in kinds}
        for kind, variable in self._counts.items():
            setattr(self, _NAMES[kind], variable)

    def _alone(self, values: Any) -> Any:
        """A number if there is one threshold only."""
        return float(values[0]) if len(self.thresholds) == 1 else np.array(values)


_NAMES = {"tp": "true_positives", "fp": "false_positives", "tn": "true_negatives", "fn": "false_negatives"}


class _Count(_AtThresholds):
    _kind = ""

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.init_thresholds, self.thresholds = thresholds, parse_thresholds(thresholds)
        self.accumulator = self.add_variable((len(self.thresholds),), name="accumulator")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of targets and predictions, with weights of shape (N,) or as y_true."""
        count({self._kind: self.accumulator}, y_true, y_pred, self.thresholds, sample_weight)

    def result(self) -> Any:
        return self._alone(self.accumulator.value)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(_Count):
    """Σ w over entries with target 1 that are above the threshold.

    >>> TruePositives()([0, 1, 1], [0.9, 0.9, 0.1])
    1.0
    """

    _kind = "tp"


class FalsePositives(_Count):
    """Σ w over entries with target 0 that are above the threshold."""

    _kind = "fp"


class TrueNegatives(_Count):
    """Σ w over entries with target 0 that are not above the threshold."""

    _kind = "tn"


class FalseNegatives(_Count):
    """Σ w over entries with target 1 that are not above the threshold."""

    _kind = "fn"


class _Share(_AtThresholds):
    _direction = "up"
    _wrong = ""

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        self.init_thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        self._count_at(parse_thresholds(thresholds, 0.5 if top_k is None else LOWEST), "tp", self._wrong)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of targets and predictions, with weights of shape (N,) or as y_true."""
        count(self._counts, y_true, y_pred, self.thresholds, sample_weight, self.top_k, self.class_id)

    def result(self) -> Any:
        right, wrong = (variable.value for variable in self._counts.values())
        return self._alone(ratio(right, right + wrong))

    def get_config(self) -> dict[str, Any]:
        config = {"thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return {**super().get_config(), **config}


class Precision(_Share):
    """tp / (tp + fp), and 0 if nothing is positive.

    Args (as in Keras):
        thresholds: one or several; default 0.5, or none with ``top_k``.
        top_k: only the k largest of a row can be positive.
        class_id: the class that is looked at; default all.

    >>> Precision()([0, 1, 1], [0.9, 0.9, 0.1])
    0.5
    """

    _wrong = "fp"


class Recall(_Share):
    """tp / (tp + fn), and 0 if no target is 1; arguments as for :class:`Precision`.

    >>> Recall(top_k=1)([[0, 1, 1]], [[0.1, 0.9, 0.8]])
    0.5
    """

    _wrong = "fn"


class _At(_AtThresholds):
    """The largest of one rate over all thresholds where another one is at least a value; 0 if it nowhere is."""

    _direction = "up"
    _argument = ""

    def __init__(self, value: float, num_thresholds: int, class_id: int | None, name: str | None, dtype: Any) -> None:
        if value < 0 or value > 1:
            raise ValueError(
                f"Argument `{self._argument}` must be in the range [0, 1]. Received: {self._argument}={value}"
            )
        if num_thresholds <= 0:
            raise ValueError(
                f"Argument `num_thresholds` must be an integer > 0. Received: num_thresholds={num_thresholds}"
            )
        super().__init__(dtype, name)
        self.value, self.num_thresholds, self.class_id = value, num_thresholds, class_id
        even = [i / (num_thresholds - 1) for i in range(num_thresholds)] if num_thresholds > 1 else [0.5]
        self._count_at(even, "tp", "fp", "tn", "fn")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of targets and predictions, with weights of shape (N,) or as y_true."""
        count(self._counts, y_true, y_pred, self.thresholds, sample_weight, class_id=self.class_id)

    def _rates(self, tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What is held to the value, and what is made large."""
        raise NotImplementedError(f"{type(self).__name__} does not implement `_rates()`.")

    def result(self) -> float:
        held, wanted = self._rates(*(variable.value for variable in self._counts.values()))
        return float(np.max(np.where(held >= held.dtype.type(self.value), wanted, 0), initial=0))

    def get_config(self) -> dict[str, Any]:
        config = {"num_thresholds": self.num_thresholds, self._argument: self.value, "class_id": self.class_id}
        return {**super().get_config(), **config}


class SensitivityAtSpecificity(_At):
    """The best sensitivity tp/(tp + fn) where the specificity tn/(tn + fp) is at least ``specificity``.

    >>> SensitivityAtSpecificity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    0.5
    """

    _argument = "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity

    def _rates(self, tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return ratio(tn, tn + fp), ratio(tp, tp + fn)


class SpecificityAtSensitivity(_At):
    """The best specificity tn/(tn + fp) where the sensitivity tp/(tp + fn) is at least ``sensitivity``."""

    _argument = "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity

    def _rates(self, tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return ratio(tp, tp + fn), ratio(tn, tn + fp)


class PrecisionAtRecall(_At):
    """The best precision tp/(tp + fp) where the recall tp/(tp + fn) is at least ``recall``."""

    _argument = "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)
        self.recall = recall

    def _rates(self, tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return ratio(tp, tp + fn), ratio(tp, tp + fp)


class RecallAtPrecision(_At):
    """The best recall tp/(tp + fn) where the precision tp/(tp + fp) is at least ``precision``."""

    _argument = "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
        self.precision = precision

    def _rates(self, tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return ratio(tp, tp + fp), ratio(tp, tp + fn)
