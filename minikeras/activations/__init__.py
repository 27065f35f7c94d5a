"""Activations: y = f(z), and dz = f′(z) dy for the way back.

Each is an object that is called like Keras's function of that name, and that can also go back:

>>> import numpy as np
>>> relu([-3.0, -1.0, 0.0, 2.0])
array([0., 0., 0., 2.], dtype=float32)
>>> z, dy = np.array([-1.0, 0.5]), np.array([10.0, 10.0])
>>> y, dz = np.empty(2), np.empty(2)
>>> tanh.forward(z, y)                                  # writes y = tanh z
>>> tanh.backward(dy, z, y, dz)                         # writes dz = (1 − y²) dy
>>> y.round(4), dz.round(4)
(array([-0.7616,  0.4621]), array([4.1997, 7.8645]))

The formulas, each forward with its backward beside it, are in ``kernels/reference/``: ``activations.py``,
``piecewise.py``, ``smooth.py``, ``softmax.py`` and ``sparsemax.py``.
A custom activation is a function written with :mod:`minikeras.ops`, or a subclass of :class:`Activation`:

>>> class Square(Activation):
...     def forward(self, z, y):
...         y[...] = z * z
...     def backward(self, dy, z, y, dz):
...         dz[...] = 2 * z * dy
>>> square = Square("square")
>>> square(np.array([-3.0]))
array([9.])
>>> get(square) is square, get("relu") is relu, get(None) is linear
(True, True, True)
"""

from typing import Any

from ..registry import Registry
from .along_axis import GLU, AlongAxis
from .base import Activation, Linear, OfFunction
from .rectifiers import LeakyReLU, ReLU, ReLU6, Shrink, Threshold
from .smooth import CELU, ELU, GELU, Squareplus

_METHODS = ("output_shape", "forward", "backward", "forward_bias", "backward_bias")

linear = Linear("linear")
relu = ReLU("relu")
relu6 = ReLU6("relu6")
leaky_relu = LeakyReLU("leaky_relu")
elu = ELU("elu")
selu = Activation("selu")
celu = CELU("celu")
gelu = GELU("gelu")
silu = Activation("silu")
mish = Activation("mish")
sigmoid = Activation("sigmoid")
log_sigmoid = Activation("log_sigmoid")
tanh = Activation("tanh")
tanh_shrink = Activation("tanh_shrink")
softplus = Activation("softplus")
squareplus = Squareplus("squareplus")
softsign = Activation("softsign")
exponential = Activation("exponential")
hard_sigmoid = Activation("hard_sigmoid")
hard_silu = Activation("hard_silu")
hard_tanh = Activation("hard_tanh")
hard_shrink = Shrink("hard_shrink")
soft_shrink = Shrink("soft_shrink")
threshold = Threshold("threshold")
sparse_plus = Activation("sparse_plus")
sparse_sigmoid = Activation("sparse_sigmoid")
softmax = AlongAxis("softmax")
log_softmax = AlongAxis("log_softmax")
sparsemax = AlongAxis("sparsemax")
glu = GLU("glu")
swish = silu
hard_swish = hard_silu

_registry = Registry("activation function", "keras.activations")
for _activation in (
    linear,
    relu,
    relu6,
    leaky_relu,
    elu,
    selu,
    celu,
    gelu,
    silu,
    mish,
    sigmoid,
    log_sigmoid,
    tanh,
    tanh_shrink,
    softplus,
    squareplus,
    softsign,
    exponential,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    hard_shrink,
    soft_shrink,
    threshold,
    sparse_plus,
    sparse_sigmoid,
    softmax,
    log_softmax,
    sparsemax,
    glu,
):
    _registry.add(_activation)
_registry.add(silu, "swish")
_registry.add(hard_silu, "hard_swish")


def get(identifier: Any) -> Any:
    """The activation of a name, a config or an :class:`Activation`; None is ``linear``.

    Raises:
        ValueError: for an unknown name.

    >>> get("sofmax")
    Traceback (most recent call last):
    ...
    ValueError: Could not interpret activation function identifier: 'sofmax'. Did you mean 'softmax'?
    """
    return deserialize(identifier) if isinstance(identifier, dict) else _usable(_registry.get(identifier))


def serialize(activation: Any) -> Any:
    """The name of an activation of this module; Keras's dictionary for a custom one.

    >>> serialize(swish)
    'silu'
    """
    name = activation.__name__
    if name in _registry and _registry.lookup(name) is activation:
        return name
    module = "builtins" if isinstance(activation, OfFunction) else type(activation).__module__
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The activation that :func:`serialize` wrote; a custom one is looked up in ``custom_objects``."""
    return _usable(_registry.deserialize(config, custom_objects))


def _usable(activation: Any) -> Any:
    if activation is None:
        return linear
    if all(hasattr(activation, method) for method in _METHODS):
        return activation
    if not callable(activation) or isinstance(activation, type):
        raise ValueError(f"Could not interpret activation function identifier: {activation!r}.")
    return OfFunction(activation)


__all__ = [
    "Activation",
    "celu",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]
