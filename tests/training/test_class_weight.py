"""class_weight: against sums by hand, and the labels that it refuses."""

import numpy as np
import pytest

from minikeras import Sequential, layers
from minikeras.training.class_weight import class_weighted


def data(n=12):
    rng = np.random.default_rng(2)
    return rng.normal(size=(n, 4)), np.arange(n) % 3


def model(loss="sparse_categorical_crossentropy"):
    net = Sequential([layers.Dense(3, "softmax", input_shape=(4,), dtype="float64")])
    net.compile("sgd", loss)
    return net


def by_hand(net, x, y, weights):
    p = net.predict(x, verbose=0)
    return float(np.mean([-weights.get(k, 1) * np.log(row[k]) for row, k in zip(p, y, strict=True)]))


@pytest.mark.parametrize("weights", [{}, {1: 3.0}, {0: 0.5, 2: 4}])
@pytest.mark.parametrize("form", ["arrays", "columns", "one-hot", "generator", "train_on_batch"])
def test_the_loss_is_the_sum_by_hand(weights, form):
    x, y = data()
    net = model("categorical_crossentropy" if form == "one-hot" else "sparse_categorical_crossentropy")
    wanted = by_hand(net, x, y, weights)
    if form == "train_on_batch":
        loss = net.train_on_batch(x, y, class_weight=weights)
    elif form == "generator":
        loss = net.fit(iter([(x, y)]), class_weight=weights, verbose=0).history["loss"][0]
    else:
        targets = {"arrays": y, "columns": y[:, None], "one-hot": np.eye(3)[y]}[form]
        loss = net.fit(x, targets, class_weight=weights, verbose=0).history["loss"][0]
    assert loss == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("y", [[0.9, 1.0], [[0.5], [1.0]], [np.nan, 1.0]])
def test_labels_that_are_not_whole_are_refused(y):
    with pytest.raises(ValueError, match="needs integer labels"):
        class_weighted(np.array(y), {1: 2.0}, None, "float64")


def test_a_sequence_of_labels_gets_a_weight_for_each():
    y = np.array([[0, 2, 1], [2, 2, 0]])
    weights = class_weighted(y, {2: 5.0}, None, "float64", targets="labels")
    assert weights.tolist() == [[1, 5, 1], [5, 5, 1]]
    scaled = class_weighted(y, {2: 5.0}, [1.0, 10.0], "float64", targets="labels")
    assert scaled.tolist() == [[1, 5, 1], [50, 50, 10]]
    with pytest.raises(ValueError, match="one-hot rows"):
        class_weighted(y, {2: 5.0}, None, "float64")


def test_a_negative_label_does_not_take_the_last_class_s_weight():
    assert class_weighted([-1, 0, 2], {2: 7.0}, None, "float64").tolist() == [1, 1, 7]


def test_sample_weights_in_a_column_are_not_stretched():
    assert class_weighted([0, 1], {1: 2.0}, [[3.0], [5.0]], "float64").tolist() == [3, 10]


@pytest.mark.parametrize("weights", ["balanced", [1.0, 2.0], {"cat": 1.0}, {0.5: 1.0}])
def test_other_than_a_dictionary_of_classes_is_refused(weights):
    with pytest.raises(ValueError, match="dictionary from classes"):
        model().fit(*data(), class_weight=weights, verbose=0)


def test_class_weights_need_labels():
    x, _ = data()
    with pytest.raises(ValueError, match="y is missing"):
        model().fit(x, class_weight={0: 2.0}, verbose=0)
