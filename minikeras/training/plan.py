"""Plan: what the epochs of one ``fit`` have in common."""

import warnings
from typing import Any, NamedTuple

from ..callbacks import CallbackList
from ..errors import DataError

ENOUGH = "Make sure that your dataset or generator can generate at least `steps_per_epoch * epochs` batches."


class Plan(NamedTuple):
    """What the epochs of one ``fit`` have in common.

    Attributes:
        batches, validation: the data; validation may be None.
        shuffle, steps, validation_steps, validation_freq: as given to ``fit``.
    """

    batches: Any
    validation: Any
    shuffle: Any
    steps: int | None
    validation_steps: int | None
    validation_freq: Any
    listeners: CallbackList

    def validates(self, epoch: int) -> bool:
        """True if a validation follows this epoch, counted from 0."""
        if self.validation is None:
            return False
        freq = self.validation_freq
        return (epoch + 1) % freq == 0 if isinstance(freq, int) else epoch + 1 in freq


def out_of_data(logs: dict[str, float]) -> None:
    """Says that an epoch had no batch: an error in the first one, a warning after others."""
    if not logs:
        raise DataError("The data gave no batch: there is nothing to train on. (A generator gives its batches once.)")
    warnings.warn(f"Your input ran out of data; interrupting training. {ENOUGH}", stacklevel=3)


def check_fit_arguments(shuffle: Any, validation_freq: Any) -> None:
    if shuffle not in (True, False, None, "batch"):
        raise ValueError(f"`shuffle` must be True, False or 'batch'. Received: shuffle={shuffle!r}")
    if isinstance(validation_freq, int) and validation_freq >= 1:
        return
    if not isinstance(validation_freq, list | tuple | set | range):
        raise ValueError(
            f"`validation_freq` must be a positive integer or a list of epochs, counted from 1. "
            f"Received: validation_freq={validation_freq!r}"
        )
