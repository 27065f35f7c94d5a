"""Every metric against real Keras, on drawn batches: weights, ragged last batches, ties, classes that are nowhere."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import minikeras
from minikeras import metrics

K = 3

METRICS = {
    "fractions": [
        ("TruePositives", {}),
        ("FalsePositives", {"thresholds": [0.25, 0.5]}),
        ("TrueNegatives", {"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]}),
        ("FalseNegatives", {"thresholds": 0.75}),
        ("Precision", {}),
        ("Precision", {"top_k": 2}),
        ("Precision", {"class_id": 1, "thresholds": [0.25, 0.75]}),
        ("Recall", {"thresholds": [0.0, 0.5, 1.0]}),
        ("Recall", {"top_k": 1, "class_id": 2}),
        ("SensitivityAtSpecificity", {"specificity": 0.5, "num_thresholds": 9}),
        ("SpecificityAtSensitivity", {"sensitivity": 0.5, "num_thresholds": 1}),
        ("PrecisionAtRecall", {"recall": 0.25, "class_id": 0}),
        ("RecallAtPrecision", {"precision": 0.75, "num_thresholds": 2}),
        *(
            ("AUC", {"curve": curve, "summation_method": method, "num_thresholds": 9})
            for curve in ("ROC", "PR", "PRGAIN")
            for method in ("interpolation", "minoring", "majoring")
        ),
        ("AUC", {}),
        ("AUC", {"thresholds": [0.25, 0.3], "curve": "PR"}),
        ("AUC", {"from_logits": True, "label_weights": [1.0, 0.5, 0.25]}),
        ("AUC", {"multi_label": True, "curve": "PR"}),
        ("AUC", {"multi_label": True, "num_labels": K, "label_weights": [1.0, 0.5, 0.25], "thresholds": [0.3, 0.8]}),
        *(("FBetaScore", {"average": average, "beta": 2.0}) for average in (None, "micro", "macro", "weighted")),
        ("F1Score", {"threshold": 0.5}),
        ("BinaryAccuracy", {}),
        ("BinaryCrossentropy", {"label_smoothing": 0.25}),
        ("CategoricalCrossentropy", {"from_logits": True}),
        ("CategoricalAccuracy", {}),
        ("TopKCategoricalAccuracy", {"k": 2}),
        ("OneHotIoU", {"num_classes": K, "target_class_ids": [0, 2]}),
        ("OneHotMeanIoU", {"num_classes": K, "dtype": "float32"}),
        ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.25}),
        ("KLDivergence", {}),
        ("Poisson", {}),
        ("Hinge", {}),
        ("SquaredHinge", {}),
        ("CategoricalHinge", {}),
    ],
    "numbers": [
        ("MeanSquaredError", {}),
        ("RootMeanSquaredError", {}),
        ("MeanAbsoluteError", {}),
        ("MeanAbsolutePercentageError", {}),
        ("MeanSquaredLogarithmicError", {}),
        ("LogCoshError", {}),
        ("CosineSimilarity", {}),
        ("R2Score", {}),
        ("R2Score", {"class_aggregation": None}),
        ("R2Score", {"class_aggregation": "variance_weighted_average", "num_regressors": 1}),
        ("PearsonCorrelation", {}),
        ("ConcordanceCorrelation", {}),
        ("Accuracy", {}),
    ],
    "labels": [
        ("SparseCategoricalAccuracy", {}),
        ("SparseTopKCategoricalAccuracy", {"k": 2}),
        ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 1}),
        ("IoU", {"num_classes": K, "target_class_ids": [0, 1], "sparse_y_pred": False, "ignore_class": 2}),
        ("MeanIoU", {"num_classes": K, "sparse_y_pred": False}),
    ],
    "values": [("Mean", {}), ("Sum", {})],
}


def drawn(seed, rows, classes, steps, share, weighted):
    """A batch for each number of rows: targets, predictions and weights for each kind, from few different numbers."""
    rng = np.random.default_rng(seed)
    found = []
    for n in rows:
        p = rng.integers(0, steps + 1, (n, K)) / steps
        bits = (rng.random((n, K)) < share).astype(float)
        found.append(
            {
                "fractions": (bits, p),
                "numbers": (rng.integers(-4, 5, (n, K)) / 2, rng.integers(-4, 5, (n, K)) / 2),
                "labels": (rng.integers(0, classes, n), p),
                "values": (p,),
                "weights": rng.integers(0, 5, n) / 4 if weighted else None,
            }
        )
    return found


batches = st.builds(
    drawn,
    seed=st.integers(0, 2**32 - 1),
    rows=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    classes=st.sampled_from([1, 2, K]),  # of the targets: the others are nowhere
    steps=st.sampled_from([2, 8, 1000]),
    share=st.sampled_from([0.0, 0.5, 1.0]),
    weighted=st.booleans(),
)


def arrays_of(kind, name, batch):
    """What ``update_state`` takes, and the weights: integers, one for each value, where a metric counts pairs."""
    arrays = [np.asarray(a, "float32" if a.dtype.kind == "f" else a.dtype) for a in batch[kind]]
    w = batch["weights"]
    if "IoU" in name and w is not None:
        return arrays, np.resize(np.int32(4 * w), arrays[0].size if name == "BinaryIoU" else len(arrays[0]))
    return arrays, None if w is None else np.asarray(w, "float32")


def disagreements(keras, found, compiled=lambda name, arguments: None):
    """Which metrics of minikeras and Keras differ on batches, in words.

    ``compiled`` gives a metric of Keras's that is kept, with its compiled update and result, instead of a new one.
    """
    for kind, cases in METRICS.items():
        for name, arguments in cases:
            ours = getattr(metrics, name)(**arguments)
            theirs = getattr(keras.metrics, name)(**arguments)
            update, result = theirs.update_state, theirs.result
            if kept := compiled(name, arguments):
                theirs, update, result = kept
                theirs.reset_state()
            for batch in found:
                arrays, w = arrays_of(kind, name, batch)
                ours.update_state(*arrays, sample_weight=w)
                update(*arrays, sample_weight=w)
            a, b = np.asarray(ours.result()), np.asarray(result())
            tolerance = 1e-3 if name in ("R2Score", "PearsonCorrelation") else 2e-5  # those are differences of sums
            if a.shape != b.shape or not np.allclose(a, b, tolerance, tolerance, equal_nan=True):
                yield f"{name}({arguments}): {a}, Keras: {b}"
            if [v.shape for v in ours.variables] != [tuple(v.shape) for v in theirs.variables]:
                yield f"{name}({arguments}): variables {ours.variables}"


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore")
def test_every_metric_is_keras_own():
    keras = pytest.importorskip("keras")
    found = drawn(7, rows=[6, 2], classes=2, steps=8, share=0.5, weighted=True)
    assert not list(disagreements(keras, found))


def where_it_can_be(compiled, eager):
    """The compiled function, or the eager one where TensorFlow cannot compile it for such shapes."""

    def run(*args, **kwargs):
        try:
            return compiled(*args, **kwargs)
        except NotImplementedError:
            return eager(*args, **kwargs)

    return run


@pytest.fixture(scope="module")
def compiled():
    """Keras's metrics, each made once, with a compiled update and result."""
    keras, tf = pytest.importorskip("keras"), pytest.importorskip("tensorflow")
    made = {}
    first = drawn(0, rows=[2], classes=K, steps=8, share=0.5, weighted=False)[0]
    for kind, cases in METRICS.items():
        for name, arguments in cases:
            metric = getattr(keras.metrics, name)(**arguments)
            metric.update_state(*arrays_of(kind, name, first)[0])  # some make their variables now
            both = (metric.update_state, metric.result)
            steps = (where_it_can_be(tf.function(f, reduce_retracing=True), f) for f in both)
            made[name, str(arguments)] = (metric, *steps)
    return lambda name, arguments: made[name, str(arguments)]


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.filterwarnings("ignore")
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(found=batches)
def test_every_metric_is_keras_own_on_1000_draws(compiled, found):
    assert not list(disagreements(pytest.importorskip("keras"), found, compiled))


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore")
def test_configs_and_names_are_keras_own():
    keras = pytest.importorskip("keras")
    assert {name for name in dir(keras.metrics) if name[0] != "_"} <= set(dir(metrics))
    from keras.src.metrics import ALL_OBJECTS_DICT

    for name, theirs in ALL_OBJECTS_DICT.items():
        assert metrics._registry.lookup(name).__name__ == theirs.__name__
    tested = {name for cases in METRICS.values() for name, _ in cases} | {"Metric", "MeanMetricWrapper"}
    assert {cls.__name__ for cls in ALL_OBJECTS_DICT.values()} == tested
    for name, arguments in (case for cases in METRICS.values() for case in cases):
        ours, theirs = (getattr(room.metrics, name)(**arguments) for room in (minikeras, keras))
        expected, found = keras.metrics.serialize(theirs), metrics.serialize(ours)
        found["config"]["name"] = expected["config"]["name"]  # numbered as many as were made
        if name == "AUC":  # Keras writes tensors there
            for config in (expected["config"], found["config"]):
                config.pop("label_weights"), config.pop("thresholds", None)
        assert found == expected, name
        assert ours._direction == getattr(theirs, "_direction", None)
        assert type(metrics.deserialize(metrics.serialize(ours))) is type(ours)


def _cases():
    rng = np.random.default_rng(7)
    w = rng.random(13).astype("float32")
    p = rng.random((13, 6)).astype("float32")
    p /= p.sum(axis=1, keepdims=True)
    p[3, 2:4] = p[4] = 0.25
    broken = p.copy()
    broken[2, 1], broken[5, :], broken[6, 2], broken[7, 3] = np.nan, np.nan, np.inf, -np.inf
    labels = rng.integers(0, 6, 13)
    one_hot = np.eye(6, dtype="float32")[labels]
    bits, q = rng.integers(0, 2, (13, 2)).astype("float32"), rng.random((13, 2)).astype("float32")
    sequence, steps = rng.random((5, 4, 6)).astype("float32"), rng.integers(0, 6, (5, 4))
    return {
        "sparse": ("SparseCategoricalAccuracy", {}, labels, p, w),
        "sparse column": ("SparseCategoricalAccuracy", {}, labels[:, None], p, w[:, None]),
        "sparse column, flat weights": ("SparseCategoricalAccuracy", {}, labels[:, None], p, w),
        "sparse broken": ("SparseCategoricalAccuracy", {}, labels, broken, w),
        "sparse steps": ("SparseCategoricalAccuracy", {}, steps, sequence, w[:5]),
        "sparse steps, weighted steps": ("SparseCategoricalAccuracy", {}, steps, sequence, sequence[..., 0]),
        "categorical": ("CategoricalAccuracy", {}, one_hot, p, w),
        "binary": ("BinaryAccuracy", {"threshold": 0.3}, bits, q, w),
        "binary column weights": ("BinaryAccuracy", {}, bits, q, w[:, None]),
        "binary elementwise": ("BinaryAccuracy", {}, bits, q, q),
        "top k": ("TopKCategoricalAccuracy", {"k": 2}, one_hot, p, w),
        "top k broken": ("SparseTopKCategoricalAccuracy", {"k": 3}, labels, broken, w),
        "top k steps": ("SparseTopKCategoricalAccuracy", {"k": 3}, steps, sequence, w[:5]),
        "mse": ("MeanSquaredError", {}, bits, q, w),
        "mae": ("MeanAbsoluteError", {}, bits, q, w),
        "bce": ("BinaryCrossentropy", {"label_smoothing": 0.1}, bits, q, w),
        "cce": ("CategoricalCrossentropy", {}, one_hot, p, w),
        "scce": ("SparseCategoricalCrossentropy", {}, labels, p, w),
        "scce ignore": ("SparseCategoricalCrossentropy", {"ignore_class": 1}, labels, p, w),
        "mean scalar": ("Mean", {}, None, np.float32(0.3), np.float32(7)),
        "mean rows": ("Mean", {}, None, q, w),
        "sum rows": ("Sum", {}, None, q, w),
        "sum": ("Sum", {}, None, p, np.float32(2)),
    }


@pytest.mark.keras
@pytest.mark.parametrize("case", list(_cases()))
def test_sums_are_keras_own(case):
    keras = pytest.importorskip("keras")
    name, arguments, y, p, w = _cases()[case]
    for weights in (None, w):
        ours, theirs = (getattr(room.metrics, name)(**arguments) for room in (minikeras, keras))
        for rows in (slice(0, 8), slice(8, None)) if np.ndim(p) else ((), ()):  # a ragged second batch
            values = (p[rows],) if y is None else (y[rows], p[rows])
            weight = None if weights is None else weights[rows] if np.ndim(weights) else weights
            for metric in (ours, theirs):
                metric.update_state(*values, sample_weight=weight)
        sums = [ours.total] if name == "Sum" else [ours.total, ours.count]
        np.testing.assert_allclose(sums, [v.numpy() for v in theirs.variables], rtol=3e-7)
        assert ours.result() == pytest.approx(float(theirs.result()), rel=3e-7)


@pytest.mark.keras
def test_configs_are_keras_own():
    keras = pytest.importorskip("keras")
    for name, arguments, *_ in _cases().values():
        ours, theirs = (getattr(room.metrics, name)(**arguments) for room in (minikeras, keras))
        assert metrics.serialize(ours) == keras.metrics.serialize(theirs)
        assert type(keras.metrics.deserialize(metrics.serialize(ours))).__name__ == name
        assert getattr(theirs, "_direction", None) == ours._direction
    ours = metrics.MeanMetricWrapper(metrics.sparse_categorical_accuracy, name="w")
    theirs = keras.metrics.MeanMetricWrapper(keras.metrics.sparse_categorical_accuracy, name="w")
    assert metrics.serialize(ours) == keras.metrics.serialize(theirs)


@pytest.mark.keras
def test_names_are_keras_own():
    keras = pytest.importorskip("keras")
    for name in ("accuracy", "acc", "mse", "MAE", "bce", "mean", "Mean", "binary_accuracy", "categorical_crossentropy"):
        try:
            expected = type(keras.metrics.get(name)).__name__
        except ValueError:
            with pytest.raises(ValueError, match="Could not interpret"):
                metrics.get(name)
        else:
            assert type(metrics.get(name)).__name__ == expected
