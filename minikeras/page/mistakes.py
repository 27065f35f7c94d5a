"""What if: a classic mistake of the zoo planted into the step, and into a training.

>>> import minikeras as keras
>>> model = keras.Sequential([keras.layers.Dense(2, activation="softmax", input_shape=(3,), name="out")])
>>> model.compile("sgd", "sparse_categorical_crossentropy")
>>> step = model.trace(np.eye(3), [0, 1, 1])
>>> [wrong] = planted(step, ["sign"])
>>> bool((wrong.trace["out", "dkernel"].value == -step["out", "dkernel"].value).all()), wrong.accuracy
(True, None)
"""

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import random, utils
from ..bugs import zoo
from ..testing.result import norm_relative
from ..tracing.shifts import again
from . import views
from .content import Content

Data = tuple[Any, Any]
SOME = 4096  # entries of an array of which the wrong values are shown too


@dataclass(frozen=True)
class Mistake:
    """A step with a mistake, and how trainings with it and without it ended.

    Attributes:
        name, what, seen: of the zoo's mutant.
        trace: the step with the mistake, from the same weights on the same batch.
        accuracy, right_accuracy: on the test rows, after the training with the mistake and without; None without data.
        training: in words.
    """

    name: str
    what: str
    seen: str
    trace: Any
    accuracy: float | None = None
    right_accuracy: float | None = None
    training: str = ""


def planted(
    trace: Any,
    names: Iterable[str],
    train: Data | None = None,
    test: Data | None = None,
    epochs: int = 1,
    seed: int = 42,
) -> list[Mistake]:
    """Takes a traced step again with each mistake; and trains fresh models, with it and without it.

    Args:
        trace: the right step. Its model stays as it is.
        names: of the zoo.
        train, test: (x, y) with y integer classes, to train on and to count hits on; without them nothing is trained.
        seed: of every training.

    Raises:
        ValueError: for a name that the zoo does not have.
    """
    names = list(names)
    scores: dict[str | None, float | None] = dict.fromkeys([None, *names])
    words = ""
    if names and train is not None and test is not None:
        seed_before, stream_before = random.seed(), random.stream()
        scores = {name: _accuracy(trace.step.model, name, train, test, epochs, seed) for name in scores}
        words = f"{epochs} epoch{'s' * (epochs > 1)} on {len(train[0]):,} rows, counted on {len(test[0]):,} others"
        if seed_before is not None:
            utils.set_random_seed(seed_before, stream_before)
    found = []
    for name in names:
        step = _step(trace, name)
        with zoo.mutant(name) as mutant:
            found.append(Mistake(name, mutant.what, mutant.seen, step, scores[name], scores[None], words))
    return found


def _step(trace: Any, name: str) -> Any:
    step = trace.step
    with again(trace), zoo.mutant(name), np.errstate(all="ignore"):
        step.model.trace(step.x, step.y, step.sample_weight)  # some mistakes show from the second step on
        step.state.put_back()
        return step.model.trace(step.x, step.y, step.sample_weight)


def _accuracy(model: Any, name: str | None, train: Data, test: Data, epochs: int, seed: int) -> float:
    """The share of test rows that a fresh model gets right after a training."""
    utils.set_random_seed(seed)
    fresh, (x, y) = type(model).from_config(model.get_config()), test
    optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
    fresh.compile(optimizer, model.loss)
    with np.errstate(all="ignore"):
        with nullcontext() if name is None else zoo.mutant(name):
            fresh.fit(*train, epochs=epochs, verbose=0)
        scores = np.nan_to_num(fresh.predict(x, verbose=0))
    return float(np.mean(scores.argmax(axis=-1) == np.asarray(y)))


def effect(mistake: Mistake, content: Content) -> dict[str, Any]:
    """A mistake's words and numbers, and what it does to each array of a page.

    "spoilt" holds, for each array with wrong cells: its number, the cells as bits, how many they are, of how many, the
    error, and the wrong values; bits and values by the numbers of their bytes.
    """
    other = Content(mistake.trace)
    values = {(a.get("layer"), a["name"], a["side"]): v for a, v in zip(other.arrays, other.values, strict=True)}
    spoilt = []
    for number, (array, right) in enumerate(zip(content.arrays, content.values, strict=True)):
        wrong = values.get((array.get("layer"), array["name"], array["side"]))
        if wrong is None or wrong.shape != right.shape or "time" in array:
            continue
        after = array["name"].removeprefix("after.")
        before = None if after == array["name"] else content.values[content.owners[array["layer"]][after]]
        cells, error = wrong_cells(right, wrong, before)
        if cells.any():
            cells, wrong = (views.cut(a, array["kept"]) for a in (cells, wrong))
            bits = content.blob(np.packbits(cells, bitorder="little"))
            some = content.blob(wrong) if wrong.size <= SOME else None
            spoilt.append([number, bits, int(cells.sum()), cells.size, f"{error:.2g}", some])
    shown = {k: getattr(mistake, k) for k in ("name", "what", "seen", "accuracy", "right_accuracy", "training")}
    return shown | {"spoilt": spoilt}


def wrong_cells(right: np.ndarray, wrong: np.ndarray, before: np.ndarray | None) -> tuple[np.ndarray, float]:
    """Which entries differ by more than rounding, and the norm-relative error.

    Args:
        before: of a weight after the step, its value before: the changes are compared.

    >>> cells, error = wrong_cells(np.array([1.0, 2.0, np.nan]), np.array([1.0, 3.0, np.nan]), None)
    >>> cells.tolist()
    [False, True, False]
    """
    zero = np.zeros_like(right) if before is None else before
    a, b = (value.astype(np.float64) - zero for value in (right, wrong))
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(a), np.abs(b))
        largest = np.nanmax(np.where(np.isfinite(a), np.abs(a), 0), initial=0)
        unit = np.finfo(right.dtype).eps if right.dtype.kind == "f" else 0
        allowed = 1e-4 * size + 1e-6 * largest + 2 * unit * np.maximum(np.abs(right), np.abs(wrong))
        cells = np.isnan(a) ^ np.isnan(b) | (np.abs(a - b) > allowed)
        return cells, norm_relative(b.ravel(), a.ravel()) if cells.any() else 0.0
