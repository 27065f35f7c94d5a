"""Callbacks that record, and two small ones: History, CSVLogger, TerminateOnNaN, LambdaCallback."""

import math
import os
from collections.abc import Callable, Iterable
from typing import Any

from .. import console
from .base import Callback


class History(Callback):
    """What ``fit`` returns.

    Attributes:
        history: a list of values, one an epoch, for each logged name; ``pandas.DataFrame(history)`` is a table.
        epoch: the epochs, counted from 0.
    """

    remembers = ("history", "epoch")

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self


class CSVLogger(Callback):
    """One line an epoch in a CSV file.

    Args:
        filename: the file.
        separator: between the columns.
        append: goes on with an existing file instead of starting it anew.

    The first epoch decides on the columns: "epoch", then what it logged, sorted; if it had no validation, there are
    val_ columns for later ones all the same. What an epoch lacks is "NA". With ``append``, the columns are those of the
    file's header.

    Raises:
        ValueError: from ``fit``, if the header of the file to append to lacks a logged name.

    Differs from Keras: Keras writes rows under a header that does not belong to them.
    """

    def __init__(self, filename: Any, separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename, self.sep, self.append = os.fspath(filename), separator, append
        self._file: Any = None
        self._keys: list[str] | None = None
        self._header = True

    def on_train_begin(self, logs: Any = None) -> None:
        if self._file:
            self._file.close()
        self._keys = self._columns() if self.append else None
        if self.append:
            self._header = self._keys is None
        self._file = open(self.filename, "a" if self.append else "w", newline="")  # noqa: SIM115

    def _columns(self) -> list[str] | None:
        """The columns behind "epoch" in the header of the file; None if there is no header."""
        import csv

        if not os.path.exists(self.filename):
            return None
        with open(self.filename, newline="") as file:
            header = next(csv.reader(file, delimiter=self.sep), None)
        return None if header is None else header[1:]

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = logs or {}
        import csv

        writer = csv.writer(self._file, delimiter=self.sep)
        if self._keys is None:
            self._keys = sorted(logs)
            if not any(key.startswith("val_") for key in self._keys):
                self._keys += [f"val_{key}" for key in self._keys]
            if self._header:
                writer.writerow(["epoch", *self._keys])
        missing = [key for key in logs if key not in self._keys]
        if missing and self.append and not self._header:
            raise ValueError(
                f"CSVLogger cannot append to {self.filename}: its header has no column for {missing}. It has "
                f"{['epoch', *self._keys]}, with {self.sep!r} between columns. Choose another file, or append=False."
            )
        writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self._keys)])
        self._file.flush()

    def get_state(self) -> dict[str, Any]:
        with open(self.filename, newline="") as file:
            return {"keys": self._keys, "header": self._header, "text": file.read()}

    def set_state(self, state: dict[str, Any]) -> None:
        """Puts the lines back too, and removes those of epochs that come again."""
        self._keys, self._header = state["keys"], state["header"]
        self._file.truncate(0)
        self._file.seek(0)
        self._file.write(state["text"])
        self._file.flush()

    def on_train_end(self, logs: Any = None) -> None:
        if self._file:
            self._file.close()
            self._file = None


def _cell(value: Any) -> Any:
    """Several values as one quoted list."""
    several = isinstance(value, Iterable) and not isinstance(value, str)
    return f'"[{", ".join(map(str, value))}]"' if several else value


class TerminateOnNaN(Callback):
    """Stops as soon as the running loss is NaN or infinite.

    Args:
        raise_error: raises instead.

    Raises:
        RuntimeError: from ``fit``, at such a loss, if ``raise_error``.
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(
                f"NaN or Inf loss encountered at batch {batch}. Loss value: {loss}. Terminating training immediately."
            )
        console.show(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True


class LambdaCallback(Callback):
    """A callback from functions, one for each hook of interest.

    >>> LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch)).on_epoch_end(3, {})
    3
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **kwargs: Callable[..., Any],
    ) -> None:
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        for hook, function in given.items():
            if function is not None:
                setattr(self, hook, function)
