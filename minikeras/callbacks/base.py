"""Callback: what may listen to a training, an evaluation or a prediction."""

from typing import Any


class Callback:
    """Base class: override the hooks of interest.

    ``self.model`` and ``self.params`` (verbose, epochs, steps) are set before the first call. ``logs`` are
    dictionaries of numbers, sorted by name. ``self.model.stop_training = True`` ends ``fit``: the running epoch
    after this batch, then its validation, then all.

    A callback with an attribute ``wants_batches`` that is False is not told of single batches.

    Attributes:
        remembers: names of the attributes that a training which goes on after an interruption needs again: numbers,
            strings, arrays, or lists and dictionaries of them. :class:`BackupAndRestore` keeps them.

    >>> class Echo(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(epoch, sorted(logs))
    >>> Echo().on_epoch_end(0, {"loss": 1.0})
    0 ['loss']
    """

    remembers: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self.model: Any = None

    def get_state(self) -> dict[str, Any]:
        """What it remembers, by name."""
        return {name: getattr(self, name) for name in self.remembers}

    def set_state(self, state: dict[str, Any]) -> None:
        """Remembers what :meth:`get_state` told, in another process; called after ``on_train_begin``."""
        for name, value in state.items():
            setattr(self, name, value)

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
