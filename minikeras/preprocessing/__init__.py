"""Preprocessing under Keras's older names: of images, of texts and of sequences.

``text``, ``ImageDataGenerator`` and ``TimeseriesGenerator`` are what Keras 3 keeps in its legacy module, for programs
written for Keras 2.
"""

import importlib
from typing import Any

_ROOMS = ("image", "sequence", "text")
_DATASETS = ("image_dataset_from_directory", "text_dataset_from_directory", "timeseries_dataset_from_array")

__all__ = [*_ROOMS, *_DATASETS]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f".{name}", __name__)
    if name in _DATASETS:
        return getattr(importlib.import_module("..utils", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
