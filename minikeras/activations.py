"""Activations: y = f(z), and dz = f′(z) dy for the way back.

Each is an object that is called like Keras's function of that name, and that can also go back:

>>> relu([-3.0, -1.0, 0.0, 2.0])
array([0., 0., 0., 2.], dtype=float32)
>>> z, dy = np.array([-1.0, 0.5]), np.array([10.0, 10.0])
>>> y, dz = np.empty(2), np.empty(2)
>>> tanh.forward(z, y)                                  # writes y = tanh z
>>> tanh.backward(dy, z, y, dz)                         # writes dz = (1 − y²) dy
>>> y.round(4), dz.round(4)
(array([-0.7616,  0.4621]), array([4.1997, 7.8645]))

The formulas, each forward with its backward beside it, are in
:mod:`minikeras.kernels.reference.activations` and :mod:`minikeras.kernels.reference.softmax`.
One's own is a subclass of :class:`Activation`:

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

import math
from typing import Any

import numpy as np

from . import config, kernels
from .registry import Registry

Axis = int | tuple[int, ...]

_METHODS = ("forward", "backward", "forward_bias", "backward_bias")


class Activation:
    """A function of arrays with its derivative.

    A subclass defines ``forward(z, y, **params)``, which writes y, and ``backward(dy, z, y, dz, **params)``,
    which writes dz = ∂L/∂z given dy = ∂L/∂y. Both leave their other arguments alone.

    Args:
        name: what configs call it, and the kernels that this class's own methods run: ``name`` and
            ``name_backward``.
    """

    def __init__(self, name: str) -> None:
        self.__name__ = name

    @property
    def __signature__(self) -> Any:
        """x, and the parameters of ``forward``: what ``help`` shows."""
        import inspect

        parameters = list(inspect.signature(self.forward).parameters.values())[2:]
        return inspect.Signature([inspect.Parameter("x", inspect.Parameter.POSITIONAL_OR_KEYWORD), *parameters])

    def __call__(self, x: Any, *args: Any, **params: Any) -> np.ndarray:
        """y for any array-like x, in x's dtype if that is a float or complex one, else in ``floatx``."""
        if not (isinstance(x, np.ndarray) and x.dtype in ("float32", "float64", "complex128")):
            x = np.asarray(x, config.floatx())
        y = np.empty(x.shape, x.dtype)
        self.forward(x, y, *args, **params)
        return y

    def forward(self, z: np.ndarray, y: np.ndarray) -> None:
        """Writes y = f(z)."""
        getattr(kernels.select(z.dtype), self.__name__)(z, y)

    def backward(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
        """Writes dz = f′(z) dy; y is what forward wrote."""
        getattr(kernels.select(z.dtype), f"{self.__name__}_backward")(dy, z, y, dz)

    def forward_bias(self, z: np.ndarray, b: np.ndarray, y: np.ndarray) -> None:
        """z ← z + b, row by row;  y = f(z). Changes z (N, K), writes y."""
        kernels.select(z.dtype).add_bias(z, b)
        self.forward(z, y)

    def backward_bias(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, db: np.ndarray) -> None:
        """Writes dz = f′(z) dy and db = Σₙ dz[n]; z is what forward_bias left."""
        self.backward(dy, z, y, dz)
        kernels.select(dz.dtype).sum_rows(dz, db)

    def __repr__(self) -> str:
        return f"<activation {self.__name__}>"


class _Linear(Activation):
    """linear(x): x itself. Where y is z and dz is dy, as layers have it, nothing is copied."""

    def forward(self, z: np.ndarray, y: np.ndarray) -> None:
        if y is not z:
            super().forward(z, y)

    def backward(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
        if dz is not dy:
            super().backward(dy, z, y, dz)


class _ReLU(Activation):
    """relu(x, negative_slope=0.0, max_value=None, threshold=0.0): max(x, 0), bent further by the parameters.

    f(x) = max_value where x > max_value, x where threshold < x ≤ max_value, and below
    negative_slope · (x − threshold).

    Source: Nair & Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.

    Differs from Keras: NaN stays NaN with any parameters; Keras makes it 0 with a threshold and no slope.

    >>> relu([-10.0, -5.0, 0.0, 5.0, 10.0], negative_slope=0.5, max_value=6.0)
    array([-5. , -2.5,  0. ,  5. ,  6. ], dtype=float32)
    """

    def forward(
        self,
        z: np.ndarray,
        y: np.ndarray,
        negative_slope: float = 0.0,
        max_value: float | None = None,
        threshold: float = 0.0,
    ) -> None:
        k = kernels.select(z.dtype)
        if max_value is not None or threshold != 0:
            k.bent_relu(z, y, float(negative_slope), _or_infinity(max_value), float(threshold))
        elif negative_slope != 0:
            k.leaky_relu(z, y, float(negative_slope))
        else:
            k.relu(z, y)

    def backward(
        self,
        dy: np.ndarray,
        z: np.ndarray,
        y: np.ndarray,
        dz: np.ndarray,
        negative_slope: float = 0.0,
        max_value: float | None = None,
        threshold: float = 0.0,
    ) -> None:
        k = kernels.select(z.dtype)
        if max_value is not None or threshold != 0:
            k.bent_relu_backward(dy, z, y, dz, float(negative_slope), _or_infinity(max_value), float(threshold))
        elif negative_slope != 0:
            k.leaky_relu_backward(dy, z, y, dz, float(negative_slope))
        else:
            k.relu_backward(dy, z, y, dz)

    def forward_bias(self, z: np.ndarray, b: np.ndarray, y: np.ndarray) -> None:
        kernels.select(z.dtype).bias_relu(z, b, y)

    def backward_bias(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, db: np.ndarray) -> None:
        kernels.select(dz.dtype).relu_backward_bias(dy, y, dz, db)


class _LeakyReLU(Activation):
    """leaky_relu(x, negative_slope=0.2): x where x > 0, else negative_slope · x.

    Source: Maas, Hannun & Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML 2013.

    >>> leaky_relu([-5.0, 5.0])
    array([-1.,  5.], dtype=float32)
    """

    def forward(self, z: np.ndarray, y: np.ndarray, negative_slope: float = 0.2) -> None:
        kernels.select(z.dtype).leaky_relu(z, y, float(negative_slope))

    def backward(
        self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, negative_slope: float = 0.2
    ) -> None:
        kernels.select(z.dtype).leaky_relu_backward(dy, z, y, dz, float(negative_slope))


class _ELU(Activation):
    """elu(x, alpha=1.0): x where x > 0, else alpha · (eˣ − 1).

    Source: Clevert, Unterthiner & Hochreiter, "Fast and accurate deep network learning by exponential linear
    units (ELUs)", ICLR 2016.

    Differs from Keras: eˣ − 1 keeps its digits near 0, and the derivative at NaN is NaN, not alpha.

    >>> elu(np.array([-1.0, 2.0])).round(4)
    array([-0.6321,  2.    ])
    """

    def forward(self, z: np.ndarray, y: np.ndarray, alpha: float = 1.0) -> None:
        kernels.select(z.dtype).elu(z, y, float(alpha))

    def backward(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, alpha: float = 1.0) -> None:
        kernels.select(z.dtype).elu_backward(dy, z, y, dz, float(alpha))


class _GELU(Activation):
    """gelu(x, approximate=False): x Φ(x), or its approximation by a tanh.

    Source: Hendrycks & Gimpel, "Gaussian error linear units (GELUs)", 2016.

    >>> gelu(np.array([-1.0, 1.0])).round(4), gelu(np.array([-1.0, 1.0]), approximate=True).round(4)
    (array([-0.1587,  0.8413]), array([-0.1588,  0.8412]))
    """

    def forward(self, z: np.ndarray, y: np.ndarray, approximate: bool = False) -> None:
        k = kernels.select(z.dtype)
        (k.gelu_tanh if approximate else k.gelu)(z, y)

    def backward(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, approximate: bool = False) -> None:
        k = kernels.select(z.dtype)
        (k.gelu_tanh_backward if approximate else k.gelu_backward)(dy, z, y, dz)


class _AlongAxis(Activation):
    """softmax(x, axis=-1) and log_softmax(x, axis=-1): functions of whole vectors, which lie along the axis.

    ``axis`` may be a tuple: then each vector is the block that these axes span, as in Keras.

    Source: Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.

    Differs from Keras: a vector with NaN or +∞ in it gives NaN throughout; TensorFlow gives 0 in some places.

    >>> softmax(np.array([[0.0, math.log(3.0)]]))
    array([[0.25, 0.75]])
    >>> softmax(np.array([[0.0], [math.log(3.0)]]), axis=0).ravel()
    array([0.25, 0.75])
    """

    def forward(self, z: np.ndarray, y: np.ndarray, axis: Axis = -1) -> None:
        k = kernels.select(z.dtype)
        rows = _rows(y, axis)
        getattr(k, self.__name__)(_rows(z, axis), rows)
        _put_rows(rows, y, axis)

    def backward(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, axis: Axis = -1) -> None:
        k = kernels.select(z.dtype)
        rows = _rows(dz, axis)
        getattr(k, f"{self.__name__}_backward")(_rows(dy, axis), _rows(y, axis), rows)
        _put_rows(rows, dz, axis)


def _or_infinity(max_value: float | None) -> float:
    return math.inf if max_value is None else float(max_value)


def _moved(a: np.ndarray, axis: Axis) -> tuple[np.ndarray, int]:
    """A view of ``a`` with the axes last, and how many entries they span."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    return np.moveaxis(a, axes, range(-len(axes), 0)), math.prod(a.shape[i] for i in axes)


def _rows(a: np.ndarray, axis: Axis) -> np.ndarray:
    """``a`` as a matrix whose rows lie along the axis: a view if it can be one, else a copy."""
    if axis == -1 and a.ndim == 2:
        return a
    moved, size = _moved(a, axis)
    return moved.reshape(a.size // size if size else 0, size)


def _put_rows(rows: np.ndarray, a: np.ndarray, axis: Axis) -> None:
    """Writes into ``a`` the matrix that :func:`_rows` made of it, if that was a copy."""
    if not np.may_share_memory(rows, a):
        moved, _ = _moved(a, axis)
        moved[...] = rows.reshape(moved.shape)


linear = _Linear("linear")
relu = _ReLU("relu")
leaky_relu = _LeakyReLU("leaky_relu")
elu = _ELU("elu")
selu = Activation("selu")
gelu = _GELU("gelu")
silu = Activation("silu")
sigmoid = Activation("sigmoid")
tanh = Activation("tanh")
softplus = Activation("softplus")
softsign = Activation("softsign")
exponential = Activation("exponential")
softmax = _AlongAxis("softmax")
log_softmax = _AlongAxis("log_softmax")
swish = silu

_registry = Registry("activation function", "keras.activations")
for _activation, *_aliases in (
    (linear,),
    (relu,),
    (leaky_relu,),
    (elu,),
    (selu,),
    (gelu,),
    (silu, "swish"),
    (sigmoid,),
    (tanh,),
    (softplus,),
    (softsign,),
    (exponential,),
    (softmax,),
    (log_softmax,),
):
    _registry.add(_activation, *_aliases)


def get(identifier: Any) -> Any:
    """The activation of a name, a config or an :class:`Activation`; None is ``linear``.

    Raises:
        ValueError: for an unknown name, and for a plain function, which has no way back.

    >>> get("sofmax")
    Traceback (most recent call last):
    ...
    ValueError: Could not interpret activation function identifier: 'sofmax'. Did you mean 'softmax'?
    """
    return deserialize(identifier) if isinstance(identifier, dict) else _usable(_registry.get(identifier))


def serialize(activation: Any) -> Any:
    """The name of an activation of this module; Keras's dictionary for one's own.

    >>> serialize(swish)
    'silu'
    """
    name = activation.__name__
    if name in _registry and _registry.lookup(name) is activation:
        return name
    module = type(activation).__module__
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The activation that :func:`serialize` wrote; one's own is looked up in ``custom_objects``."""
    return _usable(_registry.deserialize(config, custom_objects))


def _usable(activation: Any) -> Any:
    if activation is None:
        return linear
    if not all(hasattr(activation, method) for method in _METHODS):
        raise ValueError(
            f"Could not interpret activation function identifier: {activation!r}. There is no automatic "
            f"differentiation here: an activation needs {', '.join(_METHODS)}, which a subclass of "
            f"minikeras.activations.Activation has."
        )
    return activation


__all__ = [
    "Activation",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "leaky_relu",
    "linear",
    "log_softmax",
    "relu",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "swish",
    "tanh",
]
