"""The article's training step against its own floor.

The floor is the matrix products of the step and nothing else: the same shapes, the same buffers at every step, as many
threads as ``fit`` gives them. What ``fit`` takes beyond that is for activations, loss, update, batches and Python.
"""

import itertools
import time
from collections.abc import Callable

import numpy as np

import minikeras as keras
from minikeras import threads

WIDTHS = (784, 300, 100, 10)


def floor(batch_size: int, steps: int) -> Callable[[], None]:
    """A function that does the products of that many steps: 3 forward, 3 for the kernels, 2 for the inputs."""
    rng = np.random.default_rng(0)
    sizes = list(itertools.pairwise(WIDTHS))
    kernels = [rng.normal(size=size).astype("float32") for size in sizes]
    gradients = [np.empty_like(w) for w in kernels]
    rows = [rng.normal(size=(batch_size, width)).astype("float32") for width in WIDTHS]
    deltas = [np.empty_like(x) for x in rows]

    def run() -> None:
        with threads.suited_to(2 * batch_size * WIDTHS[0] * WIDTHS[1]):
            for _ in range(steps):
                for i, w in enumerate(kernels):
                    np.matmul(rows[i], w, out=rows[i + 1])
                for i in (2, 1, 0):
                    np.matmul(rows[i].T, deltas[i + 1], out=gradients[i])
                    if i:
                        np.matmul(deltas[i + 1], kernels[i].T, out=deltas[i])

    for array in deltas:
        array[...] = 1e-3
    for w in kernels:
        w *= 1e-2  # the repeated products stay finite
    return run


def epoch(batch_size: int, rows: int, backend: str) -> Callable[[], None]:
    """A function that trains one epoch of the article's model, compiled and warm."""
    rng = np.random.default_rng(0)
    x, y = rng.random((rows, 28, 28)), rng.integers(0, 10, rows)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Flatten(input_shape=[28, 28]),
            layers.Dense(300, activation="relu"),
            layers.Dense(100, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])

    def run() -> None:
        with keras.config.using(backend=backend):
            model.fit(x, y, batch_size=batch_size, verbose=0)

    with keras.config.using(backend=backend):
        model.fit(x[: 2 * batch_size], y[: 2 * batch_size], batch_size=batch_size, verbose=0)
    return run


def compare(batch_size: int, rows: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of every contestant, one after the other in each round, so that all meet the same noise."""
    contestants = {
        "floor": floor(batch_size, -(-rows // batch_size)),
        "numba": epoch(batch_size, rows, "numba"),
        "numpy": epoch(batch_size, rows, "numpy"),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return seconds
