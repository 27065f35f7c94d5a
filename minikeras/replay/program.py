"""Program: a recorded step that runs without Python."""

from typing import Any

import numpy as np

from .. import kernels
from ..kernels.compiled.blas import products
from .instructions import Compiler, NotReplayable, address
from .machine import Workers
from .table import Table


class Program:
    """The recorded calls of a step, ready to be run on other rows.

    Args:
        calls: of the kernels of one step of sparse cross-entropy, up to its last update.
        x: all data (M, …); a step takes some rows, as the recorded one did.
        batch: the batch that the recorded step used: of the model's dtype, in memory of its own.
        state: the arrays that live from step to step: parameters, momenta.
        most: how many steps ``run`` takes at most.
        gives_logits: whether the model's outputs are the logits, not the probabilities.
        cut: True shares each call between two cores.
        late: True makes gradients where they are applied, some rows at a time. Both can change the last bits, as BLAS
            rounds smaller products differently; with neither, the program is the very calls.
        rates: (most,), the number that changes from step to step, to be written before ``run``: Adam's α.

    Attributes:
        outputs, losses: of the steps of the latest run: (steps, N, K), (steps, N).

    Raises:
        NotReplayable: if the calls are not all there is to the step, or BLAS is not found.
    """

    def __init__(
        self,
        calls: list[kernels.Call],
        x: np.ndarray,
        batch: np.ndarray,
        state: list[np.ndarray],
        most: int,
        gives_logits: bool = False,
        cut: bool = True,
        late: bool = True,
        rates: np.ndarray | None = None,
    ) -> None:
        found = products(batch.dtype)
        if found is None:
            raise NotReplayable("BLAS is not found")
        heads = [arguments for name, arguments in calls if name == "softmax_crossentropy"]
        if len(heads) != 1 or len(heads[0][0]) != len(batch):
            raise NotReplayable("no sparse cross-entropy of one label a row")
        z, labels, weights, p, losses, _ = heads[0]
        self.cut, self.late = cut, late
        n, outputs = len(batch), z if gives_logits else p
        self._rows, self._labels = np.zeros((most, n), np.int64), np.zeros((most, n), np.int64)
        self.outputs = np.empty((most, *outputs.shape), outputs.dtype)
        self.losses = np.empty((most, *losses.shape), losses.dtype)
        moved = [(labels, self._labels[0]), (outputs, self.outputs[0]), (losses, self.losses[0])]
        calls = [("gather", (x, self._rows[0], batch)), *_replaced(calls, moved)]
        known = [*state, self._labels[0], weights]
        moving = [self._rows, self._labels, self.outputs, self.losses]
        if rates is not None:
            known.append(rates)
            moving.append(rates)
        self._table = Table(Compiler(batch.dtype, found, known, cut, late), calls, moving)

    def run(self, workers: Workers, rows: np.ndarray, labels: np.ndarray) -> None:
        """Some steps, one after the other; with two cores, inside ``threads.one()``.

        Args:
            workers: run the instructions.
            rows: (steps, N), which rows of the data each step takes.
            labels: (steps, N) theirs.
        """
        steps = len(rows)
        self._rows[:steps], self._labels[:steps] = rows, labels.reshape(steps, -1)
        self._table.run(workers, steps)


def _replaced(calls: list[kernels.Call], moved: list[tuple[np.ndarray, np.ndarray]]) -> list[kernels.Call]:
    """The calls with some arrays in another place."""
    places = {address(old): new for old, new in moved}

    def place(argument: Any) -> Any:
        new = places.get(address(argument)) if isinstance(argument, np.ndarray) else None
        return argument if new is None else new.reshape(argument.shape)

    return [(name, tuple(map(place, arguments))) for name, arguments in calls]
