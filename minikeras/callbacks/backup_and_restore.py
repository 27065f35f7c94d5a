"""BackupAndRestore."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..layers.within import everyone, members
from ..random import SeedGenerator, snapshot
from ..structures import flat, pack
from .base import Callback


class BackupAndRestore(Callback):
    """Keeps the whole state of a training in a file, from which the same program, started again, goes on.

    A training killed at any moment and started again ends with **the same bits** as one that was not: weights,
    optimizer, History and what the other callbacks remember (:meth:`Callback.get_state`). So the file holds, beside
    those, every random state (rows' order, Dropout, Python's and NumPy's generators), the states of stateful layers,
    the present order of the rows, the place in it and the running metrics. It is written whole or not at all; NumPy is
    enough to read it.

    Args:
        backup_dir: the folder, for this one training alone.
        save_freq: "epoch", or a number of batches, counted on over epochs: the training then goes on in the middle of
            an epoch, and its ``on_epoch_begin`` is heard twice.
        double_checkpoint: keeps the backup before the last one too, in case the disk damages the last.
        delete_checkpoint: removes the backup when the training is done; False lets a program that is killed later go
            on from the end of the training.

    Raises:
        ValueError: for an empty ``backup_dir`` or another ``save_freq``; from ``fit``, for a damaged backup, or one of
            another model or other callbacks, by the file's name.
        TypeError: from ``fit``, if a callback's state is more than numbers, strings, arrays, lists and dictionaries.

    The program has to be the same, with the same data, on the same machine: the last bits of a matrix product depend
    on the processor and on how many threads share it. From a generator that goes on from epoch to epoch
    (``steps_per_epoch``) the batches already seen are taken again and skipped; one that ends has to be made anew.

    Differs from Keras: the first backup is made before the first step; all of the above but weights, optimizer and
    epoch is not in Keras's backup, and its History holds only the epochs after the restart; the model need not be built
    before ``fit``; a stopped training stays stopped; only its own files are removed from ``backup_dir``;
    ``save_freq=False`` is refused.

    >>> import tempfile
    >>> import numpy as np
    >>> import minikeras as keras
    >>> folder = tempfile.mkdtemp()
    >>> def program(*callbacks):
    ...     keras.utils.set_random_seed(42)
    ...     model = keras.Sequential([keras.layers.Dense(2), keras.layers.Dropout(0.5)])
    ...     model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    ...     callbacks = [*callbacks, keras.callbacks.BackupAndRestore(folder)]
    ...     return model.fit(np.eye(4), np.eye(4)[:, :2], epochs=5, verbose=0, callbacks=callbacks)
    >>> def interrupt(epoch, logs):
    ...     if epoch == 2:
    ...         raise RuntimeError
    >>> undisturbed = program()
    >>> try:
    ...     program(keras.callbacks.LambdaCallback(on_epoch_begin=interrupt))
    ... except RuntimeError:
    ...     print(os.listdir(folder))
    ['latest.npz']
    >>> program().history == undisturbed.history
    True
    """

    def __init__(
        self,
        backup_dir: Any,
        save_freq: Any = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        if not backup_dir:
            raise ValueError("Empty `backup_dir` argument passed")
        if save_freq != "epoch" and (not isinstance(save_freq, int) or save_freq < 1):
            raise ValueError(
                f"Invalid value for argument `save_freq`. Received: save_freq={save_freq}. "
                "Expected either 'epoch' or a positive integer."
            )
        self.backup_dir, self.save_freq = backup_dir, save_freq
        self.double_checkpoint, self.delete_checkpoint = double_checkpoint, delete_checkpoint
        self._latest, self._previous = (Path(backup_dir, name) for name in ("latest.npz", "previous.npz"))
        self.others: list[Any] = []  # the callbacks that hear before this one; set by CallbackList
        self._saved: dict[str, Any] | None = None
        self._epoch = self._batches = 0

    @property
    def wants_batches(self) -> bool:
        """Only if it saves between epochs."""
        return self.save_freq != "epoch"

    def on_train_begin(self, logs: Any = None) -> None:
        self._batches = 0
        self._saved = self._read()
        if self._saved is None:
            self._save(self.model._start.epoch, 0)
        else:
            self._restore(self._saved)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch
        if self._saved is not None and self._saved["start"]["step"]:
            self._restore(self._saved)  # anew: this epoch began once before
        self._saved = None

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._batches += 1
        if self._batches >= self.save_freq and not self.model.stop_training:
            self._batches = 0
            self._save(self._epoch, batch + 1)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch + 1, 0)

    def on_train_end(self, logs: Any = None) -> None:
        if self.delete_checkpoint:
            self._previous.unlink(missing_ok=True)
            self._latest.unlink(missing_ok=True)
            if not any(Path(self.backup_dir).iterdir()):
                os.rmdir(self.backup_dir)

    # The file. saving/ knows models, whose trainer knows callbacks: it is imported when needed.

    def _save(self, epoch: int, step: int) -> None:
        from ..saving import layout, nested

        model = self.model
        ahead = model._train_batches
        taken = 0 if ahead is None else ahead.taken
        arrays = layout.arrays_of(model)
        state = {
            "start": {"epoch": epoch, "step": step, "taken": taken, "order": ahead.order if taken else None},
            "stopped": model.stop_training,
            "arrays": arrays,
            "names": arrays.names,
            "seeds": [generator.state for generator in _generators(model)],
            "states": [_states_of(layer) for layer in _stateful(model)],
            "metrics": model._tracker.get_state(),
            "callbacks": [[type(callback).__name__, callback.get_state()] for callback in self._remembering()],
            "random": snapshot.take(model),
        }
        os.makedirs(self.backup_dir, exist_ok=True)
        if self.double_checkpoint and self._latest.exists():
            os.replace(self._latest, self._previous)
        nested.write(self._latest, state)

    def _read(self) -> dict[str, Any] | None:
        from ..saving import nested

        there = [path for path in (self._latest, self._previous) if path.exists()]
        for path in there:
            try:
                return nested.read(path)
            except DataError:
                if path is there[-1]:
                    raise
        return None

    def _restore(self, saved: dict[str, Any]) -> None:
        from ..saving import layout, limits

        model = self.model
        with limits.naming(self._latest):
            callbacks = self._remembering()
            before, now = [name for name, _ in saved["callbacks"]], [type(c).__name__ for c in callbacks]
            if before != now:
                raise DataError(f"that training had the callbacks {before}, whose state is here; this one has {now}")
            layout.assign(model, layout.Arrays(saved["arrays"], names=saved.get("names")))
            for generator, numbers in zip(_generators(model), saved["seeds"], strict=True):
                generator.state[:] = numbers
            for layer, states in zip(_stateful(model), saved["states"], strict=True):
                layer.states = states and pack(layer.get_initial_state(len(states[0])), states)
            model._tracker.set_state(saved["metrics"])
            for callback, (_, state) in zip(callbacks, saved["callbacks"], strict=True):
                callback.set_state(state)
            snapshot.put_back(saved["random"], model)
            model._start = model._start._replace(**saved["start"])
            if saved["stopped"]:
                model._start = model._start._replace(epoch=self.params["epochs"])

    def _remembering(self) -> list[Any]:
        """The other callbacks that have a state."""
        return [callback for callback in self.others if hasattr(callback, "get_state") and callback.get_state()]


def _stateful(model: Any) -> list[Any]:
    """The recurrent layers that keep their states from batch to batch."""
    return [layer for layer in everyone(model) if getattr(layer, "stateful", False)]


def _states_of(layer: Any) -> list[Any] | None:
    """The arrays of its states, if it has any yet."""
    return None if layer.states is None else flat(layer.states)


def _generators(model: Any) -> Iterator[SeedGenerator]:
    for layer in everyone(model):
        yield from members(layer, SeedGenerator)
