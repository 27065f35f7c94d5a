"""The reference kernels: plain NumPy, any dtype, each written like its equation."""

from .batches import gather
from .dense import add_bias, bias_relu, relu_backward_bias, sum_rows
from .losses import softmax_crossentropy
from .softmax import softmax, softmax_backward
from .updates import sgd, sgd_momentum

__all__ = [
    "add_bias",
    "bias_relu",
    "gather",
    "relu_backward_bias",
    "sgd",
    "sgd_momentum",
    "softmax",
    "softmax_backward",
    "softmax_crossentropy",
    "sum_rows",
]
