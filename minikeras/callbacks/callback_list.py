"""CallbackList: tells several callbacks at once."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .backup_and_restore import BackupAndRestore
from .base import Callback
from .history import History
from .progress import ProgbarLogger

BATCH_HOOKS = tuple(
    f"on_{what}batch_{when}" for what in ("", "train_", "test_", "predict_") for when in ("begin", "end")
)
_ALIASES = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


class CallbackList(Callback):
    """Tells every callback, in order: the given ones, then History, then the progress bar, then BackupAndRestore.

    ``logs`` reach all callbacks of one call as one new dictionary of Python numbers, sorted by name, so that what
    one of them adds (a learning rate, say) the next ones see. Of single batches only those hear that listen; with
    ``steps_per_execution=n`` of ``compile``, n batches count as one for them, as in Keras.

    Args:
        callbacks: callbacks, in lists nested at will.
        add_history: adds a :class:`History` if there is none.
        add_progbar: adds a :class:`ProgbarLogger` if there is none.
        model: what the callbacks see as ``self.model``; gets ``model.history``.
        **params: what they see as ``self.params``: verbose, epochs, steps.

    Attributes:
        repeatable: whether the run has to be the same if it is interrupted and goes on: there is a BackupAndRestore.
        wants_batches: whether anyone listens to single batches. Otherwise the batch hooks need not be called.
        wants_every_batch: whether anyone but the progress bar does, which is content with one now and then.

    Differs from Keras: ``logs`` of a batch's end may be a function that makes them, called only when needed; hooks
    are never called from another thread.

    >>> class Echo(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(epoch, logs)
    >>> callbacks = CallbackList([Echo()])
    >>> callbacks.on_epoch_end(0, {"loss": np.float32(0.5), "accuracy": 1.0})
    0 {'accuracy': 1.0, 'loss': 0.5}
    >>> callbacks.wants_batches
    False
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        super().__init__()
        self.callbacks = _flat(callbacks)
        self._history = next((c for c in self.callbacks if isinstance(c, History)), None)
        if self._history is None and add_history:
            self._history = History()
            self.callbacks.append(self._history)
        if add_progbar and not any(isinstance(c, ProgbarLogger) for c in self.callbacks):
            self.callbacks.append(ProgbarLogger())
        others = [c for c in self.callbacks if not isinstance(c, BackupAndRestore)]
        backups = [c for c in self.callbacks if isinstance(c, BackupAndRestore)]
        for backup in backups:
            backup.others = others
        self.callbacks, self.repeatable = others + backups, bool(backups)
        self._every = 1
        self._open: tuple[str, int, Any] | None = None
        self.set_model(model)
        self.set_params(params)

    def set_model(self, model: Any) -> None:
        if model is None:
            return
        super().set_model(model)
        self._every = getattr(model, "steps_per_execution", 1)
        if self._history is not None:
            model.history = self._history
        for callback in self.callbacks:
            callback.set_model(model)

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        if params:
            for callback in self.callbacks:
                callback.set_params(params)
        self._listeners = {hook: [c for c in self.callbacks if _listens(c, hook)] for hook in BATCH_HOOKS}
        self.wants_batches = any(self._listeners.values())
        self.wants_every_batch = any(
            not isinstance(c, ProgbarLogger) for hook in BATCH_HOOKS for c in self._listeners[hook]
        )

    # Hooks of a whole run or epoch.

    def on_train_begin(self, logs: Any = None) -> None:
        self._tell("on_train_begin", logs)

    def on_train_end(self, logs: Any = None) -> None:
        self._tell("on_train_end", logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._tell("on_epoch_begin", logs, epoch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._tell("on_epoch_end", logs, epoch)

    def on_test_begin(self, logs: Any = None) -> None:
        self._tell("on_test_begin", logs)

    def on_test_end(self, logs: Any = None) -> None:
        self._tell("on_test_end", logs)

    def on_predict_begin(self, logs: Any = None) -> None:
        self._tell("on_predict_begin", logs)

    def on_predict_end(self, logs: Any = None) -> None:
        self._tell("on_predict_end", logs)

    def _tell(self, hook: str, logs: Any, *position: int) -> None:
        if self._open is not None:  # too few batches were left for a whole execution
            open_end, self._open = self._open, None
            self._tell_listeners(*open_end)
        told = plain(logs)
        for callback in self.callbacks:
            getattr(callback, hook)(*position, told)

    # Hooks of a batch.

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._tell_listeners("on_batch_begin", batch, logs)

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        self._tell_listeners("on_batch_end", batch, logs)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._begin("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._end("on_train_batch_end", batch, logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._begin("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self._end("on_test_batch_end", batch, logs)

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._begin("on_predict_batch_begin", batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._end("on_predict_batch_end", batch, logs)

    def _begin(self, hook: str, batch: int, logs: Any) -> None:
        """Tells of the first batch of every ``steps_per_execution``."""
        if batch % self._every == 0:
            self._tell_listeners(hook, batch, logs)

    def _end(self, hook: str, batch: int, logs: Any) -> None:
        """Tells of the last batch of every ``steps_per_execution``."""
        last = batch - batch % self._every + self._every - 1
        self._open = None if batch == last else (hook, last, logs)
        if batch == last:
            self._tell_listeners(hook, batch, logs)

    def _tell_listeners(self, hook: str, batch: int, logs: Any) -> None:
        told: dict[str, Any] | None = None
        for callback in self._listeners[hook]:
            if isinstance(callback, ProgbarLogger) and callback.rests(batch):
                continue
            if told is None:
                told = plain(logs)
            getattr(callback, hook)(batch, logs=told)


def plain(logs: dict[str, Any] | Callable[[], dict[str, Any]] | None) -> dict[str, Any]:
    """Logs as a new dictionary, sorted by name, with Python numbers for NumPy's.

    >>> plain({"loss": np.float32(0.5), "accuracy": np.array(1.0)})
    {'accuracy': 1.0, 'loss': 0.5}
    """
    if callable(logs):
        logs = logs()
    return {name: _number(value) for name, value in sorted((logs or {}).items())}


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, np.generic | np.ndarray | int) and np.ndim(value) == 0 else value


def _flat(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    if isinstance(callbacks, CallbackList):
        return list(callbacks.callbacks)
    if isinstance(callbacks, dict):
        callbacks = callbacks.values()
    elif not isinstance(callbacks, list | tuple):
        return [callbacks]
    return [c for part in callbacks for c in _flat(part)]


def _listens(callback: Any, hook: str) -> bool:
    """Whether a callback has a hook of its own, under either name, and does not say that it rests."""
    if not getattr(callback, "wants_batches", True):
        return False
    return any(
        name is not None and _function(callback, name) is not getattr(Callback, name)
        for name in (hook, _ALIASES.get(hook))
    )


def _function(callback: Any, hook: str) -> Any:
    method = getattr(callback, hook)
    return getattr(method, "__func__", method)
