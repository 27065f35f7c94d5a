"""minikeras: a from-scratch NumPy engine with Keras's API, every gradient a formula that can be read and checked.

>>> import numpy as np
>>> import minikeras as keras
>>> keras.utils.set_random_seed(42)
>>> model = keras.Sequential([keras.layers.Dense(2, activation="softmax", input_shape=(3,))])
>>> model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
>>> history = model.fit(np.eye(3), np.array([0, 1, 1]), epochs=5, verbose=0)
>>> history.history["loss"][-1] < history.history["loss"][0]
True
"""

# ruff: noqa: F401  (for type checkers, which do not run __getattr__)
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import (
        activations,
        applications,
        backend,
        bugs,
        callbacks,
        config,
        constraints,
        datasets,
        distribution,
        dtype_policies,
        initializers,
        layers,
        losses,
        metrics,
        mixed_precision,
        models,
        ops,
        optimizers,
        plotting,
        preprocessing,
        quantizers,
        random,
        regularizers,
        saving,
        testing,
        tracing,
        tree,
        utils,
        wrappers,
    )
    from .dtype_policies import DTypePolicy, FloatDTypePolicy
    from .initializers import Initializer
    from .layers import Input, InputLayer, InputSpec, Layer
    from .losses import Loss
    from .metrics import Metric
    from .models import Functional, Model, Sequential
    from .operation import Operation
    from .optimizers import Optimizer
    from .parameter import Parameter
    from .quantizers import Quantizer  # type: ignore[attr-defined]
    from .regularizers import Regularizer
    from .saving import from_keras, to_keras
    from .tape import GradientTape, grad, value_and_grad
    from .tensor import KerasTensor, Tensor
    from .variable import Variable

__version__ = "0.1.0"

_ROOMS = (
    *("activations", "applications", "backend", "bugs", "callbacks", "config", "constraints", "datasets"),
    *("distribution", "dtype_policies", "initializers", "layers", "losses", "metrics", "mixed_precision", "models"),
    *("ops", "optimizers", "plotting", "preprocessing", "quantizers", "random", "regularizers", "saving", "testing"),
    *("tracing", "tree", "utils", "wrappers"),
)
_HOMES = {
    "dtype_policies": ("DTypePolicy", "FloatDTypePolicy"),
    "initializers": ("Initializer",),
    "layers": ("Input", "InputLayer", "InputSpec", "Layer"),
    "losses": ("Loss",),
    "metrics": ("Metric",),
    "models": ("Functional", "Model", "Sequential"),
    "operation": ("Operation",),
    "optimizers": ("Optimizer",),
    "parameter": ("Parameter",),
    "quantizers": ("Quantizer",),
    "regularizers": ("Regularizer",),
    "saving": ("from_keras", "to_keras"),
    "tape": ("GradientTape", "grad", "value_and_grad"),
    "tensor": ("KerasTensor", "Tensor"),
    "variable": ("Variable",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [*_ROOMS, *_HOME_OF]


def __getattr__(name: str) -> Any:
    """A room, or a class or function of one, is loaded when it is first asked for: importing minikeras is quick."""
    if name in _ROOMS:
        return import_module(f".{name}", __name__)
    if name in _HOME_OF:
        found = globals()[name] = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
