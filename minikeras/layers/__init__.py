"""Layers, and how configs name them. A family of layers is imported when one of its names is first asked for."""

import importlib
from typing import Any

from ..errors import missing
from ..registry import Registry, registries

_FAMILIES = {
    "activation": "Activation ELU LeakyReLU PReLU ReLU Softmax",
    "attention": "AdditiveAttention Attention GroupQueryAttention MultiHeadAttention",
    "base": "Layer",
    "convolutional": (
        "Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose DepthwiseConv1D DepthwiseConv2D "
        "SeparableConv1D SeparableConv2D"
    ),
    "core": "EinsumDense Embedding Identity Lambda Masking ReversibleEmbedding Wrapper",
    "dense": "Dense",
    "input_layer": "Input InputLayer",
    "input_spec": "InputSpec",
    "merging": (
        "Add Average Concatenate Dot Maximum Minimum Multiply Subtract add average concatenate dot maximum "
        "minimum multiply subtract"
    ),
    "normalization": (
        "BatchNormalization GroupNormalization LayerNormalization RMSNormalization SpectralNormalization "
        "UnitNormalization"
    ),
    "pooling": (
        "AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D AdaptiveMaxPooling1D "
        "AdaptiveMaxPooling2D AdaptiveMaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D "
        "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D "
        "GlobalMaxPooling2D GlobalMaxPooling3D MaxPooling1D MaxPooling2D MaxPooling3D"
    ),
    "preprocessing": (
        "CategoryEncoding Discretization HashedCrossing Hashing IntegerLookup Normalization Rescaling StringLookup "
        "TextVectorization Pipeline BaseImagePreprocessingLayer CenterCrop MixUp RandomBrightness RandomContrast "
        "RandomCrop RandomErasing RandomFlip RandomRotation RandomTranslation RandomZoom Resizing"
    ),
    "regularization": (
        "ActivityRegularization AlphaDropout Dropout GaussianDropout GaussianNoise "
        "SpatialDropout1D SpatialDropout2D SpatialDropout3D"
    ),
    "reshaping": (
        "Cropping1D Cropping2D Cropping3D Flatten Permute RepeatVector Reshape UpSampling1D UpSampling2D "
        "UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D"
    ),
    "rnn": (
        "Bidirectional ConvLSTM1D ConvLSTM2D ConvLSTM3D GRU GRUCell LSTM LSTMCell RNN "
        "SimpleRNN SimpleRNNCell StackedRNNCells TimeDistributed"
    ),
}

#: Keras's other names.
_ALIASES = {
    "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D",
    "AvgPool3D": "AveragePooling3D",
    "Convolution1D": "Conv1D",
    "Convolution1DTranspose": "Conv1DTranspose",
    "Convolution2D": "Conv2D",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Convolution3D": "Conv3D",
    "Convolution3DTranspose": "Conv3DTranspose",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalAvgPool3D": "GlobalAveragePooling3D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "GlobalMaxPool3D": "GlobalMaxPooling3D",
    "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D",
    "MaxPool3D": "MaxPooling3D",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
}

#: Layers that Keras has and minikeras has not: they can be imported, and their use says so.
_MISSING = {
    name: reason
    for reason, names in {
        "Another image transformation is one small class: see layers.BaseImagePreprocessingLayer.": (
            "AugMix AutoContrast CLAHE CutMix Equalization RandAugment RandomColorDegeneration RandomColorJitter "
            "RandomElasticTransform RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective "
            "RandomPosterization RandomSaturation RandomSharpness RandomShear Solarization"
        ),
        "There are no layers of object detection.": "MaxNumBoundingBoxes",
        "There are no layers for sound.": "MelSpectrogram STFTSpectrogram",
    }.items()
    for name in names.split()
}

_PLACES = {name: family for family, names in _FAMILIES.items() for name in names.split()}

__all__ = [*_PLACES, *_ALIASES, *_MISSING, "deserialize", "get", "serialize"]


def __getattr__(name: str) -> Any:
    if name in _FAMILIES:
        return importlib.import_module(f".{name}", __name__)
    place = _PLACES.get(_ALIASES.get(name, name))
    if name in _MISSING:
        return missing(f"keras.layers.{name}", _MISSING[name])
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(f".{place}", __name__), _ALIASES.get(name, name))
    return found


def __dir__() -> list[str]:
    return __all__


_registry = Registry("layer", "keras.layers")
_NO_LAYERS = ("Input", "InputSpec", "Layer", "Wrapper", "BaseImagePreprocessingLayer")
_registry.add_later((name for name in _PLACES if name[0].isupper() and name not in _NO_LAYERS), __getattr__)

get = _registry.get


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The layer, or the model used as a layer, that a config describes."""
    kind = config.get("class_name") if isinstance(config, dict) else None
    models = registries["keras.models"]
    if isinstance(kind, str) and kind in models:
        return models.deserialize(config, custom_objects)
    return _registry.deserialize(config, custom_objects)


def serialize(layer: Any) -> dict[str, Any]:
    """A layer's config in Keras's form, with the input shape it was built for.

    >>> from minikeras.layers import Flatten
    >>> serialize(Flatten(name="f", input_shape=(2, 3)))["config"]["data_format"]
    'channels_last'
    """
    models = registries["keras.models"]
    if models is not None and type(layer).__name__ in models and models.lookup(type(layer).__name__) is type(layer):
        return models.serialize(layer)
    result = _registry.serialize(layer)
    build_config = layer.get_build_config()
    if build_config is not None and type(layer).__name__ != "InputLayer":
        result["build_config"] = build_config
    return result
