"""The lesson of the bug zoo: accuracy hides mistakes, gradients do not.

Every mutant trains a net beside the right engine, from the same weights and in the same order of rows, and is then
judged twice: by its accuracy, and by the error of its gradient on one short batch.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import layers, random, regularizers, utils
from ..models import Sequential
from . import zoo

ROWS = 27  # of the batch on which the gradient is judged: not 32, or a fixed 1/32 would be right


@dataclass(frozen=True)
class Lesson:
    """How one mutant did.

    Attributes:
        name, what, seen: of the mutant; name "right" is the engine as it is.
        accuracy, right_accuracy: on the test rows, with the mistake and without.
        gradient_error: the largest norm-relative error of any tensor on one batch of 27 rows.
        variant: the net: "plain", or with what the mistake needs to show.
    """

    name: str
    what: str
    seen: str
    accuracy: float
    right_accuracy: float
    gradient_error: float
    variant: str

    @property
    def lost(self) -> float:
        """The accuracy that the mistake costs; negative if the mutant does better."""
        return self.right_accuracy - self.accuracy

    @property
    def hidden(self) -> bool:
        """Whether accuracy hides it: less than a point is lost."""
        return self.lost < 0.01


_VARIANTS = {
    "regularizer_twice": "L2",
    "regularizer_forgotten": "L2",
    "dropout_mask_forgotten": "Dropout",
    "derivative_at_z": "tanh",
    "sample_weights_ignored": "sample weights",
}


def article(input_shape: tuple[int, ...], classes: int, units: tuple[int, ...] = (300, 100)) -> Callable[[str], Any]:
    """The article's net as a function of the variant: Flatten, Dense layers with ReLU, softmax; compiled.

    >>> article((28, 28), 10)("plain").count_params()
    266610
    """

    def build(variant: str) -> Any:
        model = Sequential([layers.Input(input_shape), layers.Flatten()])
        penalty = regularizers.L2(1e-4) if variant == "L2" else None
        for size in units:
            activation = "tanh" if variant == "tanh" else "relu"
            model.add(layers.Dense(size, activation=activation, kernel_regularizer=penalty))
            if variant == "Dropout":
                model.add(layers.Dropout(0.2))
        model.add(layers.Dense(classes, activation="softmax"))
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    return build


def lesson(
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    *,
    epochs: int = 1,
    batch_size: int = 32,
    names: Iterable[str] | None = None,
    build: Callable[[str], Any] | None = None,
    seed: int = 42,
) -> Iterator[Lesson]:
    """Trains the right engine, then every mutant, and yields each as soon as it is done.

    Args:
        train, test: (x, y), x scaled, y integer classes.
        names: the mutants; default all.
        build: from a variant, such as "plain" or "L2", to a compiled model; default :func:`article`'s.
        seed: set before each model is built.

    A seed that was set before is set again at the end.
    """
    (x, y), (x_test, y_test) = train, test
    build = build or article(x.shape[1:], int(max(y.max(), y_test.max())) + 1)
    weights = np.where(y % 2 == 0, 2.0, 0.5)
    right: dict[str, float] = {}

    def accuracy(variant: str, name: str | None) -> float:
        utils.set_random_seed(seed)
        model = build(variant)
        sample_weight = weights if variant == "sample weights" else None
        with np.errstate(all="ignore"):
            with nullcontext() if name is None else zoo.mutant(name):
                model.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0, sample_weight=sample_weight)
            scores = np.nan_to_num(model.predict(x_test, verbose=0))
        return float(np.mean(scores.argmax(axis=1) == y_test))

    def error(variant: str, name: str) -> float:
        utils.set_random_seed(seed)
        sample_weight = weights[:ROWS] if variant == "sample weights" else None
        return zoo.gradient_error(name, build(variant), x[:ROWS], y[:ROWS], sample_weight)

    seed_before, stream_before = random.seed(), random.stream()
    try:
        right["plain"] = accuracy("plain", None)
        yield Lesson("right", "The engine as it is.", "", right["plain"], right["plain"], 0.0, "plain")
        for name in zoo.MUTANTS if names is None else names:
            variant = _VARIANTS.get(name, "plain")
            if variant not in right:
                right[variant] = accuracy(variant, None)
            m, got = zoo.MUTANTS[name], accuracy(variant, name)
            yield Lesson(name, m.what, m.seen, got, right[variant], error(variant, name), variant)
    finally:
        if seed_before is not None:
            utils.set_random_seed(seed_before, stream_before)
