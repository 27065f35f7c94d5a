"""EarlyStopping."""

from typing import Any

from .. import console
from .monitor import MonitorCallback


class EarlyStopping(MonitorCallback):
    """Stops after ``patience`` epochs without improvement.

    Args:
        monitor, min_delta, mode: see :class:`MonitorCallback`.
        patience: how many epochs to wait; 0 stops at the first that is not better.
        verbose: 1 says when it stops and what it restores.
        baseline: the waiting goes on until the number is better than this.
        restore_best_weights: whether the model ends, stopped or not, with the weights of its best epoch.
        start_from_epoch: the first epoch that is looked at; earlier ones neither count nor become the best.

    Raises:
        ValueError: at the first epoch's end, if mode is "auto" and the number's direction is unknown.
    """

    remembers = ("best", "best_epoch", "best_weights", "stopped_epoch", "wait")

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch
        self.on_train_begin()

    def on_train_begin(self, logs: Any = None) -> None:
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = None
        self.best_weights: Any = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._find_direction()
        current = self._watched(logs or {}, "Early stopping")
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self._is_improvement(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            console.show(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                best = self.best_epoch + 1
                console.show(f"Restoring model weights from the end of the best epoch: {best}.")
            self.model.set_weights(self.best_weights)
