"""The compiled kernels: the names of :mod:`minikeras.kernels.reference` as Numba loops over float32 and float64."""

from .batches import gather
from .dense import add_bias, bias_relu, relu_backward_bias, sum_rows
from .losses import softmax_crossentropy
from .philox import philox4x32
from .softmax import softmax, softmax_backward
from .threefry import threefry2x32
from .updates import sgd, sgd_momentum

__all__ = [
    "add_bias",
    "bias_relu",
    "gather",
    "philox4x32",
    "relu_backward_bias",
    "sgd",
    "sgd_momentum",
    "softmax",
    "softmax_backward",
    "softmax_crossentropy",
    "sum_rows",
    "threefry2x32",
]
