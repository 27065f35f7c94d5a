"""ModelCheckpoint."""

import os
import warnings
from typing import Any

from .. import console
from .monitor import MonitorCallback


class ModelCheckpoint(MonitorCallback):
    """Saves the model, or its weights, after each epoch or every ``save_freq`` batches.

    Args:
        filepath: where to; may name logged numbers, such as "{epoch:02d}-{val_loss:.2f}.keras", epochs and batches
            counted from 1. Missing folders are made.
        monitor, mode: see :class:`MonitorCallback`.
        verbose: 1 says what is saved.
        save_best_only: saves only what is better than everything before.
        save_weights_only: calls ``model.save_weights`` instead of ``model.save``.
        save_freq: "epoch", or a number of batches, counted on over epochs.
        initial_value_threshold: what the first saved number has to be better than.

    Raises:
        ValueError: for another ``save_freq``, or a ``filepath`` whose ending does not say its format.
        KeyError: on saving, if ``filepath`` names a number that is not logged.

    Differs from Keras: NaN is never the best; ``save_best_only`` does not replace the best model in an epoch that lacks
    the number; weights may go to ".npz" too, the model not to ".h5"; with a number of batches,
    ``save_best_only`` works with mode "auto" from the first epoch on.
    """

    remembers = ("best", "_batches", "_epoch")

    def __init__(
        self,
        filepath: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose, self.save_best_only, self.save_weights_only = verbose, save_best_only, save_weights_only
        self.save_freq = save_freq
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(f"Unrecognized save_freq: {save_freq}. Expected save_freq are 'epoch' or integer values")
        endings = (".weights.h5", ".npz") if save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(endings):
            what = "`save_weights_only=True`" if save_weights_only else "`save_weights_only=False`"
            raise ValueError(
                f"With {what} the filepath of ModelCheckpoint must end in {' or '.join(endings)}. "
                f"Received: filepath={self.filepath}"
            )
        self._batches = 0
        self._epoch = 0

    @property
    def wants_batches(self) -> bool:
        """Only if it saves between epochs."""
        return self.save_freq != "epoch"

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.save_freq == "epoch":
            return
        self._batches += 1
        if self._batches >= self.save_freq:
            self._batches = 0
            self._save(self._epoch, logs or {}, {"batch": batch + 1})

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._find_direction()
        if self.save_freq == "epoch":
            self._save(epoch, logs or {}, {})

    def _save(self, epoch: int, logs: dict[str, Any], batch: dict[str, int]) -> None:
        try:
            path = self.filepath.format(**{"epoch": epoch + 1, **batch, **logs})
        except KeyError as error:
            raise KeyError(f'Failed to format this callback filepath: "{self.filepath}". Reason: {error}') from None
        if not self._is_due(epoch, logs, path):
            return
        if os.path.isdir(path):
            raise OSError(
                f"Please specify a non-directory filepath for ModelCheckpoint. "
                f"Filepath used is an existing directory: {path}"
            )
        if os.path.dirname(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(path, overwrite=True)
        self._say(epoch, f"finished saving model to {path}")

    def _is_due(self, epoch: int, logs: dict[str, Any], path: str) -> bool:
        current = logs.get(self.monitor)
        if self.save_best_only and current is None:
            warnings.warn(f"Can save best model only with {self.monitor} available.", stacklevel=5)
            return self.best is None
        if not self.save_best_only:
            self._say(epoch, f"saving model to {path}")
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self._is_improvement(current, self.best):  # type: ignore[arg-type]
            self._say(epoch, f"{self.monitor} did not improve from {best}")
            return False
        self._say(epoch, f"{self.monitor} improved from {best} to {current:.5f}, saving model to {path}")
        self.best = current
        return True

    def _say(self, epoch: int, what: str) -> None:
        if self.verbose > 0:
            console.show(f"\nEpoch {epoch + 1}: {what}")
