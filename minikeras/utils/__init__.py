"""Small tools under Keras's names: seeds, arrays, sequences, images, files and datasets of batches.

What needs another package or much code is loaded when it is first asked for. A name that Keras has and minikeras has
not can be imported; its use raises ``UnsupportedError`` with the reason.
"""

import importlib
from typing import Any

from ..config import clear_session
from ..errors import missing
from . import legacy
from .numerical_utils import normalize, to_categorical
from .rng_utils import set_random_seed

_LATER = {
    "Progbar": "..progress",
    "PyDataset": "..training.py_dataset",
    "Sequence": "..training.py_dataset",
    "clone_model": "..models",
    "disable_interactive_logging": "..config",
    "enable_interactive_logging": "..config",
    "is_interactive_logging_enabled": "..config",
    "model_to_dot": "..models.drawing",
    "plot_model": "..models.drawing",
    "CustomObjectScope": "..custom_objects",
    "custom_object_scope": "..custom_objects",
    "deserialize_keras_object": "..saving",
    "get_custom_objects": "..custom_objects",
    "get_registered_name": "..custom_objects",
    "get_registered_object": "..custom_objects",
    "get_source_inputs": "..models.inputs",
    "register_keras_serializable": "..custom_objects",
    "serialize_keras_object": "..saving",
    "Config": "config",
    "Dataset": "dataset",
    "array_to_img": "image_utils",
    "get_file": "file_utils",
    "image_dataset_from_directory": "image_dataset_utils",
    "img_to_array": "image_utils",
    "load_img": "image_utils",
    "pack_x_y_sample_weight": "data_adapter_utils",
    "pad_sequences": "sequence_utils",
    "save_img": "image_utils",
    "split_dataset": "dataset_utils",
    "standardize_dtype": "..backend",
    "is_keras_tensor": "..backend",
    "text_dataset_from_directory": "text_dataset_utils",
    "timeseries_dataset_from_array": "timeseries_dataset_utils",
    "unpack_x_y_sample_weight": "data_adapter_utils",
}

_MISSING = {
    "FeatureSpace": "It builds a graph of preprocessing layers.",
    "audio_dataset_from_directory": "NumPy and Pillow read no sound files.",
    "bounding_boxes": "There are no layers of object detection.",
}

__all__ = ["clear_session", "legacy", "normalize", "set_random_seed", "to_categorical"]
__all__ += [*_LATER, *_MISSING]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        module = _LATER[name]
        return getattr(importlib.import_module(module if module.startswith("..") else f".{module}", __name__), name)
    if name in _MISSING:
        return missing(f"keras.utils.{name}", _MISSING[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
