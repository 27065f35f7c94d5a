"""Models as scikit-learn estimators, for pipelines, cross-validation and searches (needs scikit-learn).

Hyperparameters are searched by scikit-learn's own searches or by Optuna: ``tests/programs/test_searches.py``. Keras
Tuner cannot be used: at its import it asks the library for the version of Keras that it is.
"""

from ..errors import require

require("sklearn", "sklearn")

from .sklearn_wrapper import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer  # noqa: E402

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]
