"""Well-known convolutional networks, with Keras's names, layers and weight files.

>>> from minikeras import applications
>>> model = applications.MobileNetV2(weights=None, include_top=False, input_shape=(32, 32, 3), pooling="avg")
>>> model.output_shape
(None, 1280)
"""

import importlib
from typing import Any

from ..errors import missing

_PLACES = {
    "MobileNetV2": "mobilenet_v2",
    "ResNet50": "resnet",
    "ResNet101": "resnet",
    "ResNet152": "resnet",
    "VGG16": "vgg16",
    "VGG19": "vgg19",
}
_MODULES = {"imagenet_utils", "mobilenet_v2", "resnet", "resnet50", "vgg16", "vgg19"}
_MISSING = (
    "ConvNeXtBase ConvNeXtLarge ConvNeXtSmall ConvNeXtTiny ConvNeXtXLarge DenseNet121 DenseNet169 DenseNet201 "
    "EfficientNetB0 EfficientNetB1 EfficientNetB2 EfficientNetB3 EfficientNetB4 EfficientNetB5 EfficientNetB6 "
    "EfficientNetB7 EfficientNetV2B0 EfficientNetV2B1 EfficientNetV2B2 EfficientNetV2B3 EfficientNetV2L "
    "EfficientNetV2M EfficientNetV2S InceptionResNetV2 InceptionV3 MobileNet MobileNetV3Large MobileNetV3Small "
    "NASNetLarge NASNetMobile ResNet101V2 ResNet152V2 ResNet50V2 Xception"
)

__all__ = [*_PLACES, *_MISSING.split(), *sorted(_MODULES)]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f".{'resnet' if name == 'resnet50' else name}", __name__)
    if name in _PLACES:
        return getattr(importlib.import_module(f".{_PLACES[name]}", __name__), name)
    if name in _MISSING.split():
        reason = f"Save it in Keras, {name}(…).save('model.keras'), and load that with minikeras.models.load_model."
        return missing(f"keras.applications.{name}", reason)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
