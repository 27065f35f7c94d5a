"""The family of relu: activations with kinks and parameters."""

import math

import numpy as np

from .. import kernels
from .base import Activation


class ReLU(Activation):
    """relu(x, negative_slope=0.0, max_value=None, threshold=0.0): max(x, 0), bent further by the parameters.

    f(x) = max_value where x > max_value, x where threshold < x ≤ max_value, and below
    negative_slope · (x − threshold).

    Source: Nair & Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.

    Differs from Keras: NaN stays NaN with any parameters; Keras makes it 0 with a threshold and no slope.

    >>> from minikeras.activations import relu
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
            k.relu_general(z, y, float(negative_slope), _or_infinity(max_value), float(threshold))
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
            k.relu_general_backward(dy, z, y, dz, float(negative_slope), _or_infinity(max_value), float(threshold))
        elif negative_slope != 0:
            k.leaky_relu_backward(dy, z, y, dz, float(negative_slope))
        else:
            k.relu_backward(dy, z, y, dz)

    def forward_bias(self, z: np.ndarray, b: np.ndarray, y: np.ndarray) -> None:
        kernels.select(z.dtype).bias_relu(z, b, y)

    def backward_bias(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, db: np.ndarray) -> None:
        kernels.select(dz.dtype).relu_backward_bias(dy, y, dz, db)


class LeakyReLU(Activation):
    """leaky_relu(x, negative_slope=0.2): x where x > 0, else negative_slope · x.

    Source: Maas, Hannun & Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML 2013.

    >>> from minikeras.activations import leaky_relu
    >>> leaky_relu([-5.0, 5.0])
    array([-1.,  5.], dtype=float32)
    """

    def forward(self, z: np.ndarray, y: np.ndarray, negative_slope: float = 0.2) -> None:
        kernels.select(z.dtype).leaky_relu(z, y, float(negative_slope))

    def backward(
        self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, negative_slope: float = 0.2
    ) -> None:
        kernels.select(z.dtype).leaky_relu_backward(dy, z, y, dz, float(negative_slope))


class ReLU6(Activation):
    """relu6(x): min(max(x, 0), 6), with the derivative 0 at both kinks.

    Source: Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010.

    >>> from minikeras.activations import relu6
    >>> relu6([-1.0, 3.0, 7.0])
    array([0., 3., 6.], dtype=float32)
    """

    def forward(self, z: np.ndarray, y: np.ndarray) -> None:
        kernels.select(z.dtype).relu_general(z, y, 0.0, 6.0, 0.0)

    def backward(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
        kernels.select(z.dtype).relu_general_backward(dy, z, y, dz, 0.0, 6.0, 0.0)


class Threshold(Activation):
    """threshold(x, threshold, default_value): x where x > threshold, else default_value.

    Differs from Keras: NaN stays NaN; Keras makes it default_value.

    >>> from minikeras.activations import threshold
    >>> threshold([-1.0, 0.5, 2.0], 1.0, 0.0)
    array([0., 0., 2.], dtype=float32)
    """

    def forward(  # type: ignore[override]
        self, z: np.ndarray, y: np.ndarray, threshold: float, default_value: float
    ) -> None:
        kernels.select(z.dtype).threshold(z, y, float(threshold), float(default_value))

    def backward(  # type: ignore[override]
        self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, threshold: float, default_value: float
    ) -> None:
        kernels.select(z.dtype).threshold_backward(dy, z, y, dz, float(threshold), float(default_value))


class Shrink(Activation):
    """hard_shrink(x, threshold=0.5) and soft_shrink(x, threshold=0.5): 0 within ±threshold.

    Outside, hard_shrink leaves x as it is and soft_shrink brings it nearer to 0 by the threshold.

    Differs from Keras: NaN stays NaN; Keras makes it 0.

    >>> from minikeras.activations import hard_shrink, soft_shrink
    >>> hard_shrink([-2.0, 0.25, 1.0]), soft_shrink([-2.0, 0.25, 1.0])
    (array([-2.,  0.,  1.], dtype=float32), array([-1.5,  0. ,  0.5], dtype=float32))
    """

    def forward(self, z: np.ndarray, y: np.ndarray, threshold: float = 0.5) -> None:
        getattr(kernels.select(z.dtype), self.__name__)(z, y, float(threshold))

    def backward(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, threshold: float = 0.5) -> None:
        getattr(kernels.select(z.dtype), f"{self.__name__}_backward")(dy, z, y, dz, float(threshold))


def _or_infinity(max_value: float | None) -> float:
    return math.inf if max_value is None else float(max_value)
