"""VGG16 and VGG19: blocks of 3 × 3 convolutions, each followed by a pooling that halves height and width.

Source: Simonyan & Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015.
"""

from functools import partial
from typing import Any

from .. import layers
from ..models import Functional
from . import imagenet_utils
from .imagenet_utils import decode_predictions

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]

preprocess_input = partial(imagenet_utils.preprocess_input, mode="caffe")

_HASHES = {
    "vgg16": ("64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc"),
    "vgg19": ("cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6"),
}


def vgg(
    model: str,
    depths: tuple[int, ...],
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Functional:
    """A network of five blocks with ``depths`` convolutions each; the arguments are those of :func:`VGG16`."""
    inputs = x = imagenet_utils.first_symbol(input_shape, input_tensor, include_top, weights, classes)
    for block, (depth, filters) in enumerate(zip(depths, (64, 128, 256, 512, 512), strict=True), 1):
        for i in range(1, depth + 1):
            x = layers.Conv2D(filters, 3, activation="relu", padding="same", name=f"block{block}_conv{i}")(x)
        x = layers.MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
    if include_top:
        x = layers.Flatten(name="flatten")(x)
        x = layers.Dense(4096, activation="relu", name="fc1")(x)
        x = layers.Dense(4096, activation="relu", name="fc2")(x)
        x = imagenet_utils.classifier(x, classes, classifier_activation, weights)
    else:
        x = imagenet_utils.pooled(x, pooling)
    file = f"{model}_weights_tf_dim_ordering_tf_kernels{'' if include_top else '_notop'}.h5"
    file_hash = _HASHES[model][0 if include_top else 1]
    return imagenet_utils.finished(inputs, x, name or model, weights, model, file, file_hash)


def VGG16(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "vgg16",
) -> Functional:
    """The network with 13 convolutions and 3 dense layers: 138,357,544 weights, 14,714,688 without the top.

    Args (as in Keras):
        include_top: True for the dense layers and the classifier at the end.
        weights: None for random ones, "imagenet" for those that Keras publishes (from ``~/.keras/models``, or
            downloaded there), or the path of a file.
        input_tensor: a symbol to begin with, instead of a new Input.
        input_shape: (H, W, C) with at least 32 pixels each way; by default (224, 224, 3) with the top, and any size
            without it.
        pooling: without the top: "avg" or "max" over the places, or None.
        classes, classifier_activation: of the last layer.
        name: of the model.

    Input: what :func:`preprocess_input` gives. Output: (N, classes), or the features (N, H / 32, W / 32, 512).

    Raises:
        ValueError: for arguments that do not fit.
        OSError: for "imagenet", if the file can neither be found nor downloaded.

    >>> VGG16(weights=None, include_top=False, input_shape=(32, 32, 3)).count_params()
    14714688
    """
    return vgg(
        "vgg16", (2, 2, 3, 3, 3), include_top, weights, input_tensor, input_shape, pooling, classes,
        classifier_activation, name,
    )  # fmt: skip
