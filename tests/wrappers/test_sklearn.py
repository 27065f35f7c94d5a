"""Models as scikit-learn estimators: scikit-learn's own checks, and a search over a grid."""

import numpy as np
import pytest

import minikeras as keras

pytest.importorskip("sklearn")

from sklearn.utils.estimator_checks import check_estimator

from minikeras.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

# Keras's own classifier fails these too: they need the same weights in two fits, or a forgotten class.
ALSO_FAILED_BY_KERAS = {
    "check_classifier_data_not_an_array",
    "check_classifiers_classes",
    "check_classifiers_one_label_sample_weights",
    "check_classifiers_train",
    "check_fit_idempotent",
    "check_supervised_y_2d",
}


def net(X, y, loss):
    outputs = y.shape[1] if y.ndim > 1 else 1
    model = keras.Sequential(
        [keras.layers.Dense(8, activation="relu", input_shape=X.shape[1:]), keras.layers.Dense(outputs, "softmax")]
    )
    model.compile(loss=loss, optimizer="sgd")
    return model


@pytest.mark.parametrize(
    ("kind", "loss", "allowed"),
    [
        (SKLearnClassifier, "categorical_crossentropy", ALSO_FAILED_BY_KERAS),
        (SKLearnRegressor, "mse", set()),
        (SKLearnTransformer, "mse", set()),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_own_checks(kind, loss, allowed):
    estimator = kind(net, model_kwargs={"loss": loss}, fit_kwargs={"verbose": 0})
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    failed = {result["check_name"]: result["exception"] for result in results if result["status"] == "failed"}
    assert not {name: error for name, error in failed.items() if name not in allowed}
    assert sum(result["status"] == "passed" for result in results) > 35


def test_a_given_model_is_cloned_unless_warm():
    X, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20.0)
    model = net(X, y, "mse")
    before = model.get_weights()
    cold = SKLearnRegressor(model, fit_kwargs={"verbose": 0}).fit(X, y)
    assert cold.model_ is not model
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    assert SKLearnRegressor(model, warm_start=True).fit(X, y, verbose=0).model_ is model


def test_a_model_that_is_not_compiled_is_named():
    with pytest.raises(RuntimeError, match="compiled"):
        SKLearnRegressor(keras.Sequential([keras.layers.Dense(1)])).fit(np.eye(3), np.arange(3.0))
