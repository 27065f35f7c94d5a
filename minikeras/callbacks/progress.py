"""ProgbarLogger: the progress bar of ``fit``, ``evaluate`` and ``predict``."""

from typing import Any

from .. import config
from ..progress import Progbar, is_interactive, write
from .base import Callback


class ProgbarLogger(Callback):
    """Shows the progress of each epoch, evaluation or prediction with :class:`~minikeras.progress.Progbar`.

    Validation inside ``fit`` shows nothing; its results stand at the end of the epoch's line. Before the first step
    that a process trains, a moving bar says that the kernels are being compiled, which takes a few seconds once on a
    machine.
    """

    _compiled = False

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.progbar: Progbar | None = None
        self.target: int | None = None
        self.verbose = 1
        self.epochs = 1
        self._in_fit = False
        self._validating = False

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        verbose = params.get("verbose", 1)
        self.verbose = 1 if verbose == "auto" else int(verbose)
        self.epochs = params.get("epochs", 1)
        self.target = params.get("steps")

    @property
    def wants_batches(self) -> bool:
        """A bar that does not move needs to hear of steps only to count them."""
        return self.target is None or (self.verbose == 1 and is_interactive())

    def rests(self, batch: int) -> bool:
        """Notes that a step is done; True if nothing would be drawn now."""
        if self._validating:
            return True
        self.seen = batch + 1
        return self.progbar is not None and self.progbar.rests(self.seen)

    def on_train_begin(self, logs: Any = None) -> None:
        self._in_fit = True

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._validating = False
        self._start()
        if self.verbose and self.epochs > 1:
            write(f"Epoch {epoch + 1}/{self.epochs}\n")
        if not ProgbarLogger._compiled and config.backend() == "numba":
            self.progbar.announce("compiling the kernels, or loading them …")  # type: ignore[union-attr]

    def on_test_begin(self, logs: Any = None) -> None:
        self._validating = self._in_fit
        if not self._in_fit:
            self._start()

    def on_predict_begin(self, logs: Any = None) -> None:
        self._start()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._update(batch, logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        if not self._in_fit:
            self._update(batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._update(batch, None)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._finish(logs)

    def on_test_end(self, logs: Any = None) -> None:
        self._validating = False
        if not self._in_fit:
            self._finish(logs)

    def on_predict_end(self, logs: Any = None) -> None:
        self._finish(None)

    def _start(self) -> None:
        self.seen = 0
        self.progbar = Progbar(self.target, verbose=self.verbose, stateless_metrics=())

    def _update(self, batch: int, logs: Any) -> None:
        self.seen = batch + 1
        ProgbarLogger._compiled = True
        if self.progbar is None:
            self._start()
        if self.verbose == 1:
            self.progbar.update(self.seen, (logs or {}).items(), finalize=False)  # type: ignore[union-attr]

    def _finish(self, logs: Any) -> None:
        if self.progbar is None:
            self._start()
        if self.target is None:
            self.target = self.progbar.target = self.seen  # type: ignore[union-attr]
        self.progbar.update(self.target, (logs or {}).items(), finalize=True)  # type: ignore[union-attr]
