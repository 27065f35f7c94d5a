"""Intersection over union: how far two sets of pixels agree, class by class."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import config
from .base import Metric


class IoU(Metric):
    """The mean over classes of intersection over union, from a running confusion matrix m of targets × predictions.

    (1) IoU[k] = m[k,k] / (Σⱼ m[j,k] + Σⱼ m[k,j] − m[k,k] + ε);  classes that are nowhere do not count in the mean

    Args (as in Keras):
        num_classes: of the matrix; other labels are ignored.
        target_class_ids: the classes of the mean.
        ignore_class: a label whose entries are ignored.
        sparse_y_true, sparse_y_pred: whether they are labels rather than scores along ``axis``.
        dtype: of the matrix; default int64 (Keras's on TensorFlow), into which sample weights are cut.

    >>> round(IoU(2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1]), 6)       # 1 / (2 + 2 − 1)
    0.333333
    """

    _direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(dtype or "int64", name)
        if max(target_class_ids) >= num_classes:
            raise ValueError(f"Target class id {max(target_class_ids)} is out of range, which is [0, {num_classes}).")
        self.num_classes, self.target_class_ids = num_classes, list(target_class_ids)
        self.ignore_class, self.axis = ignore_class, axis
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        self.total_cm = self.add_variable((num_classes, num_classes), name="total_confusion_matrix")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of labels or scores, with one weight for each label."""
        t = np.asarray(y_true) if self.sparse_y_true else np.argmax(y_true, axis=self.axis)
        p = np.asarray(y_pred) if self.sparse_y_pred else np.argmax(y_pred, axis=self.axis)
        t, p = t.astype(self.dtype).ravel(), p.astype(self.dtype).ravel()
        w = np.asarray(1 if sample_weight is None else sample_weight)
        if w.dtype.kind == "f" and np.dtype(self.dtype).kind in "iu":
            warnings.warn(
                f"{self.name} has the dtype {self.dtype}, into which the sample weights are cut. "
                f'Use dtype="float32", or integer weights.',
                stacklevel=2,
            )
        w = np.broadcast_to(w.astype(self.dtype).ravel() if w.ndim else w.astype(self.dtype), t.shape)
        inside = (t >= 0) & (t < self.num_classes) & (p >= 0) & (p < self.num_classes)
        if self.ignore_class is not None:
            inside &= t != self.ignore_class
        matrix = np.zeros(self.total_cm.shape, self.dtype)
        np.add.at(matrix, (t[inside].astype(np.intp), p[inside].astype(np.intp)), w[inside])
        self.total_cm.assign_add(matrix)

    def result(self) -> float:
        m = self.total_cm.value
        common = np.diag(m)
        union = (m.sum(axis=0) + m.sum(axis=1) - common).astype("float32")[self.target_class_ids]
        there = union > 1e-9
        iou = np.where(there, common.astype("float32")[self.target_class_ids] / (union + config.epsilon()), 0)  # (1)
        return float(iou.sum() / np.float32(there.sum() + config.epsilon()))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }

    def _config_without(self, *names: str) -> dict[str, Any]:
        return {name: value for name, value in IoU.get_config(self).items() if name not in names}


class BinaryIoU(IoU):
    """:class:`IoU` of two classes, of predictions that are 1 from ``threshold`` on.

    >>> round(BinaryIoU()([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7]), 6)        # (2/3 + 1/2) / 2
    0.583333
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of targets 0 and 1 and predictions in [0, 1], with one weight for each."""
        positive = np.asarray(y_pred, "float32") >= np.float32(self.threshold)
        super().update_state(y_true, positive, sample_weight)

    def get_config(self) -> dict[str, Any]:
        names = ("num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")
        return {**self._config_without(*names), "threshold": self.threshold}


class MeanIoU(IoU):
    """:class:`IoU` of all classes.

    >>> round(MeanIoU(2)([0, 0, 1, 1], [0, 1, 0, 1]), 6)
    0.333333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, range(num_classes), name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return self._config_without("target_class_ids")


class OneHotIoU(IoU):
    """:class:`IoU` of one-hot targets and scores (or labels, with ``sparse_y_pred``)."""

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return self._config_without("sparse_y_true")


class OneHotMeanIoU(MeanIoU):
    """:class:`MeanIoU` of one-hot targets and scores (or labels, with ``sparse_y_pred``)."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return self._config_without("target_class_ids", "sparse_y_true")
