"""A training step as a program that runs without Python, on two cores.

Every step of a training calls the same kernels on the same arrays; only the rows of the data differ. So the calls of
one step are written down (:func:`minikeras.kernels.recorded`) and then executed again and again by compiled code: the
idea of a CUDA graph, on a CPU. The layers stay what says how a step is computed; nothing is written twice.

===================  ====================================================================
:mod:`.instructions` from calls to instructions; each in two parts, for one core each
:mod:`.table`        many instructions; whether cutting them changes any bit
:mod:`.operations`   what an instruction can do: the kernels, on some columns
:mod:`.machine`      runs instructions on one core or two
:mod:`.blas`         where the matrix products are
===================  ====================================================================

What makes it fast, beside the absence of Python: each core keeps to its columns of every kernel, which then fits into
its own cache; and a gradient that only SGD reads is made and applied in small pieces, so that it is never written to
memory.
"""

from typing import Any

import numpy as np

from .. import kernels
from .blas import products
from .instructions import CannotProgram, Compiler, address
from .machine import Team
from .table import Table, cut_changes_bits

__all__ = ["CannotProgram", "Program", "Team", "cut_changes_bits"]


class Program:
    """The recorded calls of a step, ready to be run on other rows.

    Args:
        calls: of the kernels of one step of sparse cross-entropy, up to its last update.
        x: all data (M, …); a step takes some rows, as the recorded one did.
        batch: the batch that the recorded step used: of the model's dtype, in memory of its own.
        state: the arrays that live from step to step: parameters, momenta.
        most: how many steps ``run`` takes at most.
        gives_logits: whether the model's outputs are the logits, not the probabilities.
        cut: False keeps to the very calls; True shares them between cores and applies gradients in pieces, with
            results that can differ in the last bits, as BLAS rounds smaller products differently.

    Attributes:
        outputs, losses: of the steps of the latest run: (steps, N, K), (steps, N).

    Raises:
        CannotProgram: if the calls are not all there is to the step, or BLAS is not found.
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
    ) -> None:
        found = products(batch.dtype)
        if found is None:
            raise CannotProgram("BLAS is not found")
        heads = [arguments for name, arguments in calls if name == "softmax_crossentropy"]
        if len(heads) != 1 or len(heads[0][0]) != len(batch):
            raise CannotProgram("no sparse cross-entropy of one label a row")
        z, labels, weights, p, losses, _ = heads[0]
        self.cut = cut
        n, outputs = len(batch), z if gives_logits else p
        self._rows, self._labels = np.zeros((most, n), np.int64), np.zeros((most, n), np.int64)
        self.outputs = np.empty((most, *outputs.shape), outputs.dtype)
        self.losses = np.empty((most, *losses.shape), losses.dtype)
        moved = [(labels, self._labels[0]), (outputs, self.outputs[0]), (losses, self.losses[0])]
        calls = [("gather", (x, self._rows[0], batch)), *_replaced(calls, moved)]
        known = [*state, self._labels[0], weights]
        moving = (self._rows, self._labels, self.outputs, self.losses)
        self._table = Table(Compiler(batch.dtype, found, known, cut), calls, moving)

    def run(self, team: Team, rows: np.ndarray, labels: np.ndarray) -> None:
        """Some steps, one after the other; with two cores, inside ``threads.one()``.

        Args:
            team: who does the work.
            rows: (steps, N), which rows of the data each step takes.
            labels: (steps, N) theirs.
        """
        steps = len(rows)
        self._rows[:steps], self._labels[:steps] = rows, labels.reshape(steps, -1)
        self._table.run(team, steps)


def _replaced(calls: list[kernels.Call], moved: list[tuple[np.ndarray, np.ndarray]]) -> list[kernels.Call]:
    """The calls with some arrays in another place."""
    places = {address(old): new for old, new in moved}

    def place(argument: Any) -> Any:
        new = places.get(address(argument)) if isinstance(argument, np.ndarray) else None
        return argument if new is None else new.reshape(argument.shape)

    return [(name, tuple(map(place, arguments))) for name, arguments in calls]
