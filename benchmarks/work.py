"""The workload: which rows, which net, from which weights, and how many floating-point operations.

>>> f"{Task().operations / 1e9:.1f} GFLOP"
'62.0 GFLOP'
"""

import itertools
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

Weights = list[np.ndarray]
PIXELS, CLASSES = 784, 10
RATES = {"sgd": 0.01, "adam": 0.001}
"""Optimizers, and Keras's learning rates of them."""


@dataclass(frozen=True)
class Task:
    """One epoch of training.

    Attributes:
        data: a folder with x.npy (N, 28, 28) and y.npy (N,), see :func:`save`.
        rows: how many of them; beyond N they are repeated.
        hidden: widths of the hidden layers.
        dtype: of the pixels as given to the library. The arithmetic is always float32.
        optimizer: "sgd" or "adam".
    """

    data: str = ""
    rows: int = 55_000
    batch_size: int = 32
    hidden: tuple[int, ...] = (300, 100)
    dtype: str = "float32"
    optimizer: str = "sgd"

    @property
    def rate(self) -> float:
        """The learning rate."""
        return RATES[self.optimizer]

    @property
    def kernels(self) -> list[tuple[int, int]]:
        """Shapes (D, K) of the kernels, from the bottom."""
        return list(itertools.pairwise((PIXELS, *self.hidden, CLASSES)))

    @property
    def operations(self) -> int:
        """Of an epoch's products: 2 N D K each for y = x W and dW = xᵀ dy, and for dx = dy Wᵀ except at the bottom."""
        sizes = [d * k for d, k in self.kernels]
        return 2 * self.rows * (3 * sum(sizes) - sizes[0])

    @property
    def weights(self) -> Weights:
        """The weights that everyone starts from, as Glorot and Bengio (2010) draw them: W ~ U(±√(6/(D+K))), b = 0."""
        rng = np.random.default_rng(0)
        pairs = [(rng.uniform(-1, 1, (d, k)) * np.sqrt(6 / (d + k)), np.zeros(k)) for d, k in self.kernels]
        return [array.astype("float32") for pair in pairs for array in pair]

    def load(self) -> tuple[np.ndarray, np.ndarray]:
        """x (rows, 28, 28) of ``dtype`` and y (rows,), int64."""
        x, y = (np.load(Path(self.data, f"{name}.npy"), mmap_mode="r") for name in "xy")
        if self.rows <= len(x):
            return x[: self.rows].astype(self.dtype), np.array(y[: self.rows])
        repeated = np.empty((self.rows, *x.shape[1:]), self.dtype)
        for start in range(0, self.rows, len(x)):
            part = repeated[start : start + len(x)]
            part[...] = x[: len(part)]
        return repeated, np.resize(y, self.rows)

    def some_rows(self) -> tuple[np.ndarray, np.ndarray]:
        """The first 2,000, on which the loss is judged."""
        return replace(self, rows=min(self.rows, 2000)).load()


def save(folder: str, rows: int) -> str:
    """Writes x.npy (float32, 0 … 1) and y.npy for the workers, and says what they are: real images if they are here."""
    from minikeras.errors import DataError
    from parity.data import images

    try:
        (x, y), _ = images(min(rows, 55_000), 0)
        x, said = (x / np.float32(255)).astype("float32"), "Fashion-MNIST"
    except DataError:
        x, y = synthetic(min(rows, 55_000))
        said = "synthetic images (Fashion-MNIST was not found)"
    np.save(Path(folder, "x.npy"), x)
    np.save(Path(folder, "y.npy"), y.astype("int64"))
    return said


def synthetic(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Images that can be learned: each of ten classes has for every pixel a probability of being white.

    >>> x, y = synthetic(3)
    >>> x.shape, x.dtype, y.shape
    ((3, 28, 28), dtype('float32'), (3,))
    """
    rng = np.random.default_rng(0)
    white = rng.random((CLASSES, 28, 28), "float32")
    y = rng.integers(0, CLASSES, rows)
    x = np.empty((rows, 28, 28), "float32")
    for start in range(0, rows, 1000):
        part = slice(start, start + 1000)
        x[part] = rng.random(x[part].shape, "float32") < white[y[part]]
    return x, y


def loss(weights: Weights, x: np.ndarray, y: np.ndarray) -> float:
    """Mean cross-entropy of relu layers and a softmax, in float64: the judge of every competitor's weights.

    >>> f"ln 10 = {loss([np.zeros((4, 10)), np.zeros(10)], np.ones((2, 4)), np.array([3, 7])):.4f}"
    'ln 10 = 2.3026'
    """
    h = x.reshape(len(x), -1).astype("float64")
    layers = list(zip(weights[::2], weights[1::2], strict=True))
    for i, (w, b) in enumerate(layers):
        h = h @ w + b
        if i + 1 < len(layers):
            h = np.maximum(h, 0)
    h -= h.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(h).sum(axis=1)) - h[np.arange(len(h)), y]))


def in_range(value: float, first: float, typical: float, noise: float = 0.0) -> bool:
    """True if a loss fell from its first value as far as is typical, within a fifth of that way and some noise.

    >>> in_range(0.6, 2.4, 0.5), in_range(2.4, 2.4, 0.5), in_range(float("nan"), 2.4, 0.5)
    (True, False, False)
    """
    return abs(value - typical) <= 0.2 * abs(first - typical) + noise
