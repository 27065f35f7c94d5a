"""Callback: what may listen to a training, and the list that tells them."""

from collections.abc import Iterable
from typing import Any


class Callback:
    """Base class: override the hooks of interest.

    ``self.model`` and ``self.params`` (verbose, epochs, steps) are set before the first call. ``logs`` are
    dictionaries of numbers. ``self.model.stop_training = True`` ends ``fit`` after the running epoch.

    >>> class Echo(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(epoch, sorted(logs))
    >>> Echo().on_epoch_end(0, {"loss": 1.0})
    0 ['loss']
    """

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self.model: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    def set_model(self, model: Any) -> None:
        self.model = model

    def on_train_begin(self, logs: Any = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Any = None) -> None:
        """After the last epoch; logs are that epoch's."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """After an epoch and its validation; logs are its means."""

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Keras's older name for on_train_batch_begin."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Keras's older name for on_train_batch_end."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a training step, counted from 0 in each epoch."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a training step; logs are the running means of the epoch."""
        self.on_batch_end(batch, logs)

    def on_test_begin(self, logs: Any = None) -> None:
        """Before an evaluation, also inside ``fit``."""

    def on_test_end(self, logs: Any = None) -> None:
        """After an evaluation."""

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of an evaluation."""

    def on_predict_begin(self, logs: Any = None) -> None:
        """Before a prediction."""

    def on_predict_end(self, logs: Any = None) -> None:
        """After a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of a prediction; logs hold its outputs."""


_BATCH_HOOKS = ("on_batch_begin", "on_batch_end") + tuple(
    f"on_{what}_batch_{when}" for what in ("train", "test", "predict") for when in ("begin", "end")
)


class CallbackList(Callback):
    """Tells every callback, in order.

    Attributes:
        wants_batches: whether any of them listens to single batches; the trainer says nothing otherwise.
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        from .history import History
        from .progress import ProgbarLogger

        super().__init__()
        if callbacks is None:
            callbacks = []
        elif isinstance(callbacks, CallbackList):
            callbacks = callbacks.callbacks
        elif not isinstance(callbacks, Iterable):
            callbacks = [callbacks]
        self.callbacks: list[Callback] = list(callbacks)
        if add_progbar and not any(isinstance(c, ProgbarLogger) for c in self.callbacks):
            self.callbacks.append(ProgbarLogger())
        if add_history:
            history = next((c for c in self.callbacks if isinstance(c, History)), None) or History()
            if history not in self.callbacks:
                self.callbacks.append(history)
            model.history = history
        for callback in self.callbacks:
            callback.set_model(model)
            callback.set_params(params)
        self._listening = [c for c in self.callbacks if _listens(c)]
        self.wants_batches = bool(self._listening)


def _listens(callback: Callback) -> bool:
    if hasattr(callback, "wants_batches"):
        return callback.wants_batches
    return any(getattr(type(callback), hook) is not getattr(Callback, hook) for hook in _BATCH_HOOKS) or any(
        hook in vars(callback) for hook in _BATCH_HOOKS
    )


def _tell(hook: str, listeners: str) -> Any:
    def tell(self: CallbackList, *args: Any) -> None:
        for callback in getattr(self, listeners):
            getattr(callback, hook)(*args)

    return tell


for _what in ("train", "test", "predict"):
    for _when in ("begin", "end"):
        setattr(CallbackList, f"on_{_what}_{_when}", _tell(f"on_{_what}_{_when}", "callbacks"))
        setattr(CallbackList, f"on_{_what}_batch_{_when}", _tell(f"on_{_what}_batch_{_when}", "_listening"))
for _when in ("begin", "end"):
    setattr(CallbackList, f"on_epoch_{_when}", _tell(f"on_epoch_{_when}", "callbacks"))
