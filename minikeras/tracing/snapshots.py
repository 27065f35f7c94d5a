"""Snapshots: weights, activations and loss of a few steps of ``fit``, in bounded memory, for the page's slider."""

from typing import Any

import numpy as np

from ..callbacks import Callback
from ..page.views import cut, kept


class Snapshots(Callback):
    """Keeps weights, activations and the loss on a few fixed rows, every so many steps.

    Args:
        x, y: the fixed rows.
        every: steps between two snapshots. When there are more than ``most``, every second one is dropped, and
            ``every`` is doubled.
        most: how many snapshots are kept.
        longest: how many indices of a longer axis are kept, evenly spread.

    Attributes:
        steps: the number of steps before each snapshot.
        losses: L on the fixed rows, by snapshot.
        arrays: for each snapshot, the arrays by (layer's name, array's name).
        shapes: the whole shapes of the arrays.

    >>> from minikeras import Sequential, layers
    >>> model = Sequential([layers.Dense(1, input_shape=(2,), name="d")])
    >>> model.compile("sgd", "mse")
    >>> snapshots = Snapshots(np.eye(2), np.ones((2, 1)), every=1, most=4)
    >>> _ = model.fit(np.eye(2), np.ones((2, 1)), epochs=6, verbose=0, callbacks=[snapshots])
    >>> snapshots.steps, snapshots.arrays[0]["d", "kernel"].shape
    ([0, 2, 4, 6], (2, 1))
    """

    def __init__(self, x: Any, y: Any, every: int = 100, most: int = 16, longest: int = 16) -> None:
        super().__init__()
        self.x, self.y, self.every, self.most, self.longest = np.array(x), np.array(y), every, most, longest
        self.steps: list[int] = []
        self.losses: list[float] = []
        self.arrays: list[dict[tuple[str, str], np.ndarray]] = []
        self.shapes: dict[tuple[str, str], tuple[int, ...]] = {}
        self._step = 0

    def on_train_begin(self, logs: Any = None) -> None:
        if not self.steps:
            self._take()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._step += 1
        if self._step % self.every == 0:
            self._take()

    def _take(self) -> None:
        trace = self.model.trace(self.x, self.y)
        arrays: dict[tuple[str, str], np.ndarray] = {}
        for layer in trace.layers:
            for p in layer.layer.weights:
                arrays[layer.name, p.name] = trace.before[p.path]
            if "y" in layer.quantities:
                arrays[layer.name, "y"] = layer["y"].value
        self.shapes = {key: value.shape for key, value in arrays.items()}
        self.steps.append(self._step)
        self.losses.append(trace.loss)
        self.arrays.append({key: self._part(value) for key, value in arrays.items()})
        if len(self.steps) > self.most:
            self.every *= 2
            for history in (self.steps, self.losses, self.arrays):
                del history[1::2]

    def _part(self, value: np.ndarray) -> np.ndarray:
        return cut(value, [kept(size, self.longest) for size in value.shape]).copy()
