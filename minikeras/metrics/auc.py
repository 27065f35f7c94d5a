"""The area under a curve of two rates, by a sum over thresholds."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import activations, config
from .base import Metric
from .counting import count, ratio

_HEIGHTS: dict[str, Callable[..., np.ndarray]] = {
    "interpolation": lambda a, b: (a + b) / 2,
    "minoring": np.minimum,
    "majoring": np.maximum,
}


class AUC(Metric):
    """Area under the ROC, precision-recall or precision-recall-gain curve, at T thresholds.

    With tp, fp, tn, fn at each threshold, each segment i, i + 1 of the curve adds (xᵢ − xᵢ₊₁) h:

    =========  ======================================  ======================================
    curve      x                                       y
    =========  ======================================  ======================================
    "ROC"      fp / (fp + tn)                          tp / (tp + fn)
    "PR"       tp / (tp + fn)                          tp / (tp + fp)
    "PRGAIN"   max(1 − s fn / tp, 0), 0 for tp = 0     1 − s fp / tp, 1 for tp = 0
    =========  ======================================  ======================================

    where s = (tp + fn)/(tn + fp), and h is the mean of yᵢ and yᵢ₊₁ ("interpolation"), the smaller ("minoring") or the
    larger one ("majoring"). "PR" with "interpolation" takes tp as linear in p = tp + fp between thresholds instead
    (Davis and Goadrich, "The relationship between precision-recall and ROC curves", 2006):

        slope = Δtp / Δp;  b = tpᵢ₊₁ − slope pᵢ₊₁;  area = slope (Δtp + b log(pᵢ / pᵢ₊₁)) / (tp + fn)

    Args (as in Keras):
        num_thresholds: T, at least 2; evenly spaced.
        curve, summation_method: see above.
        thresholds: those between 0 and 1 instead of evenly spaced ones.
        multi_label: an area for each label, then their mean; y_pred has shape (N, labels).
        num_labels: their number, so that the state is there before the first batch.
        label_weights: one weight for each label.
        from_logits: puts y_pred through a sigmoid first.

    >>> AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
    0.75
    """

    _direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(dtype, name)
        if curve not in ("PR", "pr", "ROC", "roc", "PRGAIN", "prgain"):
            raise ValueError(f'Invalid AUC curve value: "{curve}". Expected values are ["PR", "ROC", "PRGAIN"]')
        methods = sorted(_HEIGHTS)
        if summation_method.lower() not in methods:
            raise ValueError(f'Invalid AUC summation method value: "{summation_method}". Expected values are {methods}')
        if thresholds is None and num_thresholds <= 1:
            raise ValueError(
                f"Argument `num_thresholds` must be an integer > 1. Received: num_thresholds={num_thresholds}"
            )
        if num_labels and not multi_label:
            raise ValueError("`num_labels` is needed only when `multi_label` is True.")
        between = (
            sorted(thresholds) if thresholds is not None else np.arange(1, num_thresholds - 1) / (num_thresholds - 1)
        )
        self._given = thresholds is not None
        self._thresholds = np.array([-config.epsilon(), *between, 1 + config.epsilon()])
        self.num_thresholds = len(self._thresholds)
        self.curve, self.summation_method = curve.upper(), summation_method.lower()
        self.multi_label, self.num_labels = multi_label, num_labels
        self.label_weights, self.from_logits = label_weights, from_logits
        self._built = False
        if num_labels or not multi_label:
            self.build((), (0, num_labels or 0))

    @property
    def thresholds(self) -> list[float]:
        """All thresholds, those just beyond 0 and 1 included."""
        return [float(t) for t in self._thresholds]

    def build(self, y_true_shape: tuple[int, ...], y_pred_shape: tuple[int, ...]) -> None:
        """Makes the counts; their number of labels is that of y_pred."""
        if self._built:
            return
        if self.multi_label and len(y_pred_shape) != 2:
            raise ValueError(
                f"`y_pred` must have rank 2 when `multi_label=True`. Found rank {len(y_pred_shape)}. "
                f"Full shape received for `y_pred`: {y_pred_shape}"
            )
        shape = (self.num_thresholds, *((y_pred_shape[-1],) if self.multi_label else ()))
        self.true_positives = self.add_variable(shape, name="true_positives")
        self.false_positives = self.add_variable(shape, name="false_positives")
        self.true_negatives = self.add_variable(shape, name="true_negatives")
        self.false_negatives = self.add_variable(shape, name="false_negatives")
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of targets and predictions, with weights of shape (N,) or as y_true."""
        self.build(np.shape(y_true), np.shape(y_pred))
        if self.from_logits:
            y_pred = activations.sigmoid(np.asarray(y_pred))
        variables = dict(zip(("tp", "fp", "tn", "fn"), self.variables, strict=True))
        weights = None if self.multi_label else self.label_weights
        count(
            variables,
            y_true,
            y_pred,
            self._thresholds,
            sample_weight,
            multi_label=self.multi_label,
            label_weights=weights,
        )

    def result(self) -> float:
        if not self._built:
            return 0.0
        tp, fp, tn, fn = (variable.value for variable in self.variables)
        if (self.curve, self.summation_method) == ("PR", "interpolation"):
            areas = _interpolated(tp, fp, fn)
        else:
            x, y = _points(self.curve, tp, fp, tn, fn)
            areas = (x[:-1] - x[1:]) * _HEIGHTS[self.summation_method](y[:-1], y[1:])
        area = areas.sum(axis=0)
        if not self.multi_label:
            return float(area)
        if self.label_weights is None:
            return float(area.mean())
        weights = np.asarray(self.label_weights, area.dtype)
        return float(ratio((area * weights).sum(), weights.sum()))

    def get_config(self) -> dict[str, Any]:
        config = {
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": self.label_weights,
            "from_logits": self.from_logits,
        }
        return {**super().get_config(), **config, **({"thresholds": self.thresholds[1:-1]} if self._given else {})}


def _points(
    curve: str, tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """x and y of the table above."""
    if curve == "ROC":
        return ratio(fp, fp + tn), ratio(tp, tp + fn)
    if curve == "PR":
        return ratio(tp, tp + fn), ratio(tp, tp + fp)
    s = ratio(tp + fn, tn + fp)
    x = np.where(tp == 0, 0, np.maximum(1 - s * ratio(fn, tp), 0))
    return x, np.where(tp == 0, 1, 1 - s * ratio(fp, tp))


def _interpolated(tp: np.ndarray, fp: np.ndarray, fn: np.ndarray) -> np.ndarray:
    dtp, p = tp[:-1] - tp[1:], tp + fp
    slope = ratio(dtp, np.maximum(p[:-1] - p[1:], 0))
    b = tp[1:] - slope * p[1:]
    quotient = np.where((p[:-1] > 0) & (p[1:] > 0), ratio(p[:-1], np.maximum(p[1:], 0)), 1)
    return ratio(slope * (dtp + b * np.log(quotient)), np.maximum(tp[1:] + fn[1:], 0))
