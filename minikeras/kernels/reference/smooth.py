"""More activations without kinks: y = f(z), dz = f′(z) · dy.

The letters, the rules for NaN, infinity and complex numbers are those of
:mod:`minikeras.kernels.reference.activations`.
"""

import numpy as np

from .activations import _sigmoid, quiet
from .magnitude import magnitude as _abs


@quiet
def celu(z: np.ndarray, y: np.ndarray, alpha: float) -> None:
    """y = z where z > 0, else α (e^(z/α) − 1).

    Source: Barron, "Continuously differentiable exponential linear units", 2017.
    """
    y[...] = np.where(z.real > 0, z, alpha * np.expm1(z / alpha))


@quiet
def celu_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, alpha: float) -> None:
    """dz = dy where z > 0, else e^(z/α) · dy; both sides are dy at z = 0, where Keras on TensorFlow gives 2 dy."""
    dz[...] = np.where(z.real > 0, dy, np.exp(z / alpha) * dy)


@quiet
def squareplus(z: np.ndarray, y: np.ndarray, b: float) -> None:
    """y = ½ (z + s), with s = √(z² + b); where z < 0 in the form ½ b / (s − z), in which nothing cancels.

    Source: Barron, "Squareplus: a softplus-like algebraic rectifier", 2021.
    """
    s = _root(z, b)
    y[...] = np.where(z.real < 0, b / 2 / (s - z), z / 2 + s / 2)


@quiet
def squareplus_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, b: float) -> None:
    """dz = ½ (1 + z/s) · dy = (y/s) · dy."""
    dz[...] = y / _root(z, b) * dy


@quiet
def mish(z: np.ndarray, y: np.ndarray) -> None:
    """y = z t, with t = tanh(log(1 + eᶻ)).

    Source: Misra, "Mish: a self regularized non-monotonic activation function", BMVC 2020.
    """
    y[...] = z * _tanh_of_softplus(z)


@quiet
def mish_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = (t + z (1 − t²) σ(z)) · dy."""
    t = _tanh_of_softplus(z)
    dz[...] = (t + z * ((1 - t * t) * _sigmoid(z))) * dy


@quiet
def tanh_shrink(z: np.ndarray, y: np.ndarray) -> None:
    """y = z − tanh z."""
    y[...] = z - np.tanh(z)


@quiet
def tanh_shrink_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = tanh² z · dy."""
    t = np.tanh(z)
    dz[...] = t * t * dy


@quiet
def log_sigmoid(z: np.ndarray, y: np.ndarray) -> None:
    """y = log σ(z) = min(z, 0) − log(1 + e^(−|z|))."""
    y[...] = np.where(z.real > 0, 0, z) - np.log1p(np.exp(-_abs(z)))


@quiet
def log_sigmoid_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = σ(−z) · dy."""
    dz[...] = _sigmoid(-z) * dy


def _root(z: np.ndarray, b: float) -> np.ndarray:
    """√(z² + b), as |z| √(1 + b/z²) where |z| > 1, so that z² does not overflow."""
    return np.where(np.abs(z.real) > 1, _abs(z) * np.sqrt(1 + b / z / z), np.sqrt(z * z + b))


def _tanh_of_softplus(z: np.ndarray) -> np.ndarray:
    """tanh(log(1 + eᶻ)) = n / (n + 2) with n = eᶻ (eᶻ + 2); where z > 0 divided by e²ᶻ, so that no exp overflows."""
    e = np.exp(-_abs(z))
    n = np.where(z.real < 0, e * (e + 2), 1 + 2 * e)
    return n / (n + np.where(z.real < 0, 2, 2 * e * e))
