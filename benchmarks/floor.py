"""The least that an epoch can take.

The **floor** is the matrix products of the epoch and nothing else: the same shapes, the same buffers at every step, as
many threads as ``fit`` would find best for them. What ``fit`` takes beyond that is for activations, loss, update,
batches and Python.

The **limit** is the epoch's floating-point operations at the rate of one large float32 product: what the machine could
do if small products were as fast as large ones.
"""

import numpy as np

from .work import PIXELS, Task, Weights


class Floor:
    """The products of an epoch, in the order of a step: up, then for each layer downwards dW and dx."""

    scale = 1.0

    def __init__(self, task: Task) -> None:
        self._kernels = task.weights[::2]
        rng = np.random.default_rng(0)
        sizes = [PIXELS, *(k for _, k in task.kernels)]
        self._x = [rng.normal(size=(min(task.batch_size, task.rows), size)).astype("float32") for size in sizes]
        self._dx = [np.full_like(x, 1e-3) for x in self._x]
        self._dw = [np.empty_like(w) for w in self._kernels]
        self._full, self._rest = divmod(task.rows, task.batch_size)
        self._largest = 2 * task.batch_size * max(w.size for w in self._kernels)

    def set_weights(self, weights: Weights) -> None:
        """Small kernels, so that products of products stay finite."""
        for kernel, w in zip(self._kernels, weights[::2], strict=True):
            np.multiply(w, 0.1, out=kernel)

    def epoch(self) -> None:
        """All full batches, then the short last one."""
        from minikeras.replay.thread_chooser import measured_threads

        with measured_threads(self._largest) as pace:
            for _ in range(self._full):
                with pace:
                    self._step(self._x, self._dx)
            if self._rest:
                self._step([a[: self._rest] for a in self._x], [a[: self._rest] for a in self._dx])

    def _step(self, x: list[np.ndarray], dx: list[np.ndarray]) -> None:
        w, dw = self._kernels, self._dw
        outer = np.matmul if len(x[0]) > 1 else np.dot  # of one row np.matmul makes a slow loop
        for i in range(len(w)):
            np.matmul(x[i], w[i], out=x[i + 1])
        for i in reversed(range(len(w))):
            outer(x[i].T, dx[i + 1], out=dw[i])
            if i:
                np.matmul(dx[i + 1], w[i].T, out=dx[i])


class Limit:
    """One product of two large square matrices; ``scale`` makes of its seconds those of the epoch's operations."""

    SIDE = 2048

    def __init__(self, task: Task) -> None:
        rng = np.random.default_rng(0)
        self._a, self._b = (rng.normal(size=(self.SIDE, self.SIDE)).astype("float32") for _ in range(2))
        self._out = np.empty_like(self._a)
        self.scale = task.operations / (2 * self.SIDE**3)

    def set_weights(self, weights: Weights) -> None:
        """It has none."""

    def epoch(self) -> None:
        """The product."""
        np.matmul(self._a, self._b, out=self._out)
