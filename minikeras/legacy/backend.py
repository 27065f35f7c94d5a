"""The mathematics of Keras 2's ``keras.backend`` (``K.square``, ``K.mean``), as functions of :mod:`minikeras.ops`.

``minikeras.backend`` finds the names here, as ``tf.keras.backend`` does. All are recorded with their derivatives.

>>> from minikeras import backend as K
>>> K.sqrt(K.sum(K.square([[3.0, 4.0]]), axis=-1))
array([5.], dtype=float32)
"""

import contextlib
from typing import Any

import numpy as np

from .. import config, ops, random
from ..tensor import value
from ..variable import Variable

# The same under the same name.
abs = ops.abs
all = ops.all
any = ops.any
arange = ops.arange
binary_crossentropy = ops.binary_crossentropy
categorical_crossentropy = ops.categorical_crossentropy
sparse_categorical_crossentropy = ops.sparse_categorical_crossentropy
cast = ops.cast
cos = ops.cos
elu = ops.elu
equal = ops.equal
exp = ops.exp
eye = ops.eye
greater = ops.greater
greater_equal = ops.greater_equal
hard_sigmoid = ops.hard_sigmoid
less = ops.less
less_equal = ops.less_equal
log = ops.log
max = ops.max
maximum = ops.maximum
min = ops.min
minimum = ops.minimum
not_equal = ops.not_equal
one_hot = ops.one_hot
ones = ops.ones
ones_like = ops.ones_like
prod = ops.prod
reshape = ops.reshape
round = ops.round
shape = ops.shape
sigmoid = ops.sigmoid
sign = ops.sign
sin = ops.sin
softmax = ops.softmax
softplus = ops.softplus
softsign = ops.softsign
square = ops.square
squeeze = ops.squeeze
stack = ops.stack
std = ops.std
stop_gradient = ops.stop_gradient
sum = ops.sum
tanh = ops.tanh
tile = ops.tile
transpose = ops.transpose
var = ops.var
zeros = ops.zeros
zeros_like = ops.zeros_like

# The same under another name.
permute_dimensions = ops.transpose
pow = ops.power
repeat_elements = ops.repeat
reverse = ops.flip
map_fn = ops.map
truncated_normal = random.truncated_normal


# With other defaults, or of several functions.


def argmax(x: Any, axis: int = -1) -> Any:
    return ops.argmax(x, axis)


def argmin(x: Any, axis: int = -1) -> Any:
    return ops.argmin(x, axis)


def batch_flatten(x: Any) -> Any:
    """Each row of the batch as a vector."""
    return ops.reshape(x, (-1, int(np.prod(x.shape[1:]))))


def batch_dot(x: Any, y: Any, axes: Any = None) -> Any:
    """The product of x and y, row by row of the batch, over one axis of each: :func:`minikeras.layers.dot`.

    Args (as in Keras 2):
        axes: the axis of both, or a pair; by default the last of x and the second to last of y (the last of 2D ones).
    """
    from ..layers import dot as product

    return product([x, y], (x.ndim - 1, y.ndim - (1 if y.ndim == 2 else 2)) if axes is None else axes)


def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Any:
    """x + bias, along the channels."""
    if (data_format or config.image_data_format()) == "channels_first":
        bias = ops.reshape(bias, (-1,) + (1,) * (x.ndim - 2))
    return x + bias


def cast_to_floatx(x: Any) -> Any:
    return ops.cast(x, config.floatx())


def clip(x: Any, min_value: Any = None, max_value: Any = None) -> Any:
    return ops.clip(x, -np.inf if min_value is None else min_value, np.inf if max_value is None else max_value)


def concatenate(tensors: Any, axis: int = -1) -> Any:
    return ops.concatenate(tensors, axis)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """An array of ``floatx``, or one of this shape filled with a number."""
    made = np.asarray(value, dtype or config.floatx())
    return ops.convert_to_tensor(made if shape is None else np.broadcast_to(made, shape).copy())


def cumsum(x: Any, axis: int = 0) -> Any:
    return ops.cumsum(x, axis)


def cumprod(x: Any, axis: int = 0) -> Any:
    return ops.cumprod(x, axis)


def dot(x: Any, y: Any) -> Any:
    """Σₖ x[…, k] y[…, k, j], every row of x with every matrix of y."""
    return ops.dot(x, y)


def dropout(x: Any, level: float, noise_shape: Any = None, seed: Any = None) -> Any:
    return random.dropout(x, level, noise_shape, seed)


def expand_dims(x: Any, axis: int = -1) -> Any:
    return ops.expand_dims(x, axis)


def flatten(x: Any) -> Any:
    return ops.reshape(x, (-1,))


def foldl(fn: Any, elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """fn(… fn(fn(start, elems[0]), elems[1]) …); without a start, elems[0] is it."""
    items = ops.unstack(elems)
    result = items.pop(0) if initializer is None else initializer
    for item in items:
        result = fn(result, item)
    return result


def foldr(fn: Any, elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """As :func:`foldl`, from the last one on."""
    return foldl(fn, ops.flip(elems, 0), initializer)


def gather(reference: Any, indices: Any) -> Any:
    """The rows of these numbers."""
    return ops.take(reference, indices, 0)


def in_top_k(predictions: Any, targets: Any, k: int) -> Any:
    return ops.in_top_k(targets, predictions, k)


def l2_normalize(x: Any, axis: int | None = None) -> Any:
    """x / √max(Σ x², 1e-12)."""
    return x / ops.sqrt(ops.maximum(ops.sum(ops.square(x), axis, keepdims=True), 1e-12))


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return ops.mean(x, axis, keepdims)


def relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    from ..activations import relu as bent

    return bent(x, negative_slope=alpha, max_value=max_value, threshold=threshold)


def repeat(x: Any, n: int) -> Any:
    """(N, C) → (N, n, C)."""
    return ops.repeat(ops.expand_dims(x, 1), n, 1)


def resize_images(
    x: Any, height_factor: int, width_factor: int, data_format: str, interpolation: str = "nearest"
) -> Any:
    from ..layers import UpSampling2D

    return UpSampling2D((height_factor, width_factor), data_format, interpolation)(x)


def spatial_2d_padding(x: Any, padding: Any = ((1, 1), (1, 1)), data_format: str | None = None) -> Any:
    from ..layers import ZeroPadding2D

    return ZeroPadding2D(padding, data_format)(x)


def sqrt(x: Any) -> Any:
    """√max(x, 0)."""
    return ops.sqrt(ops.maximum(x, 0.0))


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """One of both where the condition is a number, else entry by entry; either may be a function without arguments."""
    if not np.ndim(condition):
        chosen = then_expression if condition else else_expression
        return chosen() if callable(chosen) else chosen
    then, other = (e() if callable(e) else e for e in (then_expression, else_expression))
    while condition.ndim < then.ndim:
        condition = ops.expand_dims(condition, -1)
    return ops.where(condition, then, other)


def temporal_padding(x: Any, padding: Any = (1, 1)) -> Any:
    from ..layers import ZeroPadding1D

    return ZeroPadding1D(padding)(x)


# Random numbers.


def random_normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    return random.normal(_sizes(shape), mean, stddev, dtype, seed)


def random_uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    return random.uniform(_sizes(shape), minval, maxval, dtype, seed)


def random_bernoulli(shape: Any, p: float = 0.0, dtype: Any = None, seed: Any = None) -> Any:
    """1 with probability p, else 0."""
    return (random.uniform(_sizes(shape), 0.0, 1.0, dtype, seed) <= p).astype(dtype or config.floatx())


def random_normal_variable(
    shape: Any, mean: float, scale: float, dtype: Any = None, name: str | None = None, seed: Any = None
) -> Variable:
    return Variable(random_normal(shape, mean, scale, dtype, seed), name=name)


def random_uniform_variable(
    shape: Any, low: float, high: float, dtype: Any = None, name: str | None = None, seed: Any = None
) -> Variable:
    return Variable(random_uniform(shape, low, high, dtype, seed), name=name)


def _sizes(shape: Any) -> tuple[int, ...]:
    return tuple(int(size) for size in np.asarray(value(shape)).reshape(-1))


# Variables, shapes and values.


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Variable:
    made = Variable(value, dtype=dtype or config.floatx(), name=name)
    made.constraint = constraint
    return made


def update(x: Any, new_x: Any) -> Any:
    x.assign(new_x)
    return x


def update_add(x: Any, increment: Any) -> Any:
    return update(x, x + increment)


def update_sub(x: Any, decrement: Any) -> Any:
    return update(x, x - decrement)


def moving_average_update(x: Any, value: Any, momentum: float) -> Any:
    return update(x, x * momentum + value * (1 - momentum))


def eval(x: Any) -> np.ndarray:
    """The numbers as a plain array."""
    return np.array(value(x))


def get_value(x: Any) -> Any:
    """The numbers as a plain array, or a number."""
    return np.array(value(x))[()]


def set_value(x: Any, value: Any) -> None:
    x.assign(value)


def batch_get_value(tensors: Any) -> list[Any]:
    return [get_value(x) for x in tensors]


def batch_set_value(tuples: Any) -> None:
    for x, new in tuples:
        set_value(x, new)


def count_params(x: Any) -> int:
    return int(np.prod(x.shape))


def dtype(x: Any) -> str:
    return np.dtype(x.dtype).name


def int_shape(x: Any) -> tuple[int | None, ...]:
    return tuple(x.shape)


def ndim(x: Any) -> int:
    return len(x.shape)


def is_sparse(tensor: Any) -> bool:
    """False: all arrays are dense."""
    return False


def name_scope(name: str) -> Any:
    """A ``with`` block without effect."""
    return contextlib.nullcontext(name)
