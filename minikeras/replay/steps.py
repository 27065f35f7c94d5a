"""Steps: takes the steps of one ``fit``. The trainer knows nothing else of this folder."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from .. import random, threads
from . import thread_chooser
from .replay import Replay


class Steps:
    """Takes the steps of one ``fit``.

    Args:
        model: ready for training.
        pace: what each of the model's steps is run in, as a context.
        replay: what may take many steps at once; None where the model takes all.
    """

    def __init__(self, model: Any, pace: AbstractContextManager[None], replay: Replay | None) -> None:
        self._model, self._pace, self._replay = model, pace, replay

    def take(self, batch: Any, left: int) -> int:
        """Takes the step on a batch, and maybe some of those after it.

        Args:
            batch: the one that the pass over the data has just given.
            left: how many steps the epoch has left, this one included.

        Returns:
            how many were taken.
        """
        if self._replay is not None:
            return self._replay.take(batch, left)
        with self._pace:
            self._model._step(batch)
        return 1


@contextmanager
def steps_of(model: Any, plan: Any, epochs: int) -> Iterator[Steps]:
    """The steps of a ``fit``, with the right number of BLAS threads inside the ``with`` block.

    - A ``fit`` that can be repeated uses one: a program has a better way to two cores.
    - Any other ``fit`` after ``set_random_seed`` or with BackupAndRestore must come out the same each time: the number
      goes by the size of the products.
    - Any other one is never the same twice, so it may choose: see :class:`~.thread_chooser.ThreadChooser`.
    """
    batches, listeners = plan.batches, plan.listeners
    steady = random.seed() is not None or listeners.repeatable
    suits = plan.shuffle and Replay.suits(model, batches, epochs * (plan.steps or batches.steps or 0))
    replay = Replay(model, batches, steady, threads.most()) if suits and not listeners.wants_every_batch else None
    largest = model._largest_product(batches.batch_size)
    if replay is not None or (suits and steady):  # the same bits whether or not anyone listens to batches
        inside: Any = threads.one()
    else:
        inside = threads.blas_threads(largest) if steady else thread_chooser.measured_threads(largest)
    try:
        with inside as pace:
            yield Steps(model, pace or nullcontext(), replay)
    finally:
        if replay is not None:
            replay.close()
