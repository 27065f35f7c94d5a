"""Callbacks: what listens to a training."""

from .base import Callback, CallbackList
from .history import CSVLogger, History, LambdaCallback, TerminateOnNaN
from .monitor import EarlyStopping, LearningRateScheduler, ModelCheckpoint, ReduceLROnPlateau
from .progress import ProgbarLogger

__all__ = [
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
]
