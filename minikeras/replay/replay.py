"""Replay: lets a :class:`~.program.Program` take most steps of a ``fit``.

The first step of every epoch is taken by the layers, and its kernel calls are written down; the last one too, so that
gradients, outputs and a shorter batch are as the layers leave them. The steps between are the program's. Before it is
used, it has to repeat the recorded step to the same bytes: the second one of a ``fit``, which shows what the first one
left behind. If it does not, something happens in a step that its calls do not tell (a method that was replaced, say),
and the layers take all steps.

Then the program may make gradients where they are applied, and be cut in two, for two cores. BLAS can round its smaller
products differently; where it does, a run that must be repeatable, after ``set_random_seed`` or with BackupAndRestore,
does without.
"""

import time
from contextlib import nullcontext
from typing import Any

import numpy as np

from .. import config, kernels
from ..activations import Activation
from ..layers.base import Layer
from ..layers.within import everyone
from ..optimizers import SGD, Adam, RMSprop
from ..training import data
from ..training.head import Fused
from .thread_chooser import ThreadChooser


class Replay:
    """Takes steps of one ``fit``, on one BLAS thread.

    Args:
        model: ready for training.
        batches: the data.
        exact: whether the program has to give the same bytes as the layers.
        cores: how many there are.
    """

    #: Seconds of a ``fit``, by a rough estimate, for which it is worth to compile or load a program's operations.
    WORTH = 0.3
    #: Steps left in an epoch for which it is worth to record one.
    _FEW = 8
    #: Floating-point operations between two looks at the clock, Ctrl-C and the progress bar: 40 ms on two cores.
    _CHUNK = 5_000_000_000

    def __init__(self, model: Any, batches: data.Arrays, exact: bool, cores: int) -> None:
        from .machine import Workers

        self._model, self._batches, self._exact = model, batches, exact
        self._state = [p.value for p in (*model._trained, *model.optimizer.variables[2:])]
        self._most = min(max(self._CHUNK // _operations(model, batches), 1), 512)
        self._rates = np.empty(self._most, model.dtype)  # Adam's α of each step of a run
        self._program: Any = None
        self._arrays: list[Any] = []
        self._numbers: list[Any] = []
        self._refused = self._warm = False
        self._current, self._left = False, -1  # True if the program was recorded in this epoch; its steps left
        self._workers = Workers()
        self._pace = ThreadChooser(self._workers.use, 2, patience=16, least=1) if cores > 1 else None

    @staticmethod
    def suits(model: Any, batches: Any, steps: int) -> bool:
        """Whether a program could take so many steps of this model, and is worth it: what is known without trying.

        That is so for minikeras's own layers (a custom layer may do something else at every step), sparse cross-entropy
        taken on the logits, SGD or Adam without amsgrad at a rate that stays for an epoch, arrays without sample
        weights, and Numba; with neither regularizers nor constraints, nor ``run_eagerly``.
        """
        return (
            config.backend() == "numba"
            and not model._run_eagerly
            and not model._is_custom("train_step")
            and all(_is_ours(part) for layer in everyone(model) for part in (layer, *vars(layer).values()))
            and isinstance(batches, data.Arrays)
            and type(batches.x) is type(batches.y) is np.ndarray
            and batches.sample_weight is None
            and data.gathers(batches.x)
            and _updates_by_one_kernel(model.optimizer)
            and model.optimizer.has_constant_rate
            and model.optimizer.is_plain
            and isinstance(model._head, Fused)
            and not any(layer.activity_regularizer for layer in everyone(model))
            and not model._regularized
            and not any(p.constraint for p in model._trained)
            and steps * (1e-4 + _operations(model, batches) / 60e9) >= Replay.WORTH
            and _finds_blas(model.dtype)
        )

    def take(self, batch: data.Batch, left: int) -> int:
        """Takes the step on a batch, by the layers, or with some of those after it by the program.

        Args:
            batch: the one that the pass over the data has just given.
            left: how many steps the epoch has left, this one included.

        Returns:
            how many steps were taken.
        """
        with self._model.lock:
            if left != self._left:  # another epoch: the learning rate may have changed
                self._current = False
            taken = self._by_program(left) if self._current else 0
            if not taken:
                self._by_layers(batch, left)
                taken = 1
        self._left = left - taken
        return taken

    def _replayable_steps(self, left: int) -> int:
        """How many steps, from the present one on, may be the program's: not the epoch's last, not one on few rows."""
        full, steps = len(self._batches.x) // self._batches.batch_size, self._batches.steps or 0
        return min(left - 1, min(full, steps - 1) - self._model._train_batches.taken + 1)

    def _by_layers(self, batch: data.Batch, left: int) -> None:
        """One step by the layers; written down if many follow."""
        if self._refused or not self._warm or self._replayable_steps(left) <= self._FEW:
            self._model._take_step(*batch)
            self._warm = True
            return
        from .instructions import UPDATES

        before = [a.copy() for a in self._state]
        with kernels.recorded() as calls:
            self._model._take_step(*batch)
        updates = [i for i, (name, _) in enumerate(calls) if name in UPDATES]
        calls = [as_instructed(*call, self._rates) for call in calls[: updates[-1] + 1]] if updates else []
        arrays, numbers = _arrays_and_numbers(calls)
        if arrays != self._arrays:
            self._program = self._verified(calls, batch[0], before)
            self._refused = self._program is None
        elif numbers != self._numbers:  # another learning rate
            self._program = self._made(calls, batch[0], self._program.cut, self._program.late)
        self._arrays, self._numbers = arrays, numbers
        self._current = self._program is not None

    def _write_rates(self, first: int, steps: int) -> None:
        """Adam's α of so many steps, the first of which is step ``first`` of the optimizer, counted from 1."""
        optimizer, number = self._model.optimizer, self._rates.dtype.type
        if type(optimizer) is Adam:
            rate = number(optimizer.learning_rate)
            self._rates[:steps] = [optimizer.alpha(rate, number(t)) for t in range(first, first + steps)]

    def _made(self, calls: list[kernels.Call], x: np.ndarray, cut: bool, late: bool) -> Any:
        from .program import Program

        gives_logits, rates = self._model._head.gives_logits, self._rates
        return Program(calls, self._batches.x, x, self._state, self._most, gives_logits, cut, late, rates)

    def _verified(self, calls: list[kernels.Call], x: np.ndarray, before: list[np.ndarray]) -> Any:
        """The fastest program that repeats the step just taken, from the state before it to the one after it; or None.

        Where bytes need not be the same, the very calls have to repeat it, and the program is cut.
        """
        from .instructions import NotReplayable
        from .table import changes_bits

        rows = self._model._train_batches.numbers(1)
        labels = self._batches.y[rows]  # type: ignore[index]
        touched = [*self._state, *(p.grad for p in self._model._trained)]
        after, losses = [a.copy() for a in touched], self._model._head.last_values.copy()

        def repeats(program: Any) -> bool:
            _write(self._state, before)
            self._write_rates(self._model.optimizer.iterations, 1)
            program.run(self._workers, rows, labels)
            pairs = [*zip(self._state, after, strict=False), (program.losses[0], losses)]
            return all(a.tobytes() == b.tobytes() for a, b in pairs)

        try:
            self._workers.use(1)
            whole, begun = self._made(calls, x, cut=False, late=False), time.perf_counter()
            if not repeats(whole):
                return None
            seconds = time.perf_counter() - begun
            for cut in (True, False):
                if self._exact and changes_bits(calls, self._workers, cut):
                    continue
                program = self._made(calls, x, cut, late=True)
                if not self._exact or repeats(program):
                    if cut and self._pace is not None:
                        self._pace.start(2, one=seconds)
                    return program
            return whole
        except NotReplayable:
            return None
        finally:
            _write(touched, after)

    def _by_program(self, left: int) -> int:
        """Some steps by the program; how many."""
        program = self._program
        pace = self._pace if program.cut else None
        most = self._most if pace is None or not pace.brief else -(-self._most // 16)
        steps = min(self._replayable_steps(left), most)
        if steps < 1:
            return 0
        model = self._model
        rows = model._train_batches.numbers(steps)
        labels = self._batches.y[rows]  # type: ignore[index]
        self._write_rates(model.optimizer.iterations + 1, steps)
        if pace is not None:
            pace.size = steps
        with pace or nullcontext():
            program.run(self._workers, rows, labels)
        model.optimizer._iteration.value += steps
        weights = model._head.last_weights.reshape(-1)
        losses = np.array([np.dot(weights, values) for values in program.losses[:steps]])
        model._tracker.update_steps(losses, labels, program.outputs[:steps])
        return steps

    def close(self) -> None:
        """Lets the second thread go."""
        self._workers.close()


def as_instructed(name: str, arguments: tuple[Any, ...], rates: np.ndarray) -> kernels.Call:
    """A call without the slots that are None; Adam's α comes from an array, since it changes in every step."""
    if name == "adam":
        w, m, v, _, g, _, *numbers = arguments
        return name, (w, m, v, g, rates, *numbers)
    if name == "rmsprop":
        w, v, _, _, *others = arguments
        return name, (w, v, *others)
    return name, arguments


def _is_ours(part: Any) -> bool:
    """Whether it is no layer, activation or function of the user's."""
    own = isinstance(part, Layer | Activation) or callable(part)
    return not own or type(part).__module__.split(".")[0] == __name__.split(".")[0]


def _updates_by_one_kernel(optimizer: Any) -> bool:
    """Whether a program knows the optimizer."""
    return (
        type(optimizer) is SGD
        or (type(optimizer) is Adam and not optimizer.amsgrad)
        or (type(optimizer) is RMSprop and not optimizer.momentum and not optimizer.centered)
    )


def _finds_blas(dtype: str) -> bool:
    from ..kernels.compiled.blas import products

    return products(np.dtype(dtype)) is not None


def _operations(model: Any, batches: data.Arrays) -> int:
    """Floating-point operations of a step, about."""
    return 6 * batches.batch_size * sum(p.value.size for p in model._trained) or 1


def _arrays_and_numbers(calls: list[kernels.Call]) -> tuple[list[Any], list[Any]]:
    """Which kernels ran on which arrays, and the numbers beside them."""
    arrays = [
        (name, *((a.ctypes.data, a.shape, a.strides, a.dtype) for a in arguments if isinstance(a, np.ndarray)))
        for name, arguments in calls
    ]
    return arrays, [a for _, arguments in calls for a in arguments if not isinstance(a, np.ndarray)]


def _write(arrays: list[np.ndarray], values: list[np.ndarray]) -> None:
    for a, value in zip(arrays, values, strict=True):
        a[...] = value
