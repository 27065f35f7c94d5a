"""Convolutional and recurrent nets: what is trained, on which data, from which weights.

Each net is written once for minikeras and Keras, and by hand for JAX (:mod:`benchmarks.nets_in_jax`) and PyTorch
(:mod:`benchmarks.nets_in_torch`). The weights are those of Keras, in its order.

>>> task = Task.of("SimpleRNN characters", quick=True)
>>> [w.shape for w in task.weights]
[(16, 8), (8, 8), (8, 8), (8,), (8, 16), (16,)]
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Arrays = tuple[np.ndarray, ...]
Product = tuple[int, int, int, int]
RATES = {"adam": 0.001, "sgd": 0.01}


@dataclass(frozen=True)
class Net:
    """A net and its training.

    Attributes:
        layers: makes the layers, given the library and the sizes.
        loss: Keras's name.
        optimizer: "adam" or "sgd".
        batch_size, steps: of an epoch.
        sizes, small: numbers that the layers, the data and the products depend on; the second ones for a quick look.
        data: makes x and y of so many rows.
        products: (how often, M, K, N) of a step's matrix products.
    """

    layers: Callable[[Any, Any], list[Any]]
    loss: str
    optimizer: str
    batch_size: int
    steps: int
    sizes: dict[str, int]
    small: dict[str, int]
    data: Callable[[Any, int], Arrays]
    products: Callable[[Any, int], list[Product]]


class Sizes:
    """Numbers by name.

    >>> Sizes({"k": 2}).k
    2
    """

    def __init__(self, numbers: dict[str, int]) -> None:
        self.__dict__.update(numbers)

    def __getattr__(self, name: str) -> int:
        raise AttributeError(name)


# Layers.


def convnet(keras: Any, s: Any) -> list[Any]:
    """The convnet of Keras's "Simple MNIST convnet" example."""
    layers = keras.layers
    return [
        layers.Conv2D(s.k, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(2 * s.k, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ]


def vgg(keras: Any, s: Any) -> list[Any]:
    """Blocks of two convolutions with BatchNormalization, each with twice the channels of the one before."""
    layers = keras.layers
    made: list[Any] = []
    for block in range(s.blocks):
        for _ in range(2):
            made.append(layers.Conv2D(s.k * 2**block, 3, padding="same", use_bias=False))
            made += [layers.BatchNormalization(), layers.Activation("relu")]
        made.append(layers.MaxPooling2D(2))
    return [*made, layers.Flatten(), layers.Dense(10, activation="softmax")]


def pair(keras: Any, s: Any) -> list[Any]:
    """Two equal convolutions, of which the second one goes back to its input."""
    layers = keras.layers
    convolutions = [layers.Conv2D(s.c, 3, padding="same", activation="relu") for _ in range(2)]
    return [*convolutions, layers.GlobalAveragePooling2D(), layers.Dense(10, activation="softmax")]


def imdb(keras: Any, s: Any) -> list[Any]:
    """Keras's classic on film reviews."""
    layers = keras.layers
    return [layers.Embedding(s.v, s.d), layers.LSTM(s.k), layers.Dense(1, activation="sigmoid")]


def series(keras: Any, s: Any) -> list[Any]:
    """A GRU that reads a window of a time series and predicts a number."""
    return [keras.layers.GRU(s.k), keras.layers.Dense(1)]


def characters(keras: Any, s: Any) -> list[Any]:
    """A model of the next character."""
    layers = keras.layers
    return [layers.Embedding(s.v, s.d), layers.SimpleRNN(s.k, return_sequences=True), layers.Dense(s.v, "softmax")]


def transformer(keras: Any, s: Any) -> list[Any]:
    """One encoder block on token ids, as a layer that is called on the embedded ids."""
    layers = keras.layers

    class Block(layers.Layer):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.attention = layers.MultiHeadAttention(s.heads, s.d)
            self.first, self.second = layers.LayerNormalization(), layers.LayerNormalization()
            self.up, self.down = layers.Dense(s.d, activation="relu"), layers.Dense(s.d)

        def build(self, shape: Any) -> None:
            self.attention.build(shape, shape)
            for layer in (self.first, self.second, self.up, self.down):
                layer.build(shape)

        def call(self, x: Any) -> Any:
            h = self.first(x + self.attention(x, x))
            return self.second(h + self.down(self.up(h)))

    pool = layers.GlobalAveragePooling1D()
    return [layers.Embedding(s.v, s.d), Block(), pool, layers.Dense(s.d, "relu"), layers.Dense(2, "softmax")]


# Data: synthetic, but it can be learned.


def images(s: Any, rows: int) -> Arrays:
    """Noise over a picture of each class."""
    rng = np.random.default_rng(0)
    pictures = rng.random((10, s.side, s.side, s.c), "float32")
    y = rng.integers(0, 10, rows)
    return 0.5 * pictures[y] + 0.5 * rng.random((rows, s.side, s.side, s.c), "float32"), y


def reviews(s: Any, rows: int) -> Arrays:
    """Ids of which four in five are from the class's half of the vocabulary; frequent ids are far more frequent."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, rows)
    ids = np.minimum(rng.zipf(1.3, (rows, s.t)), s.v // 2) - 1
    other = rng.random((rows, s.t)) < 0.2
    return (2 * ids + (y[:, None] ^ other)).astype("int32"), y.astype("float32")[:, None]


def labelled_reviews(s: Any, rows: int) -> Arrays:
    """The same with labels as integers."""
    x, y = reviews(s, rows)
    return x, y[:, 0].astype("int64")


def waves(s: Any, rows: int) -> Arrays:
    """Windows of noisy waves of several phases; the target is the mean of the next step."""
    rng = np.random.default_rng(0)
    start = rng.uniform(0, 6.3, (rows, 1, 1))
    step = np.arange(s.t + 1).reshape(1, -1, 1)
    x = np.sin(start + 0.2 * step + np.arange(s.d)) + 0.1 * rng.normal(size=(rows, s.t + 1, s.d))
    return x[:, :-1].astype("float32"), x[:, -1].mean(axis=1, keepdims=True).astype("float32")


def texts(s: Any, rows: int) -> Arrays:
    """Sequences whose next id is a function of this one, and in one case of ten a random one."""
    rng = np.random.default_rng(0)
    x = np.empty((rows, s.t + 1), "int32")
    x[:, 0] = rng.integers(0, s.v, rows)
    for t in range(s.t):
        x[:, t + 1] = np.where(rng.random(rows) < 0.1, rng.integers(0, s.v, rows), (5 * x[:, t] + 3) % s.v)
    return x[:, :-1], x[:, 1:].astype("int64")


# The matrix products of a step.


def _dense(n: int, d: int, k: int, times: int = 1, dx: bool = True) -> list[Product]:
    """y = x W and dW = xᵀ dy, and dx = dy Wᵀ if somebody reads it."""
    return [(times, n, d, k), (times, d, n, k)] + [(times, n, k, d)] * dx


def products_of_convnet(s: Any, n: int) -> list[Product]:
    """A convolution is a dense layer on patches."""
    first, second = s.side - 2, (s.side - 2) // 2 - 2
    return [
        *_dense(n * first**2, 9 * s.c, s.k, dx=False),
        *_dense(n * second**2, 9 * s.k, 2 * s.k),
        *_dense(n, (second // 2) ** 2 * 2 * s.k, 10),
    ]


def products_of_vgg(s: Any, n: int) -> list[Product]:
    """Likewise; padding "same" keeps the side."""
    found, c, side = [], s.c, s.side
    for block in range(s.blocks):
        k = s.k * 2**block
        found += _dense(n * side**2, 9 * c, k, dx=block > 0) + _dense(n * side**2, 9 * k, k)
        c, side = k, side // 2
    return found + _dense(n, side * side * c, 10)


def products_of_pair(s: Any, n: int) -> list[Product]:
    """Likewise."""
    size = n * s.side**2, 9 * s.c, s.c
    return _dense(*size, dx=False) + _dense(*size) + _dense(n, s.c, 10)


def _recurrent(s: Any, n: int, gates: int, dx: bool = True) -> list[Product]:
    """x W of all steps at once; h U and dz Uᵀ step by step; dU at once."""
    wide = gates * s.k
    return [*_dense(n * s.t, s.d, wide, dx=dx), (s.t, n, s.k, wide), (s.t, n, wide, s.k), (1, s.k, n * s.t, wide)]


def products_of_transformer(s: Any, n: int) -> list[Product]:
    """Projections, and two products and their four gradients for each head of each row."""
    wide, rows = s.heads * s.d, n * s.t
    return [
        *(3 * _dense(rows, s.d, wide) + _dense(rows, wide, s.d) + 2 * _dense(rows, s.d, s.d)),
        *[(n * s.heads, s.t, s.d, s.t), (n * s.heads, s.t, s.t, s.d)] * 3,
        *_dense(n, s.d, s.d),
    ]


_DIGITS = {"side": 28, "c": 1, "k": 32}
_TINY = {"side": 12, "c": 1, "k": 4}
_REVIEWS = {"v": 20_000, "d": 128, "k": 128}
_FEW = {"v": 50, "d": 6, "k": 4, "t": 5}


def _imdb(steps: int, t: int) -> Net:
    products = lambda s, n: _recurrent(s, n, 4) + _dense(n, s.k, 1)  # noqa: E731
    return Net(imdb, "binary_crossentropy", "adam", 32, steps, {**_REVIEWS, "t": t}, _FEW, reviews, products)


_SPARSE = "sparse_categorical_crossentropy"
CNN = {
    "MNIST convnet, SGD": Net(convnet, _SPARSE, "sgd", 128, 15, _DIGITS, _TINY, images, products_of_convnet),
    "MNIST convnet, Adam": Net(convnet, _SPARSE, "adam", 128, 15, _DIGITS, _TINY, images, products_of_convnet),
    "VGG-like, Adam": Net(
        *(vgg, _SPARSE, "adam", 64, 8, {"side": 32, "c": 3, "k": 32, "blocks": 3}),
        *({"side": 8, "c": 3, "k": 4, "blocks": 2}, images, products_of_vgg),
    ),
}
LAYERS = {
    f"{c} channels, {side} × {side}, batch {n}": Net(
        *(pair, _SPARSE, "sgd", n, 8, {"side": side, "c": c}, {"side": 6, "c": 4}, images, products_of_pair)
    )
    for c, side, n in [(8, 16, 64), (32, 16, 64), (128, 16, 64), (32, 8, 64), (32, 32, 64), (32, 16, 8), (32, 16, 256)]
}
RNN = {
    "IMDB LSTM, 80 steps": _imdb(25, 80),
    "IMDB LSTM, 200 steps": _imdb(12, 200),
    "GRU series": Net(
        *(series, "mean_squared_error", "adam", 64, 60, {"t": 120, "d": 8, "k": 32}, {"t": 5, "d": 2, "k": 4}, waves),
        lambda s, n: _recurrent(s, n, 3, dx=False) + _dense(n, s.k, 1),
    ),
    "SimpleRNN characters": Net(
        *(characters, _SPARSE, "adam", 64, 60, {"v": 64, "d": 64, "k": 128, "t": 40}),
        *({"v": 16, "d": 8, "k": 8, "t": 5}, texts),
        lambda s, n: _recurrent(s, n, 1) + _dense(n * s.t, s.k, s.v),
    ),
    "Transformer encoder": Net(
        *(transformer, _SPARSE, "adam", 32, 30, {"v": 20_000, "d": 32, "heads": 2, "t": 100}),
        *({"v": 50, "d": 4, "heads": 2, "t": 5}, labelled_reviews, products_of_transformer),
    ),
}
ALL = CNN | LAYERS | RNN


@dataclass(frozen=True)
class Task:
    """One epoch of a net, seen by a worker; all of it can be pickled.

    Attributes:
        name: in :data:`ALL`.
        quick: True for the small sizes.
        weights: those that everyone starts from.
    """

    name: str
    quick: bool = False
    weights: list[np.ndarray] = field(default_factory=list, repr=False)

    @classmethod
    def of(cls, name: str, quick: bool = False) -> "Task":
        """The task with weights as minikeras draws them after ``set_random_seed(0)``."""
        import minikeras

        minikeras.utils.set_random_seed(0)
        task = cls(name, quick)
        return cls(name, quick, [w.astype("float32") for w in task.model(minikeras).get_weights()])

    @property
    def net(self) -> Net:
        return ALL[self.name]

    @property
    def sizes(self) -> Any:
        return Sizes(self.net.small if self.quick else self.net.sizes)

    @property
    def batch_size(self) -> int:
        return 8 if self.quick else self.net.batch_size

    @property
    def steps(self) -> int:
        return 3 if self.quick else self.net.steps

    @property
    def rate(self) -> float:
        return RATES[self.net.optimizer]

    def data(self) -> Arrays:
        """x and y of one epoch."""
        return self.net.data(self.sizes, self.batch_size * self.steps)

    def model(self, library: Any) -> Any:
        """A compiled model of minikeras or Keras."""
        x, _ = self.net.data(self.sizes, 1)
        model = library.Sequential([library.Input(x.shape[1:], dtype=x.dtype.name)])
        for layer in self.net.layers(library, self.sizes):
            model.add(layer)
        optimizer = {"adam": library.optimizers.Adam, "sgd": library.optimizers.SGD}[self.net.optimizer]
        model.compile(optimizer(self.rate), self.net.loss)
        return model

    def first_loss(self) -> float:
        """The loss at the first weights, as minikeras finds it."""
        import minikeras

        model = self.model(minikeras)
        model.set_weights(self.weights)
        return model.evaluate(*self.data(), verbose=0)
