"""Losses: values, gradients and reductions against real Keras, by hand, and by two numeric ways."""

import itertools

import numpy as np
import pytest

from minikeras import losses
from minikeras.errors import DataError, ShapeError
from minikeras.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)

from .gradients import CENTRAL, COMPLEX_STEP, central, complex_step, norm_relative

N, K = 5, 4


def softmax(z):
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)


def case(kind, seed=0):
    """Targets and predictions of a kind, as float64."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(N, K))
    return {
        "labels/probabilities": (rng.integers(0, K, N), softmax(z)),
        "labels/logits": (rng.integers(0, K, N), z),
        "one-hot/probabilities": (np.eye(K)[rng.integers(0, K, N)], softmax(z)),
        "one-hot/logits": (softmax(rng.normal(size=(N, K))), z),
        "bits/probabilities": (rng.integers(0, 2, (N, K)).astype(float), 1 / (1 + np.exp(-z))),
        "bits/logits": (rng.random((N, K)), z),
        "numbers": (rng.normal(size=(N, K)), z),
        "positive": (rng.gamma(2.0, size=(N, K)), np.exp(z / 2)),
        "signs": (np.where(rng.random((N, K)) < 0.5, -1.0, 1.0), z),
        "images": (rng.random((N, 3, 2)).round(), 1 / (1 + np.exp(-rng.normal(size=(N, 3, 2))))),
        "images of classes": (np.eye(3)[rng.integers(0, 3, (N, 2))].swapaxes(1, 2), rng.random((N, 3, 2))),
        "vectors": (np.array([0, 1, 0, 1, 1]), z / 2),
        "unit vectors": (np.array([0, 1, 0, 1, 1]), z / np.linalg.norm(z, axis=1, keepdims=True)),
        "sequences": (np.array([[1, 1, 2], [3, 0, 0], [2, 1, 0], [0, 0, 0], [3, 3, 3]]), rng.normal(size=(N, 6, K))),
    }[kind]


LOSSES = [
    ("SparseCategoricalCrossentropy", {}, "labels/probabilities"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "labels/logits"),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 1}, "labels/logits"),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, "labels/probabilities"),
    ("CategoricalCrossentropy", {}, "one-hot/probabilities"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.25}, "one-hot/probabilities"),
    ("CategoricalCrossentropy", {"from_logits": True}, "one-hot/logits"),
    ("BinaryCrossentropy", {}, "bits/probabilities"),
    ("BinaryCrossentropy", {"label_smoothing": 0.25}, "bits/probabilities"),
    ("BinaryCrossentropy", {"from_logits": True}, "bits/logits"),
    ("MeanSquaredError", {}, "numbers"),
    ("MeanAbsoluteError", {}, "numbers"),
    ("Huber", {"delta": 0.75}, "numbers"),
    ("MeanAbsolutePercentageError", {}, "numbers"),
    ("MeanSquaredLogarithmicError", {}, "positive"),
    ("LogCosh", {}, "numbers"),
    ("CosineSimilarity", {}, "numbers"),
    ("CosineSimilarity", {"axis": 1}, "images"),
    ("Hinge", {}, "signs"),
    ("Hinge", {}, "bits/logits"),
    ("SquaredHinge", {}, "bits/probabilities"),
    ("CategoricalHinge", {}, "one-hot/probabilities"),
    ("Dice", {"axis": (1, 2)}, "images"),
    ("Dice", {}, "images"),
    ("Tversky", {"alpha": 0.25, "beta": 0.875, "axis": 1}, "images"),
    ("Tversky", {"alpha": 0.25, "beta": 0.875}, "images"),
    ("KLDivergence", {}, "one-hot/probabilities"),
    ("Poisson", {}, "positive"),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.25}, "labels/probabilities"),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "gamma": 1.5}, "bits/probabilities"),
    ("BinaryFocalCrossentropy", {"from_logits": True, "label_smoothing": 0.25}, "bits/logits"),
    ("CategoricalFocalCrossentropy", {"gamma": 1.5, "alpha": 0.5}, "one-hot/probabilities"),
    ("CategoricalFocalCrossentropy", {"from_logits": True, "label_smoothing": 0.25}, "one-hot/logits"),
    ("CategoricalCrossentropy", {"axis": 1}, "images of classes"),
    ("CategoricalCrossentropy", {"axis": 1, "from_logits": True}, "images of classes"),
    ("BinaryCrossentropy", {"axis": 1, "from_logits": True}, "images"),
    ("Circle", {}, "unit vectors"),
    ("Circle", {"gamma": 2.0, "margin": 0.25, "remove_diagonal": False}, "vectors"),
    ("CTC", {}, "sequences"),
]
WEIGHTS = {"none": None, "weights": np.linspace(0, 2, N), "column": np.linspace(0.5, 2, N)[:, None]}


def test_weights_of_rows_stay_with_their_rows():
    y, z = case("labels/logits")
    y, z = np.stack([y] * N, axis=1), np.stack([z] * N, axis=1)  # N values a row
    w = np.arange(N) / N
    loss = SparseCategoricalCrossentropy(from_logits=True)
    assert loss(y, z, w) == pytest.approx(loss(y, z, w[:, None]), rel=1e-15)


def test_nothing_left_to_count_gives_zero():
    y, z = np.full(N, 2), case("labels/logits")[1]
    for reduction in ("sum_over_batch_size", "mean_with_sample_weight"):
        loss = SparseCategoricalCrossentropy(from_logits=True, ignore_class=2, reduction=reduction)
        assert loss(y, z) == 0
        assert not loss.backward(y, z).any()


CLIPPED = [
    (name, {**arguments, "mode": "clipped"}, kind)
    for name, arguments, kind in LOSSES
    if name.endswith("Crossentropy") and "Focal" not in name
]


@pytest.mark.parametrize(("name", "arguments", "kind"), [*LOSSES, *CLIPPED], ids=str)
def test_gradient_by_complex_step_and_differences(name, arguments, kind):
    loss = getattr(losses, name)(**arguments)
    y_true, y_pred = case(kind, seed=1)
    w = np.random.default_rng(2).uniform(0.5, 2, loss.call(y_true, y_pred).shape)
    gradient = loss.backward(y_true, y_pred, w)
    assert norm_relative(gradient, central(lambda: loss(y_true, y_pred, w), y_pred)) < CENTRAL
    z = y_pred.astype(complex)
    assert norm_relative(gradient, complex_step(lambda: loss(y_true, z, w), z)) < COMPLEX_STEP


def test_two_meanings_of_a_saturated_softmax():
    """Logits (0, 20, 0), the truth is class 0: Keras on TensorFlow says 20 and (−1, 1, 2e-9), on JAX 16.118 and 0."""
    z = np.array([[0.0, 20.0, 0.0]])
    exact = SparseCategoricalCrossentropy(from_logits=True)
    assert exact([0], z) == pytest.approx(20.0, abs=1e-8)
    np.testing.assert_allclose(exact.backward([0], z), [[-1, 1, 2.06e-9]], atol=1e-8)
    clipped = SparseCategoricalCrossentropy(mode="clipped")
    assert clipped([0], softmax(z)) == pytest.approx(16.118, abs=5e-4)
    np.testing.assert_array_equal(clipped.backward([0], softmax(z)), [[0, 0, 0]])


def test_by_hand():
    assert MeanSquaredError()([[1.0, 2.0]], [[2.0, 4.0]]) == 2.5
    assert MeanAbsoluteError()([[1.0, 2.0]], [[2.0, 4.0]]) == 1.5
    assert Huber(1.0)([[0.0, 0.0]], [[0.5, 3.0]]) == 1.3125
    assert SparseCategoricalCrossentropy()([1], [[0.25, 0.75]]) == pytest.approx(-np.log(0.75), rel=1e-6)
    assert CategoricalCrossentropy()([[0.5, 0.5]], [[0.25, 0.75]]) == pytest.approx(-0.5 * np.log(0.1875), rel=1e-6)
    assert BinaryCrossentropy()([[1.0, 0.0]], [[0.25, 0.25]]) == pytest.approx(-0.5 * np.log(0.1875), rel=1e-6)


def test_by_hand_too():
    t, y = np.array([[0.0, 1.0]]), np.array([[0.25, 0.75]])
    assert losses.MeanAbsolutePercentageError()([[2.0, 4.0]], [[1.0, 5.0]]) == pytest.approx(37.5)
    assert losses.MeanSquaredLogarithmicError()([[0.0]], [[np.e - 1]]) == pytest.approx(1, rel=1e-6)
    assert losses.LogCosh()([[0.0]], [[np.log(2.0)]]) == pytest.approx(np.log(1.25))
    assert losses.CosineSimilarity()([[3.0, 4.0]], [[4.0, 3.0]]) == pytest.approx(-0.96)
    assert losses.Hinge()(t, [[0.5, 0.5]]) == 1.0  # (1.5 + 0.5) / 2
    assert losses.SquaredHinge()(t, [[0.5, 0.5]]) == 1.25  # (2.25 + 0.25) / 2
    assert losses.CategoricalHinge()(t, [[0.5, 0.75]]) == 0.75
    assert losses.Dice()(t, y) == pytest.approx(1 - 1.5 / 2, abs=1e-6)
    assert losses.Tversky(0.5, 2.0)(t, y) == pytest.approx(1 - 0.75 / (0.75 + 0.125 + 0.5), abs=1e-6)
    assert losses.KLDivergence()([[0.5, 0.5]], y) == pytest.approx((np.log(2) + np.log(2 / 3)) / 2, rel=1e-6)
    assert losses.Poisson()([[3.0]], [[1.0]]) == pytest.approx(1, abs=1e-6)
    assert losses.CategoricalGeneralizedCrossEntropy(0.5)([0], y) == 1.0  # (1 − √¼) / ½
    assert losses.BinaryFocalCrossentropy()(t[:, 1:], y[:, 1:]) == pytest.approx(-np.log(0.75) / 16)
    assert losses.CategoricalFocalCrossentropy(0.5)(t, y) == pytest.approx(-np.log(0.75) / 32)


def ctc_by_enumeration(labels, z):
    """−log of the sum over all paths of one sample."""
    p = softmax(z)
    total = 0.0
    for path in itertools.product(range(z.shape[1]), repeat=len(z)):
        if [k for k, _ in itertools.groupby(path) if k] == [k for k in labels if k]:
            total += np.prod(p[np.arange(len(z)), path])
    return -np.log(total) if total else np.inf


def test_ctc_is_the_sum_over_all_paths():
    rng = np.random.default_rng(4)
    labels, z = np.array([[1, 1, 2], [2, 1, 0], [0, 0, 0], [1, 1, 1]]), rng.normal(size=(4, 4, 3))
    expected = [ctc_by_enumeration(row, scores) for row, scores in zip(labels, z, strict=True)]
    assert np.isinf(expected[3])  # "1 1 1" needs five steps
    np.testing.assert_allclose(losses.ctc(labels, z), expected, rtol=1e-12)
    assert np.isfinite(losses.CTC().backward(labels, z)).all()
    for wrong, message in (([[1, 0, 2]] * 4, "padded by 0"), ([[3, 0, 0]] * 4, "label 3"), ([1, 2], "max_length")):
        with pytest.raises(DataError, match=message):
            losses.ctc(wrong, z)


def test_circle_takes_other_partners():
    y = np.eye(3)
    alone = losses.circle([0, 0, 1], y, gamma=2.0)
    beside = losses.circle([0, 0, 1], y, [0, 0, 1], y, gamma=2.0)
    np.testing.assert_array_equal(alone, beside)
    assert losses.circle([0], y[:1], [5, 0], y[1:], remove_diagonal=False)[0] > 0
    assert losses.Circle()([0, 1, 2], y) == 0  # no sample has a partner
    assert not losses.Circle().backward([0, 1, 2], y).any()


def test_a_loss_in_the_form_of_keras_has_the_derivative_of_what_it_calls():
    class Quartic(losses.Loss):
        def call(self, y_true, y_pred):
            return np.mean((y_true - y_pred) ** 4, axis=-1)

    t, y = case("numbers")
    w = WEIGHTS["weights"]
    assert Quartic()(t, y, w) == pytest.approx(np.mean(w * np.mean((t - y) ** 4, axis=-1)))
    by_hand = 4 * (y - t) ** 3 / y.shape[-1] * (w / w.size)[..., None]
    np.testing.assert_allclose(Quartic().backward(t, y, w), by_hand, rtol=1e-12)

    class Half(losses.Loss):
        def values(self, y_true, y_pred):
            return (y_pred - y_true).mean(axis=-1)

    with pytest.raises(NotImplementedError, match=r"Half has no derivative: it defines `values"):
        Half().backward(t, y)


def test_a_loss_computes_in_its_dtype():
    t, y = (a.astype("float32") for a in case("numbers"))
    loss = MeanSquaredError(dtype="float64")
    assert loss(t, y).dtype == "float64"
    assert loss.backward(t, y).dtype == "float32"
    assert MeanSquaredError()(t, y).dtype == "float32"


def test_masks_of_rows_and_of_values():
    t, y = np.zeros((2, 2, 1)), np.array([1.0, 2, 3, 4]).reshape(2, 2, 1)
    loss = MeanSquaredError()
    assert loss(t, y, mask=[[True, False], [False, True]]) == (1 + 16) / 2
    assert loss(t, y, mask=[True, False]) == (1 + 4) / 2
    assert loss(t, y, [2.0, 1.0], mask=[[True, False], [False, True]]) == (2 + 16) / 2
    assert loss(t, y, mask=[False, False]) == 0
    np.testing.assert_array_equal(loss.backward(t, y, mask=[[False, True], [False, False]]).ravel(), [0, 4, 0, 0])
    with pytest.raises(ShapeError, match="mask"):
        loss(t, y, mask=[True, False, True])
    labels, z = case("labels/logits")
    mask, ignoring = np.array([True, True, True, False, False]), int(labels[0])
    both = SparseCategoricalCrossentropy(from_logits=True, ignore_class=ignoring)
    left = mask & (labels != ignoring)
    expected = SparseCategoricalCrossentropy(from_logits=True)(labels[left], z[left])
    assert both(labels, z, mask=mask) == pytest.approx(expected, rel=1e-12)


def test_logits_that_overflow_stay_exact():
    z = np.array([[1e4, -1e4, 0.0]])
    assert SparseCategoricalCrossentropy(from_logits=True)([1], z) == 2e4
    assert CategoricalCrossentropy(from_logits=True)([[0.0, 1.0, 0.0]], z) == 2e4
    assert BinaryCrossentropy(from_logits=True)([[0.0, 1.0, 0.0]], z) == pytest.approx((2e4 + np.log(2)) / 3)


def test_shift_of_logits_changes_nothing():
    y, z = case("labels/logits")
    loss = SparseCategoricalCrossentropy(from_logits=True)
    assert loss(y, z + 100) == pytest.approx(loss(y, z), rel=1e-12)
    np.testing.assert_allclose(loss.backward(y, z).sum(axis=1), 0, atol=1e-16)


def test_names_functions_and_classes():
    y, p = case("labels/probabilities")
    by_name = losses.get_loss("sparse_categorical_crossentropy")
    assert by_name(y, p) == SparseCategoricalCrossentropy()(y, p)
    np.testing.assert_array_equal(losses.get("sparse_categorical_crossentropy")(y, p), by_name.call(y, p))
    assert losses.get("mse") is losses.mean_squared_error
    assert all(callable(getattr(losses, name)) for name in losses.__all__)
    assert isinstance(losses.get_loss("MSE"), MeanSquaredError)
    assert isinstance(losses.get(losses.serialize(Huber(2.0))), Huber)
    with pytest.raises(ValueError, match="Did you mean 'mse'"):
        losses.get("msee")
    assert losses.get_loss(lambda y_true, y_pred: (y_pred - y_true)[..., 0])([[1.0]], [[3.0]]) == 2


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 4], r"\[0, 4\).*label 4 at index 1"),
        ([0, -1], "label -1 at index 1"),
        ([0.5, 1], "integers.*0.5 at index"),
        ([np.nan, 1], "integers.*nan"),
        (np.eye(4)[:2], "one-hot.*categorical_crossentropy"),
        ([0, 1, 2], r"shape \(2,\)"),
    ],
)
def test_labels_that_cannot_be(labels, message):
    with pytest.raises(DataError, match=message):
        SparseCategoricalCrossentropy()(labels, np.full((2, 4), 0.25))


def test_wrong_targets_and_arguments():
    with pytest.raises(ShapeError, match=r"integer labels.*sparse_categorical_crossentropy"):
        CategoricalCrossentropy()([0, 1], np.full((2, 4), 0.25))
    with pytest.raises(DataError, match="to_categorical"):
        CategoricalCrossentropy().check(np.array([0, 1]), (2, 4))
    with pytest.raises(ShapeError, match="one shape"):
        MeanSquaredError()(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(DataError, match=r"nan at index \(1, 0\)"):
        MeanSquaredError().check(np.array([[1.0], [np.nan]]), (2, 1))
    with pytest.raises(ShapeError, match="sample_weight"):
        MeanSquaredError()(np.ones((2, 3)), np.ones((2, 3)), np.ones(3))
    with pytest.raises(ValueError, match="reduction"):
        MeanSquaredError(reduction="average")
    with pytest.raises(ValueError, match="last axis"):
        SparseCategoricalCrossentropy(axis=1)(np.zeros((2, 4), int), np.full((2, 3, 4), 0.25))
    with pytest.raises(ValueError, match="mode"):
        SparseCategoricalCrossentropy(mode="exact")


def test_ignored_class_counts_neither_above_nor_below():
    z = case("labels/logits")[1]
    y = np.array([0, 255, 1, 255, 2])
    ignoring = SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)
    plain = SparseCategoricalCrossentropy(from_logits=True)
    kept = [0, 2, 4]
    assert ignoring(y, z) == pytest.approx(plain(y[kept], z[kept]), rel=1e-12)
    gradient = ignoring.backward(y, z)
    np.testing.assert_allclose(gradient[kept], plain.backward(y[kept], z[kept]), rtol=1e-12)
    assert not gradient[[1, 3]].any()
