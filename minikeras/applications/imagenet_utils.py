"""What the networks share: input shapes, the classifier, weight files, and the 1,000 classes of ImageNet."""

import json
import os
from functools import cache
from typing import Any

import numpy as np

from .. import config, layers
from ..models import Functional
from ..ops import convert_to_numpy
from ..tensor import KerasTensor
from ..utils import get_file
from ..windows import standard_data_format

_STORE = "https://storage.googleapis.com/tensorflow/keras-applications"
_CLASSES = "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json"
_BGR_MEAN = (103.939, 116.779, 123.68)
_RGB_MEAN, _RGB_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> np.ndarray:
    """Pixels 0 … 255 as a network expects them.

    Args (as in Keras):
        x: (H, W, 3) or (N, H, W, 3).
        data_format: "channels_first" for (…, 3, H, W).
        mode: "tf": x / 127.5 − 1; "torch": (x / 255 − mean) / deviation of each colour; "caffe": blue, green, red,
            less their means.

    Differs from Keras: ``x`` itself is never changed.

    >>> preprocess_input(np.array([[[0.0, 127.5, 255.0]]]), mode="tf")
    array([[[-1.,  0.,  1.]]])
    """
    if mode not in ("caffe", "tf", "torch"):
        raise ValueError(f"Expected mode to be one of `caffe`, `tf` or `torch`. Received: mode={mode}")
    x = np.asarray(x)
    x = x if x.dtype.kind == "f" else x.astype(config.floatx())
    if mode == "tf":
        return x / 127.5 - 1
    first = standard_data_format(data_format) == "channels_first"
    last = np.moveaxis(x, -3, -1) if first else x
    if mode == "torch":
        y = (last / 255 - np.asarray(_RGB_MEAN, x.dtype)) / np.asarray(_RGB_DEVIATION, x.dtype)
    else:
        y = last[..., ::-1] - np.asarray(_BGR_MEAN, x.dtype)
    return np.moveaxis(y, -1, -3) if first else y


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """The ``top`` classes of each row of probabilities (N, 1000), as (WordNet's number, name, probability).

    Keras's file of the names is read from ``~/.keras/models``, or downloaded there.

    Raises:
        ValueError: for another shape.
        OSError: if the file can neither be found nor downloaded.
    """
    preds = convert_to_numpy(preds)
    if preds.ndim != 2 or preds.shape[1] != 1000:
        raise ValueError(
            f"`decode_predictions` expects a batch of predictions (i.e. a 2D array of shape (samples, 1000)). Received "
            f"array with shape: {preds.shape}"
        )
    names = _class_index()
    return [[(*names[str(i)], row[i]) for i in row.argsort()[-top:][::-1]] for row in preds]


@cache
def _class_index() -> dict[str, list[str]]:
    path = get_file(
        "imagenet_class_index.json", _CLASSES, cache_subdir="models", file_hash="c2c37ea517e94d9795004a39431a14cb"
    )
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def first_symbol(
    input_shape: Any, input_tensor: Any, include_top: bool, weights: Any, classes: int, default_size: int = 224
) -> KerasTensor:
    """The symbol that a network begins with, after the check of the arguments that all have.

    Raises:
        ValueError: for weights that are neither None, "imagenet" nor a file, or arguments that do not fit.
    """
    if weights not in (None, "imagenet") and not os.path.exists(weights):
        raise ValueError(
            f"The `weights` argument should be either `None` (random initialization), 'imagenet' (pre-training on "
            f"ImageNet), or the path to the weights file to be loaded. Received: weights={weights}"
        )
    if weights == "imagenet" and include_top and classes != 1000:
        raise ValueError(
            f"If using `weights='imagenet'` with `include_top=True`, `classes` should be 1000. "
            f"Received: classes={classes}"
        )
    if input_tensor is not None:
        return input_tensor
    first = config.image_data_format() == "channels_first"
    default = _joined(default_size, default_size, 3, first)
    if input_shape is None:
        input_shape = default if include_top else _joined(None, None, 3, first)
    input_shape = tuple(input_shape)
    if len(input_shape) != 3:
        raise ValueError(f"`input_shape` must be a tuple of three integers. Received: input_shape={input_shape}")
    channels, size = (input_shape[0], input_shape[1:]) if first else (input_shape[2], input_shape[:2])
    if any(s is not None and s < 32 for s in size):
        raise ValueError(f"Input size must be at least 32x32. Received: input_shape={input_shape}")
    if weights == "imagenet":
        if channels != 3:
            raise ValueError(f"The input must have 3 channels. Received: input_shape={input_shape}")
        if include_top and input_shape != default:
            raise ValueError(
                f"When setting `include_top=True` and loading `imagenet` weights, `input_shape` should be {default}. "
                f"Received: input_shape={input_shape}"
            )
    if include_top and None in input_shape:
        raise ValueError(
            f"If `include_top` is True, you should specify a static `input_shape`. Received: input_shape={input_shape}"
        )
    return layers.Input(shape=input_shape)


def _joined(height: Any, width: Any, channels: int, first: bool) -> tuple[Any, ...]:
    return (channels, height, width) if first else (height, width, channels)


def classifier(x: Any, classes: int, activation: Any, weights: Any) -> KerasTensor:
    """The last layer: scores of the classes."""
    if weights is not None and activation not in ("softmax", "linear", None):
        raise ValueError(
            f"Only `None` and `softmax` activations are allowed for the `classifier_activation` argument when using "
            f"pretrained weights, with `include_top=True`. Received: classifier_activation={activation}"
        )
    return layers.Dense(classes, activation=activation, name="predictions")(x)


def pooled(x: Any, pooling: str | None, names: bool = False) -> Any:
    """The features of a network without its top: as they are, or their mean or maximum over the places."""
    if pooling == "avg":
        return layers.GlobalAveragePooling2D(name="avg_pool" if names else None)(x)
    if pooling == "max":
        return layers.GlobalMaxPooling2D(name="max_pool" if names else None)(x)
    return x


def finished(
    inputs: Any, outputs: Any, name: str, weights: Any, folder: str, file: str, file_hash: str | None
) -> Functional:
    """The model, with the weights of a file, or of ImageNet from Keras's cache or its store."""
    model = Functional(inputs, outputs, name=name)
    if weights == "imagenet":
        weights = get_file(file, f"{_STORE}/{folder}/{file}", cache_subdir="models", file_hash=file_hash)
    if weights is not None:
        model.load_weights(weights)
    return model
