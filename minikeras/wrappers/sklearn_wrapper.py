"""Models as scikit-learn estimators, under Keras's names.

>>> import numpy as np
>>> import minikeras as keras
>>> def net(X, y, units):
...     outputs = 1 if y.ndim == 1 else y.shape[1]
...     model = keras.Sequential([keras.layers.Dense(units, activation="relu"), keras.layers.Dense(outputs, "softmax")])
...     model.compile(loss="categorical_crossentropy", optimizer="sgd")
...     return model
>>> X, y = np.eye(4), np.array(["a", "b", "a", "b"])
>>> estimator = SKLearnClassifier(net, model_kwargs={"units": 8}, fit_kwargs={"epochs": 200, "verbose": 0})
>>> _ = keras.utils.set_random_seed(0)
>>> estimator.fit(X, y).predict(X)
array(['a', 'b', 'a', 'b'], dtype='<U1')
"""

import copy
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from ..models import Sequential
from ..models.cloning import clone_model

_ARGUMENTS = """

    Args (as in Keras):
        model: a compiled model, which is cloned for every ``fit``, or a function ``model(X, y, **model_kwargs)`` that
            returns one.
        warm_start: True: ``fit`` goes on with the given model itself, or with the one of the last ``fit``.
        model_kwargs: keyword arguments of the function.
        fit_kwargs: keyword arguments of the model's ``fit``.

    Attributes:
        model_: the fitted model.
        history_: what the model's ``fit`` returned.

    Raises:
        RuntimeError: from ``fit``, if the model is not compiled.
    """


class TargetReshaper(TransformerMixin, BaseEstimator):
    """Targets (N,) as (N, 1) and back."""

    def fit(self, y: np.ndarray) -> "TargetReshaper":
        """Keeps the number of axes."""
        self.ndim_ = y.ndim
        return self

    def transform(self, y: np.ndarray) -> np.ndarray:
        """(N, 1) for (N,)."""
        return y[:, None] if y.ndim == 1 else y

    def inverse_transform(self, y: np.ndarray) -> np.ndarray:
        """(N,) for (N, 1), if the targets had one axis."""
        return np.squeeze(y, axis=1) if self.ndim_ == 1 and y.ndim == 2 else y


class SKLBase(BaseEstimator):
    """What the three estimators have in common."""

    def __init__(self, model: Any, warm_start: bool = False, model_kwargs: Any = None, fit_kwargs: Any = None) -> None:
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags

    def __sklearn_clone__(self) -> Any:
        model = _copy(self.model) if isinstance(self.model, Sequential) else self.model
        return type(self)(model, self.warm_start, copy.deepcopy(self.model_kwargs), copy.deepcopy(self.fit_kwargs))

    def _get_model(self, X: np.ndarray, y: np.ndarray) -> Any:
        if self.warm_start and hasattr(self, "model_"):
            return self.model_
        if not isinstance(self.model, Sequential):
            return self.model(X=X, y=y, **(self.model_kwargs or {}))
        return self.model if self.warm_start else _copy(self.model)

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Any:
        """Trains the model; the arguments are those of the model's ``fit``, before ``fit_kwargs``."""
        X, y = validate_data(self, X, y)
        y = self._process_target(y, reset=True)
        model = self._get_model(X, y)
        if not model.compiled or not model.loss or not model.optimizer:
            raise RuntimeError("Given model needs to be compiled, and have a loss and an optimizer.")
        self.history_ = model.fit(X, y, **{**(self.fit_kwargs or {}), **kwargs})
        self.model_ = model
        return self

    def _raw(self, X: Any) -> np.ndarray:
        """The model's outputs for checked inputs."""
        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, reset=False), **self._predict_kwargs())

    def _predict_kwargs(self) -> dict[str, Any]:
        given = self.fit_kwargs or {}
        return {name: given[name] for name in ("batch_size", "verbose") if name in given}

    def predict(self, X: Any) -> np.ndarray:
        """The outputs for X in the form of the targets."""
        raw = self._raw(X)
        return self._target_encoder.inverse_transform(raw)

    def _process_target(self, y: np.ndarray, reset: bool = False) -> np.ndarray:
        _known_target(y)
        if reset:
            self._target_encoder = TargetReshaper().fit(y)
        return self._target_encoder.transform(y)


class SKLearnClassifier(ClassifierMixin, SKLBase):
    __doc__ = "A model as a classifier: it is trained on one-hot targets, and predicts classes." + _ARGUMENTS

    def decision_function(self, X: Any) -> np.ndarray:
        """The model's outputs, (N, K)."""
        return self._raw(X)

    def _process_target(self, y: np.ndarray, reset: bool = False) -> np.ndarray:
        kind = _known_target(y)
        if kind not in ("binary", "multiclass"):
            raise ValueError(f"Only binary and multiclass target types are supported. Target type: {kind}")
        if reset:
            self.classes_ = np.unique(y)
            if len(self.classes_) == 1:
                raise ValueError("Classifier can't train when only one class is present.")
            self._target_encoder = make_pipeline(TargetReshaper(), OneHotEncoder(sparse_output=False)).fit(y)
        return self._target_encoder.transform(y)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


class SKLearnRegressor(RegressorMixin, SKLBase):
    __doc__ = "A model as a regressor." + _ARGUMENTS

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


class SKLearnTransformer(TransformerMixin, SKLBase):
    __doc__ = "A model as a transformer: its outputs are the features of what comes next in a pipeline." + _ARGUMENTS

    def transform(self, X: Any) -> np.ndarray:
        """The model's outputs for X."""
        return self._raw(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags


def _known_target(y: Any) -> str:
    kind = type_of_target(y)
    if kind == "unknown":
        raise ValueError(f"Unknown label type for data: {y!r}")
    return kind


def _copy(model: Sequential) -> Sequential:
    """The model's layers with new weights, compiled as it is."""
    new = clone_model(model)
    if model.compiled:
        new.compile_from_config(model.get_compile_config())
    return new
