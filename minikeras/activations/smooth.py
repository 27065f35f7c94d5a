"""Smooth activations with parameters."""

import numpy as np

from .. import kernels
from .base import Activation


class ELU(Activation):
    """elu(x, alpha=1.0): x where x > 0, else alpha · (eˣ − 1).

    Source: Clevert, Unterthiner & Hochreiter, "Fast and accurate deep network learning by exponential linear
    units (ELUs)", ICLR 2016.

    Differs from Keras: eˣ − 1 keeps its digits near 0, and the derivative at NaN is NaN, not alpha.

    >>> from minikeras.activations import elu
    >>> elu(np.array([-1.0, 2.0])).round(4)
    array([-0.6321,  2.    ])
    """

    def forward(self, z: np.ndarray, y: np.ndarray, alpha: float = 1.0) -> None:
        kernels.select(z.dtype).elu(z, y, float(alpha))

    def backward(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, alpha: float = 1.0) -> None:
        kernels.select(z.dtype).elu_backward(dy, z, y, dz, float(alpha))


class CELU(Activation):
    """celu(x, alpha=1.0): x where x > 0, else alpha · (e^(x/alpha) − 1), whose derivative has no jump.

    Source: Barron, "Continuously differentiable exponential linear units", 2017.

    Raises:
        ValueError: for alpha = 0, by which x is divided.

    Differs from Keras: the derivative at 0 is 1, as on both sides of it; Keras on TensorFlow gives 2.

    >>> from minikeras.activations import celu
    >>> celu(np.array([-1.0, 2.0]), alpha=2.0).round(4)
    array([-0.7869,  2.    ])
    """

    def forward(self, z: np.ndarray, y: np.ndarray, alpha: float = 1.0) -> None:
        if not alpha:
            raise ValueError(f"celu divides by alpha, which must not be 0. Received: alpha={alpha}")
        kernels.select(z.dtype).celu(z, y, float(alpha))

    def backward(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, alpha: float = 1.0) -> None:
        kernels.select(z.dtype).celu_backward(dy, z, y, dz, float(alpha))


class Squareplus(Activation):
    """squareplus(x, b=4): ½ (x + √(x² + b)).

    Source: Barron, "Squareplus: a softplus-like algebraic rectifier", 2021.

    >>> from minikeras.activations import squareplus
    >>> squareplus(np.array([-1.5, 0.0, 1.5]))
    array([0.5, 1. , 2. ])
    """

    def forward(self, z: np.ndarray, y: np.ndarray, b: float = 4) -> None:
        kernels.select(z.dtype).squareplus(z, y, float(b))

    def backward(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, b: float = 4) -> None:
        kernels.select(z.dtype).squareplus_backward(dy, z, y, dz, float(b))


class GELU(Activation):
    """gelu(x, approximate=False): x Φ(x), or its approximation by a tanh.

    Source: Hendrycks & Gimpel, "Gaussian error linear units (GELUs)", 2016.

    >>> from minikeras.activations import gelu
    >>> gelu(np.array([-1.0, 1.0])).round(4), gelu(np.array([-1.0, 1.0]), approximate=True).round(4)
    (array([-0.1587,  0.8413]), array([-0.1588,  0.8412]))
    """

    def forward(self, z: np.ndarray, y: np.ndarray, approximate: bool = False) -> None:
        k = kernels.select(z.dtype)
        (k.gelu_tanh if approximate else k.gelu)(z, y)

    def backward(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, approximate: bool = False) -> None:
        k = kernels.select(z.dtype)
        (k.gelu_tanh_backward if approximate else k.gelu_backward)(dy, z, y, dz)
