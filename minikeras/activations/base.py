"""Activation: a function of arrays with its derivative."""

from typing import Any

import numpy as np

from .. import config, kernels
from ..calls import Call, Pass, pulled
from ..operation import Operation
from ..parameter import Parameter
from ..tensor import KerasTensor, Tensor, plain, wrapped


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
        """y for any array-like x, in x's dtype if that is a float or complex one, else in ``floatx``.

        With a Tensor, a weight or a symbol, the call is recorded.
        """
        if isinstance(x, Tensor | Parameter | KerasTensor):
            return Applied(self, args, params)(x)
        if not (isinstance(x, np.ndarray) and x.dtype in ("float32", "float64", "complex128")):
            x = np.asarray(x, config.floatx())
        y = np.empty(self.output_shape(x.shape, *args, **params), x.dtype)
        self.forward(x, y, *args, **params)
        return y

    def output_shape(self, shape: tuple[int, ...], *args: Any, **params: Any) -> tuple[int, ...]:
        """The shape of y for a z of that shape: the same, but for ``glu``."""
        return shape

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


class Applied(Operation):
    """y = φ(x), dx = φ′(x) dy: an activation φ that a user's code calls.

    >>> from minikeras import activations, grad
    >>> grad(lambda x: activations.relu(x).sum())(np.array([-1.0, 2.0]))
    array([0., 1.])
    """

    def __init__(self, activation: Activation, args: tuple[Any, ...], params: dict[str, Any]) -> None:
        super().__init__(config.unique_name(activation.__name__))
        self.activation, self.args, self.params = activation, args, params

    def call(self, x: np.ndarray) -> np.ndarray:
        y = self.activation(x, *self.args, **self.params)
        self.save(x=x, y=y)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        kept = self.saved()
        dx = np.empty(kept["x"].shape, dy.dtype)
        self.activation.backward(np.ascontiguousarray(dy), kept["x"], kept["y"], dx, *self.args, **self.params)
        return dx


class OfFunction(Activation):
    """A function of :mod:`minikeras.ops` as an activation; backward is the chain rule over what it computes.

    >>> from minikeras import ops
    >>> square = OfFunction(lambda z: z * z)
    >>> dz = np.empty(1)
    >>> square.backward(np.array([1.0]), np.array([3.0]), None, dz); dz
    array([6.])
    """

    def __init__(self, fn: Any) -> None:
        super().__init__(getattr(fn, "__name__", type(fn).__name__))
        self.fn = fn

    def __call__(self, x: Any, *args: Any, **params: Any) -> Any:
        return self.fn(x, *args, **params)

    def _values(self, z: np.ndarray) -> Any:
        with Call.root(Pass()):
            return plain(self.fn(wrapped(z)))

    def forward(self, z: np.ndarray, y: np.ndarray) -> None:
        y[...] = self._values(z)

    def backward(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
        dz[...] = pulled(self.fn, z, dy)


class Linear(Activation):
    """linear(x): x itself. Where y is z and dz is dy, as layers have it, nothing is copied."""

    def forward(self, z: np.ndarray, y: np.ndarray) -> None:
        if y is not z:
            super().forward(z, y)

    def backward(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
        if dz is not dy:
            super().backward(dy, z, y, dz)
