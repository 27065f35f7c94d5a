"""ResNet50, 101 and 152: residual blocks, y = relu(f(x) + x) with f of three convolutions.

Where a block changes the number of channels or halves height and width, x goes through a 1 × 1 convolution first.

Source: He, Zhang, Ren & Sun, "Deep residual learning for image recognition", CVPR 2016.
"""

from functools import partial
from typing import Any

from .. import config, layers
from ..models import Functional
from . import imagenet_utils
from .imagenet_utils import decode_predictions

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]

preprocess_input = partial(imagenet_utils.preprocess_input, mode="caffe")

_HASHES = {
    "resnet50": ("2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"),
    "resnet101": ("f1aeb4b969a6efcfb50fad2f0c20cfc5", "88cf7a10940856eca736dc7b7e228a21"),
    "resnet152": ("100835be76be38e30d865e96f2aaae62", "ee4c566cf9a93f14d82f913c2dc6dd0c"),
}


def _resnet(
    model: str,
    depths: tuple[int, ...],
    include_top: bool,
    weights: Any,
    input_tensor: Any,
    input_shape: Any,
    pooling: str | None,
    classes: int,
    classifier_activation: Any,
    name: str,
) -> Functional:
    inputs = imagenet_utils.first_symbol(input_shape, input_tensor, include_top, weights, classes)
    x = layers.ZeroPadding2D(3, name="conv1_pad")(inputs)
    x = _convolution(x, "conv1", 64, 7, strides=2)
    x = layers.Activation("relu", name="conv1_relu")(x)
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage, (depth, filters) in enumerate(zip(depths, (64, 128, 256, 512), strict=True), 2):
        for i in range(1, depth + 1):
            x = _block(x, f"conv{stage}_block{i}", filters, 2 if i == 1 and stage > 2 else 1, shortcut=i == 1)
    if include_top:
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        x = imagenet_utils.classifier(x, classes, classifier_activation, weights)
    else:
        x = imagenet_utils.pooled(x, pooling, names=True)
    file = f"{model}_weights_tf_dim_ordering_tf_kernels{'' if include_top else '_notop'}.h5"
    file_hash = _HASHES[model][0 if include_top else 1]
    return imagenet_utils.finished(inputs, x, name, weights, "resnet", file, file_hash)


def _block(x: Any, name: str, filters: int, strides: int, shortcut: bool) -> Any:
    """relu(f(x) + x): 1 × 1 to fewer channels, 3 × 3, 1 × 1 to four times as many."""
    across = _convolution(x, f"{name}_0", 4 * filters, 1, strides=strides) if shortcut else x
    y = layers.Activation("relu", name=f"{name}_1_relu")(_convolution(x, f"{name}_1", filters, 1, strides=strides))
    y = layers.Activation("relu", name=f"{name}_2_relu")(_convolution(y, f"{name}_2", filters, 3, padding="same"))
    y = _convolution(y, f"{name}_3", 4 * filters, 1)
    y = layers.Add(name=f"{name}_add")([across, y])
    return layers.Activation("relu", name=f"{name}_out")(y)


def _convolution(x: Any, name: str, filters: int, size: int, **options: Any) -> Any:
    axis = 1 if config.image_data_format() == "channels_first" else 3
    x = layers.Conv2D(filters, size, name=f"{name}_conv", **options)(x)
    return layers.BatchNormalization(axis=axis, epsilon=1.001e-5, name=f"{name}_bn")(x)


def ResNet50(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "resnet50",
) -> Functional:
    """16 blocks in stages of 3, 4, 6, 3: 25,636,712 weights, 23,587,712 without the top.

    Arguments and errors: those of :func:`~minikeras.applications.vgg16.VGG16`. Output without the top: features
    (N, H / 32, W / 32, 2048).
    """
    return _resnet(
        "resnet50", (3, 4, 6, 3), include_top, weights, input_tensor, input_shape, pooling, classes,
        classifier_activation, name,
    )  # fmt: skip


def ResNet101(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "resnet101",
) -> Functional:
    """33 blocks in stages of 3, 4, 23, 3; as :func:`ResNet50` otherwise."""
    return _resnet(
        "resnet101", (3, 4, 23, 3), include_top, weights, input_tensor, input_shape, pooling, classes,
        classifier_activation, name,
    )  # fmt: skip


def ResNet152(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "resnet152",
) -> Functional:
    """50 blocks in stages of 3, 8, 36, 3; as :func:`ResNet50` otherwise."""
    return _resnet(
        "resnet152", (3, 8, 36, 3), include_top, weights, input_tensor, input_shape, pooling, classes,
        classifier_activation, name,
    )  # fmt: skip
