"""Models as scikit-learn estimators, for pipelines, cross-validation and searches (needs scikit-learn)."""

from ..errors import require

require("sklearn", "sklearn")

from .sklearn_wrapper import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer  # noqa: E402

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]
