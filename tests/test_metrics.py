"""Metrics by hand: values, names, configs, custom metrics and their state."""

import json

import numpy as np
import pytest

import minikeras
from minikeras import config, losses, metrics

nan, inf = np.nan, np.inf
P = np.array([[0.1, 0.6, 0.3], [0.05, 0.95, 0.0], [0.2, 0.3, 0.5]], "float32")
LABELS = np.array([2, 1, 2])


# By hand.


def test_a_short_batch_weighs_less():
    mean = metrics.Mean()
    mean.update_state(2.0, sample_weight=32)
    mean.update_state(5.0, sample_weight=16)
    assert mean.result() == 3.0


def test_nothing_added_is_zero():
    assert metrics.Mean().result() == 0.0
    assert metrics.Mean()([]) == 0.0
    assert metrics.Mean()([1.0, 2.0], sample_weight=[0, 0]) == 0.0


@pytest.mark.parametrize("y_true", [LABELS, LABELS[:, None], LABELS.astype("uint8"), LABELS.astype("float32")])
def test_sparse_accuracy(y_true):
    assert metrics.SparseCategoricalAccuracy()(y_true, P) == pytest.approx(2 / 3)
    assert metrics.SparseCategoricalAccuracy()(y_true, P, sample_weight=[1, 2, 5]) == pytest.approx(7 / 8)


@pytest.mark.parametrize("backend", ["numba", "numpy"])
def test_both_backends(backend):
    with config.using(backend=backend):
        assert metrics.sparse_categorical_accuracy(LABELS, P).tolist() == [0, 1, 1]
        stacked = metrics.sparse_categorical_accuracy(np.stack([LABELS, LABELS * 0]), np.stack([P, P]))
        assert stacked.tolist() == [[0, 1, 1], [0, 0, 0]]


def test_the_other_accuracies():
    one_hot = np.eye(3)[LABELS]
    assert metrics.categorical_accuracy(one_hot, P).tolist() == [0, 1, 1]
    assert metrics.accuracy([[1], [2]], [1, 3]).tolist() == [[1], [0]]
    assert metrics.binary_accuracy([1, 1, 0], [[0.5], [0.6], [nan]]).tolist() == [[0], [1], [1]]
    assert metrics.top_k_categorical_accuracy(one_hot, P, k=2).tolist() == [1, 1, 1]
    assert metrics.sparse_top_k_categorical_accuracy([0, 2, 1], P, k=2).tolist() == [0, 0, 1]
    assert metrics.sparse_top_k_categorical_accuracy([0, 3, -1], P, k=3).tolist() == [1, 0, 0]
    ids = np.array([[2, 1, 0], [1, 0, 2]])
    assert metrics.SparseTopKCategoricalAccuracy(2, from_sorted_ids=True)([1, 2], ids) == 0.5


def test_running_sums_are_float32_unless_told_otherwise():
    single, double = metrics.Mean(), metrics.Mean(dtype="float64")
    for mean in (single, double):
        mean.update_state(2.0**24)
        for _ in range(3):
            mean.update_state(1.0)
    assert single.result() == 2.0**22
    assert double.result() == (2.0**24 + 3) / 4
    with config.using(floatx="float64"):
        assert metrics.Mean().dtype == "float64"


def test_reset():
    metric = metrics.SparseCategoricalAccuracy()
    metric.update_state(LABELS * 0, P)
    metric.reset_state()
    assert metric(LABELS, P) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("name", "y", "p", "expected"),
    [
        ("mse", [[0.0], [1.0]], [[2.0], [1.0]], 2.0),
        ("mae", [[0.0], [1.0]], [[2.0], [1.0]], 1.0),
        ("bce", [[1.0], [0.0]], [[0.8], [0.5]], -np.log([0.8, 0.5]).mean()),
        ("sparse_categorical_crossentropy", LABELS, P, -np.log([0.3, 0.95, 0.5]).mean()),
        ("categorical_crossentropy", np.eye(3)[LABELS], P, -np.log([0.3, 0.95, 0.5]).mean()),
    ],
)
def test_losses_as_metrics(name, y, p, expected):
    metric = metrics.resolve(name, np.shape(y), np.shape(p))
    assert (metric(y, p), metric.name, metric._direction) == (pytest.approx(expected, rel=1e-6), name, "down")


def test_inputs_stay_as_they_are():
    labels, p, w = LABELS.copy(), P.copy(), np.array([1.0, 2, 3], "float32")
    for metric in (metrics.SparseCategoricalAccuracy(), metrics.SparseCategoricalCrossentropy(ignore_class=1)):
        metric.update_state(labels, p, w)
    assert (labels == LABELS).all()
    assert (p == P).all()
    assert w.tolist() == [1, 2, 3]


# Names and configs.


@pytest.mark.parametrize(
    ("identifier", "y_true", "y_pred", "cls"),
    [
        ("accuracy", (32,), (32, 10), metrics.SparseCategoricalAccuracy),
        ("accuracy", (32, 1), (32, 10), metrics.SparseCategoricalAccuracy),
        ("accuracy", (32, 10), (32, 10), metrics.CategoricalAccuracy),
        ("ACC", (32, 1), (32, 1), metrics.BinaryAccuracy),
        ("acc", (32,), (32, 1), metrics.BinaryAccuracy),
        ("ce", (32,), (32, 10), metrics.SparseCategoricalCrossentropy),
        ("crossentropy", (32, 10), (32, 10), metrics.CategoricalCrossentropy),
        ("ce", (32, 1), (32, 1), metrics.BinaryCrossentropy),
        ("MSE", (32, 1), (32, 1), metrics.MeanSquaredError),
        ("top_k_categorical_accuracy", (32, 9), (32, 9), metrics.TopKCategoricalAccuracy),
    ],
)
def test_resolve(identifier, y_true, y_pred, cls):
    metric = metrics.resolve(identifier, y_true, y_pred, dtype="float64")
    assert (type(metric), metric.name, metric.dtype) == (cls, identifier, "float64")


def test_resolve_takes_objects_classes_and_functions():
    own = metrics.CategoricalAccuracy(name="mine")
    assert metrics.resolve(own, (3,), (3, 2)) is own
    assert metrics.resolve(metrics.Mean, (3,), (3, 2)).name == "mean"

    def always_two(y_true, y_pred):
        return np.full(len(y_pred), 2.0)

    metric = metrics.resolve(always_two, (3,), (3, 2))
    assert (metric([0, 0], [[0], [0]]), metric.name) == (2.0, "always_two")
    assert metrics.resolve(losses.mean_squared_error, (3,), (3,))._direction == "down"


def test_crossentropy_of_logits():
    z = np.array([[0.0, 20.0]])
    metric = metrics.resolve("ce", (1,), (1, 2), from_logits=True)
    assert metric([0], z) == pytest.approx(20.0)


@pytest.mark.parametrize("wrong", ["acuracy", 5, "sparse_categorical_acuracy"])
def test_unknown_names(wrong):
    with pytest.raises(ValueError, match="Could not interpret metric identifier"):
        metrics.get(wrong)
    assert metrics.get(None) is None
    with pytest.raises(ValueError, match="received `None`"):
        metrics.resolve(None, (1,), (1, 1))


def test_misspelt_names_get_a_hint():
    with pytest.raises(ValueError, match="Did you mean 'sparse_categorical_accuracy'"):
        metrics.get("sparse_categorical_acuracy")


def test_shapes_that_cannot_belong_together():
    with pytest.raises(minikeras.errors.ShapeError, match=r"y_true.shape=\(3, 3\)"):
        metrics.sparse_categorical_accuracy(np.eye(3), P)
    with pytest.raises(minikeras.errors.ShapeError, match=r"sample_weight.shape=\(2,\)"):
        metrics.SparseCategoricalAccuracy()(LABELS, P, sample_weight=[1, 2])


@pytest.mark.parametrize(
    "metric",
    [
        metrics.Mean(name="m"),
        metrics.Sum(),
        metrics.Accuracy(dtype="float64"),
        metrics.BinaryAccuracy(threshold=0.25),
        metrics.TopKCategoricalAccuracy(3),
        metrics.SparseTopKCategoricalAccuracy(2, from_sorted_ids=True),
        metrics.BinaryCrossentropy(label_smoothing=0.1),
        metrics.CategoricalCrossentropy(from_logits=True),
        metrics.SparseCategoricalCrossentropy(ignore_class=0),
        metrics.MeanMetricWrapper(metrics.binary_accuracy, name="w", threshold=0.3),
        metrics.MeanMetricWrapper(losses.mean_squared_error, name="w"),
    ],
    ids=lambda metric: type(metric).__name__,
)
def test_config_round_trip(metric):
    written = json.loads(json.dumps(metrics.serialize(metric)))
    again = metrics.deserialize(written)
    assert type(again) is type(metric)
    assert metrics.serialize(again) == written
    if isinstance(metric, metrics.MeanMetricWrapper):
        assert again._fn is metric._fn


def test_functions_keep_their_kind():
    written = metrics.serialize(metrics.sparse_categorical_accuracy)
    assert metrics.deserialize(written) is metrics.sparse_categorical_accuracy
    assert isinstance(metrics.get("sparse_categorical_accuracy"), metrics.SparseCategoricalAccuracy)


# Custom metrics and their state.


class Share(metrics.Metric):
    """As a user of Keras writes it."""

    def __init__(self, name="share", **kwargs):
        super().__init__(name=name, **kwargs)
        self.above = self.add_weight(shape=(), initializer="zeros", name="above")
        self.all = self.add_variable((2,), initializer="ones", name="all")
        self.inner = metrics.Mean()
        self.list = [metrics.Sum(), metrics.Precision()]

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.above.assign_add(np.sum(y_pred > 0.5))
        self.all.assign(self.all + len(y_pred))
        self.inner.update_state(y_pred)

    def result(self):
        return self.above / self.all[0]


def test_a_custom_metric_in_the_form_of_keras():
    metric = Share(dtype="float64")
    assert metric([0, 0], np.array([0.25, 0.75])) == pytest.approx(1 / 3)
    names = ["above", "all", "total", "count", "total", "true_positives", "false_positives"]
    assert [v.name for v in metric.variables] == names
    assert [v.dtype for v in metric.variables][:3] == ["float64", "float64", "float32"]
    assert metric.inner.result() == 0.5
    metric.reset_state()
    assert all(not v.numpy().any() for v in metric.variables)
    with pytest.raises(minikeras.errors.ShapeError, match=r"shape \(2,\)"):
        metric.all.assign([1.0])

    class Forgetful(metrics.Metric):
        def __init__(self):
            self.add_weight(name="w")

    with pytest.raises(RuntimeError, match="super"):
        Forgetful()
    with pytest.raises(NotImplementedError, match=r"Metric does not implement `update_state"):
        metrics.Metric().update_state()


def test_a_variable_is_an_array_for_numpy():
    v = metrics.MetricVariable(np.array([1.0, -2.0]), "v")
    np.testing.assert_array_equal(np.abs(v) + v * 2, [3, -2])
    np.testing.assert_array_equal(np.maximum(v, 0), [1, 0])
    assert (float(v.assign_sub([1, -3]).numpy().sum()), v.shape, v.dtype) == (1.0, (2,), "float64")
    one = metrics.MetricVariable(np.float32(2))
    assert (float(one), int(one), bool(one)) == (2.0, 2, True)


def test_a_mask_leaves_values_out():
    y, p = np.array([[0.0], [0.0], [0.0]]), np.array([[1.0], [2.0], [3.0]])
    assert metrics.MeanSquaredError()(y, p, mask=[True, False, True]) == 5.0
    assert metrics.MeanSquaredError()(y, p, [3.0, 1.0, 1.0], mask=[True, False, True]) == 3.0


def test_metrics_of_several_values_are_logged_and_their_state_goes_on():
    from minikeras.training.tracking import Tracker

    y, p = np.eye(3)[[0, 1, 2, 0]], np.random.default_rng(0).random((4, 3))
    one, two = (Tracker([metrics.F1Score(), Share(), metrics.AUC(multi_label=True)], [], "float64") for _ in "12")
    one.update(0.5, y, p, None, 4)
    two.set_state(one.get_state())
    assert one.results()["f1_score"].shape == (3,)
    for tracker in (one, two):
        tracker.update(0.25, y[::-1], p, None, 4)
    for a, b in zip(one.results().values(), two.results().values(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_by_hand():
    t, p = [0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9]
    counts = [metrics.TruePositives, metrics.FalsePositives, metrics.TrueNegatives, metrics.FalseNegatives]
    assert [cls()(t, p) for cls in counts] == [1, 1, 1, 1]
    assert [cls()(t, p, [1, 2, 3, 4]) for cls in counts] == [4, 2, 1, 3]
    assert metrics.AUC()(t, p) == pytest.approx(0.75)  # three of four pairs are in order
    assert metrics.AUC(curve="PR", num_thresholds=3)([1, 1], [0.2, 0.7]) == pytest.approx(1.0)
    assert metrics.SensitivityAtSpecificity(1.0)(t, p) == 0.5
    assert metrics.RecallAtPrecision(0.6)(t, p) == 1.0  # from 0.4 on: two of three
    assert metrics.F1Score(average="macro", threshold=0.5)([[1], [1], [0]], [[0.9], [0.2], [0.8]]) == pytest.approx(0.5)
    scores = metrics.F1Score(threshold=0.5)([[1], [1], [1], [0]], [[0.9], [0.2], [0.1], [0.1]])
    assert scores == pytest.approx([0.5])  # P = 1, R = 1/3
    at = metrics.TruePositives(thresholds=[0.0, 0.25, 0.5, 0.75, 1.0])
    assert at([1, 1, 1], [0.0, 0.5, 1.0]).tolist() == [2, 2, 1, 1, 0]  # at a threshold is not above it
    assert metrics.MeanIoU(2)([0, 1, 1, 1], [0, 0, 1, 1]) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert metrics.MeanIoU(3)([0, 1], [0, 1]) == pytest.approx(1.0)  # class 2 is nowhere
    assert metrics.R2Score()([[1.0], [3.0]], [[2.0], [2.0]]) == 0.0
    assert metrics.pearson_correlation([[0, 1, 2]], [[2, 1, 0]]) == pytest.approx([-1])
    assert metrics.CosineSimilarity()([[1.0, 0.0]], [[1.0, 1.0]]) == pytest.approx(np.sqrt(0.5))
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        metrics.Precision(thresholds=[0.5, 2])
    with pytest.raises(ValueError, match="out of range"):
        metrics.IoU(2, [2])
    with pytest.raises(minikeras.errors.ShapeError, match="sample_weight"):
        metrics.Recall()(t, p, [1, 2])


def test_the_state_of_a_metric_can_be_kept_outside_it():
    metric = metrics.SparseCategoricalAccuracy()
    metric.update_state([0], [[0.1, 0.9]])
    state = metric.stateless_reset_state()
    for targets in ([1, 0], [1, 1]):
        state = metric.stateless_update_state(state, targets, [[0.1, 0.9], [0.2, 0.8]])
    assert float(metric.stateless_result(state)) == 0.75
    assert metric.result() == 0.0
    with pytest.raises(ValueError, match="corresponding 1:1"):
        metric.stateless_result(state[:1])
