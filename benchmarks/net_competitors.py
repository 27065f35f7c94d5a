"""Who trains the nets of :mod:`benchmarks.nets`, and the floor under a step."""

import importlib
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .competitors import ENGINES, KERAS, Competitor
from .nets import Task


class Fit:
    """``model.fit`` of minikeras or Keras, by the very same lines, the rows in their order."""

    def __init__(self, library: str, task: Task) -> None:
        self._task, self.scale = task, 1 / task.steps
        self._x, self._y = task.data()
        self._model = task.model(importlib.import_module(library))
        optimizer = self._model.optimizer
        optimizer.build(self._model.trainable_variables)
        self._state = [(v, np.array(v)) for v in optimizer.variables]

    def set_weights(self, weights: Any) -> None:
        """And the optimizer as at the start."""
        self._model.set_weights(weights)
        for variable, value in self._state:
            variable.assign(value)

    def epoch(self) -> None:
        """One epoch."""
        fit = self._model.fit(self._x, self._y, batch_size=self._task.batch_size, shuffle=False, verbose=0)
        self._last = fit.history["loss"][0]

    def loss(self) -> float:
        """The mean loss of the epoch."""
        return self._last


def _jax(task: Task) -> Any:
    from .nets_in_jax import Jax

    return Jax(task)


def _torch(images_last: bool, task: Task) -> Any:
    from .nets_in_torch import Torch

    return Torch(images_last, task)


class Floor:
    """The matrix products of a step and nothing else, each in its best shape; with Adam, one pass over its arrays.

    A product is tried whole with one and with all of BLAS's threads, and cut along its longer side into pieces of some
    thousand rows that all cores share out. The best way is kept. With Adam, one pass over w, g, m and v is added.
    """

    scale = 1.0
    PIECES = (512, 2048)

    def __init__(self, task: Task) -> None:
        self._ways = [
            (times, self._best(product)) for times, *product in task.net.products(task.sizes, task.batch_size)
        ]
        size = sum(w.size for w in task.weights) if task.net.optimizer == "adam" else 0
        self._arrays = [np.ones(size, "float32") for _ in range(4)]

    def set_weights(self, weights: Any) -> None:
        """It has none."""

    def _best(self, product: list[int]) -> Callable[[], None]:
        m, k, n = product
        a, b, out = np.ones((m, k), "float32"), np.ones((k, n), "float32"), np.empty((m, n), "float32")
        ways = [partial(np.matmul, a, b, out=out), partial(_alone, partial(np.matmul, a, b, out=out))]
        ways += [partial(_in_pieces, a, b, out, piece) for piece in self.PIECES if max(m, k) > piece]
        return min(ways, key=_seconds)

    def epoch(self) -> None:
        """The products of one step."""
        for times, way in self._ways:
            for _ in range(times):
                way()
        w, g, m, v = self._arrays
        for start in range(0, len(w), 1 << 15):
            piece = slice(start, start + (1 << 15))
            for a in (m, v, w):
                np.add(a[piece], g[piece], out=a[piece])


def _seconds(way: Callable[[], None]) -> float:
    way()
    found = []
    for _ in range(5):
        start = time.perf_counter()
        way()
        found.append(time.perf_counter() - start)
    return min(found)


def _alone(way: Callable[[], None]) -> None:
    from minikeras import threads

    with threads.one():
        way()


def _in_pieces(a: np.ndarray, b: np.ndarray, out: np.ndarray, piece: int) -> None:
    """a b in pieces along the rows, or along the sum where that is longer: then each core adds up its own pieces."""
    from minikeras import threads

    among = threads.workers()
    m, k = a.shape
    starts = range(0, max(m, k), piece)
    if m >= k:

        def rows(i: int, _: int) -> None:
            np.matmul(a[starts[i] : starts[i] + piece], b, out=out[starts[i] : starts[i] + piece])

        threads.share(rows, len(starts), among)
        return
    parts = np.empty((len(starts), *out.shape), "float32")

    def part(i: int, _: int) -> None:
        at = slice(starts[i], starts[i] + piece)
        np.matmul(a[:, at], b[at], out=parts[i])

    threads.share(part, len(starts), among)
    parts.sum(axis=0, out=out)


ALL: dict[str, Competitor] = {
    "floor": Competitor(Floor),
    **{name: Competitor(partial(Fit, c.make.args[0]), c.needs, c.environment) for name, c in (ENGINES | KERAS).items()},  # type: ignore[attr-defined]
    "JAX, jitted step": Competitor(_jax, ("jax",)),
    "PyTorch": Competitor(partial(_torch, False), ("torch",)),
    "PyTorch, channels last": Competitor(partial(_torch, True), ("torch",)),
}


def taking_part(task: Task) -> list[str]:
    """The names of those who have something to show on a net: the memory format is for images."""
    images = len(task.data()[0].shape) == 4
    return [name for name in ALL if images or name != "PyTorch, channels last"]
