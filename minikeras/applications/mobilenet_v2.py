"""MobileNetV2: inverted residual blocks, wide inside and narrow between, with depthwise convolutions.

Source: Sandler, Howard, Zhu, Zhmoginov & Chen, "MobileNetV2: inverted residuals and linear bottlenecks", CVPR 2018.
"""

from functools import partial
from typing import Any

from .. import config, layers
from ..models import Functional
from . import imagenet_utils
from .imagenet_utils import decode_predictions

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]

preprocess_input = partial(imagenet_utils.preprocess_input, mode="tf")

#: Filters, how many blocks, and the stride of the first one.
_STAGES = ((16, 1, 1), (24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1))
_SIZES = (96, 128, 160, 192, 224)


def MobileNetV2(
    input_shape: Any = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Functional:
    """17 blocks: 3,538,984 weights, 2,257,984 without the top.

    Args (as in Keras):
        alpha: factor of all numbers of filters; for "imagenet" 0.35, 0.5, 0.75, 1.0, 1.3 or 1.4.

    The others, and errors: those of :func:`~minikeras.applications.vgg16.VGG16`. Output without the top: features
    (N, H / 32, W / 32, 1280).
    """
    if weights == "imagenet" and alpha not in (0.35, 0.5, 0.75, 1.0, 1.3, 1.4):
        raise ValueError(
            f"If imagenet weights are being loaded, alpha must be one of `0.35`, `0.50`, `0.75`, `1.0`, `1.3` or "
            f"`1.4` only. Received: alpha={alpha}"
        )
    first = config.image_data_format() == "channels_first"
    given = tuple(input_tensor.shape[1:]) if input_tensor is not None else input_shape or (None, None, None)
    rows, columns = given[1:] if first else given[:2]
    default = rows if rows == columns and rows in _SIZES else 224
    inputs = imagenet_utils.first_symbol(input_shape, input_tensor, include_top, weights, classes, default)
    x = layers.Conv2D(_divisible(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="Conv1")(inputs)
    x = _normalized(x, "bn_Conv1", "Conv1_relu")
    block = 0
    for filters, depth, stride in _STAGES:
        for i in range(depth):
            x = _block(x, block, _divisible(int(filters * alpha)), stride if i == 0 else 1)
            block += 1
    x = layers.Conv2D(_divisible(1280 * alpha) if alpha > 1 else 1280, 1, use_bias=False, name="Conv_1")(x)
    x = _normalized(x, "Conv_1_bn", "out_relu")
    if include_top:
        x = layers.GlobalAveragePooling2D()(x)
        x = imagenet_utils.classifier(x, classes, classifier_activation, weights)
    else:
        x = imagenet_utils.pooled(x, pooling)
    size = inputs.shape[2 if first else 1]
    file = (
        f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{float(alpha)}_{default}{'' if include_top else '_no_top'}.h5"
    )
    return imagenet_utils.finished(
        inputs, x, name or f"mobilenetv2_{alpha:0.2f}_{default if weights == 'imagenet' else size}", weights,
        "mobilenet_v2", file, None,
    )  # fmt: skip


def _block(x: Any, number: int, filters: int, stride: int) -> Any:
    """1 × 1 to six times as many channels, 3 × 3 on each of them, 1 × 1 to ``filters``; plus x where it fits."""
    first = config.image_data_format() == "channels_first"
    channels = x.shape[1 if first else -1]
    name = f"block_{number}_" if number else "expanded_conv_"
    y = x
    if number:
        y = layers.Conv2D(6 * channels, 1, padding="same", use_bias=False, name=f"{name}expand")(y)
        y = _normalized(y, f"{name}expand_BN", f"{name}expand_relu")
    if stride == 2:
        sizes = y.shape[2:] if first else y.shape[1:3]
        padding = tuple((s % 2 if s is not None else 0, 1) for s in sizes)
        y = layers.ZeroPadding2D(padding, name=f"{name}pad")(y)
    y = layers.DepthwiseConv2D(
        3, strides=stride, use_bias=False, padding="same" if stride == 1 else "valid", name=f"{name}depthwise"
    )(y)
    y = _normalized(y, f"{name}depthwise_BN", f"{name}depthwise_relu")
    y = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}project")(y)
    y = _normalized(y, f"{name}project_BN")
    return layers.Add(name=f"{name}add")([x, y]) if channels == filters and stride == 1 else y


def _normalized(x: Any, name: str, relu: str | None = None) -> Any:
    axis = 1 if config.image_data_format() == "channels_first" else -1
    x = layers.BatchNormalization(axis=axis, epsilon=1e-3, momentum=0.999, name=name)(x)
    return layers.ReLU(6.0, name=relu)(x) if relu else x


def _divisible(filters: float) -> int:
    """The next multiple of 8, not below 90 % of a number."""
    rounded = max(8, int(filters + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * filters else rounded
