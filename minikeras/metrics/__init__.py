"""Metrics: running means, counts and scores of something that is not trained on.

>>> accuracy = SparseCategoricalAccuracy()
>>> accuracy.update_state([2, 1], [[0.1, 0.6, 0.3], [0.05, 0.95, 0.0]])
>>> accuracy.result()
0.5
>>> accuracy.update_state([0], [[0.9, 0.1, 0.0]], sample_weight=[2.0])
>>> accuracy.result()                                       # (0 + 1 + 2·1) / (1 + 1 + 2)
0.75
"""

from typing import Any

from .. import config, losses
from ..losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from ..registry import Registry
from .accuracies import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from .auc import AUC
from .base import Mean, MeanMetricWrapper, Metric, Sum
from .confusion import (
    FalseNegatives,
    FalsePositives,
    Precision,
    PrecisionAtRecall,
    Recall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
    TrueNegatives,
    TruePositives,
)
from .f_scores import F1Score, FBetaScore
from .from_losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    Hinge,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from .iou import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from .regression import (
    ConcordanceCorrelation,
    CosineSimilarity,
    PearsonCorrelation,
    R2Score,
    RootMeanSquaredError,
    concordance_correlation,
    cosine_similarity,
    pearson_correlation,
)
from .variable import MetricVariable

_CLASSES = [item for item in list(globals().values()) if isinstance(item, type) and issubclass(item, Metric)]

#: The functions of this room by name; those of losses are kept there.
_FUNCTIONS = {
    name: item
    for name, item in list(globals().items())
    if callable(item) and not isinstance(item, type) and item not in losses._CLASS_OF
}


class _MetricRegistry(Registry):
    """A string names a class ("mean" is Mean); only a config of a function names a function."""

    def serialize(self, obj: Any) -> Any:
        if obj is None or hasattr(obj, "get_config"):
            return super().serialize(obj)
        name = obj.__name__
        return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}

    def deserialize(self, config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
        if not isinstance(config, dict):
            return super().deserialize(config, custom_objects)
        name = config.get("config")
        if config.get("class_name") == "function" and name not in (custom_objects or {}):
            return _FUNCTIONS[name] if name in _FUNCTIONS else losses.deserialize(config)
        if config.get("module") == "keras.losses":
            return losses.deserialize(config, custom_objects)
        return super().deserialize(config, custom_objects)


_registry = _MetricRegistry("metric", "keras.metrics")
for _metric in _CLASSES:
    _registry.add(_metric, config.snake_case(_metric.__name__))
_registry.add(MeanSquaredError, "mse", "MSE")
_registry.add(MeanAbsoluteError, "mae", "MAE")
_registry.add(MeanAbsolutePercentageError, "mape", "MAPE")
_registry.add(MeanSquaredLogarithmicError, "msle", "MSLE")
_registry.add(BinaryCrossentropy, "bce", "BCE")
get, serialize, deserialize = _registry.get, _registry.serialize, _registry.deserialize


def is_loss(fn: Any) -> bool:
    """Whether a function or object is one of :mod:`minikeras.losses`, so that less of it is better."""
    return isinstance(fn, losses.Loss) or fn in losses._CLASS_OF


def resolve(
    identifier: Any,
    y_true_shape: tuple[int, ...],
    y_pred_shape: tuple[int, ...],
    dtype: Any = None,
    from_logits: bool = False,
) -> Metric:
    """The metric that ``compile(metrics=[identifier])`` means, named as Keras names it.

    "accuracy" and "acc" mean the binary accuracy for one output, the sparse one for labels with no class
    axis, and the categorical one otherwise; "crossentropy" and "ce" mean the cross-entropy of that kind.

    Args:
        identifier: a name, a config, a class, a :class:`Metric`, or a function of (y_true, y_pred).
        y_true_shape, y_pred_shape: shapes of a batch.
        dtype: of the running sums of a metric that is made here; default ``config.floatx()``.
        from_logits: what "crossentropy" takes the outputs for.

    Raises:
        ValueError: for None or an unknown name.

    Differs from Keras: Keras knows "crossentropy" and "ce" as losses only, not as metrics.

    >>> type(resolve("accuracy", (32,), (32, 10))).__name__, resolve("acc", (32, 1), (32, 1)).name
    ('SparseCategoricalAccuracy', 'acc')
    """
    if identifier is None:
        raise ValueError("Expected metric, received `None`")
    if not isinstance(identifier, str):
        metric = get(identifier)
        if isinstance(metric, Metric):
            return metric
        name = getattr(metric, "name", None) or config.snake_case(getattr(metric, "__name__", type(metric).__name__))
        return MeanMetricWrapper(metric, name, dtype)
    kind = _kind(y_true_shape, y_pred_shape)
    if identifier.lower() in ("accuracy", "acc"):
        return _ACCURACIES[kind](name=identifier, dtype=dtype)
    if identifier.lower() in ("crossentropy", "ce"):
        return _CROSSENTROPIES[kind](name=identifier, dtype=dtype, from_logits=from_logits)
    return _registry.lookup(identifier)(name=identifier, dtype=dtype)


_ACCURACIES: dict[str, Any] = {
    "binary": BinaryAccuracy,
    "sparse": SparseCategoricalAccuracy,
    "categorical": CategoricalAccuracy,
}
_CROSSENTROPIES: dict[str, Any] = {
    "binary": BinaryCrossentropy,
    "sparse": SparseCategoricalCrossentropy,
    "categorical": CategoricalCrossentropy,
}


def _kind(y_true_shape: tuple[int, ...], y_pred_shape: tuple[int, ...]) -> str:
    if y_pred_shape[-1] == 1:
        return "binary"
    return "sparse" if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1 else "categorical"


__all__ = [
    "MetricVariable",
    "deserialize",
    "get",
    "resolve",
    "serialize",
    *(cls.__name__ for cls in _CLASSES),
    *_FUNCTIONS,
    *(function.__name__ for function in losses._CLASS_OF if function.__name__ in globals()),
]
