"""Gradient checks: a model, a layer or a loss against derivatives that know nothing of its backward pass.

>>> from minikeras import Sequential, layers
>>> hidden = layers.Dense(4, activation="relu", input_shape=(3,), name="hidden")
>>> model = Sequential([hidden, layers.Dense(2, activation="softmax", name="out")], name="net")
>>> model.compile("sgd", "sparse_categorical_crossentropy")
>>> rng = np.random.default_rng(0)
>>> result = check_gradients(model, rng.normal(size=(5, 3)), [0, 1, 1, 0, 1])
>>> result.passed, result["hidden/kernel", "complex"].error < 1e-12
(True, True)

In a test of a custom layer one line is enough: ``check_layer(MyLayer(), (3,)).assert_ok()``.

=============  =====================================================================================
method         compares
=============  =====================================================================================
"complex"      entries of the gradient with Im L(θ + ih eᵢ) / h, exact where L is analytic
"central"      entries with (L(θ + h eᵢ) − L(θ − h eᵢ)) / 2h, for any L; kinks are looked at closely
"direction"    ⟨gradient, v⟩ with Im L(θ + ih v) / h for a random v: all entries in one call, the fast mode
"update"       (w − w′) / η of a real training step with the derivatives above (models only)
=============  =====================================================================================
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import losses
from ..structures import flat, mapped
from .checker import Checker
from .result import GradientCheck
from .subjects import LayerSubject, LossSubject, ModelSubject

METHODS = ("complex", "central", "direction")
PROBES = 60


def check_gradients(
    model: Any,
    x: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    methods: str | Sequence[str] = (*METHODS, "update"),
    dtype: str = "float64",
    training: bool = False,
    probes: int | None = PROBES,
    seed: int = 0,
    tolerance: float | None = None,
) -> GradientCheck:
    """Checks every trained parameter's gradient, and dx, of a compiled model on one batch.

    Args:
        x, y, sample_weight: the batch. A few rows will do; at least two, or a wrong 1/N cannot show. Of a model with
            several inputs or outputs, lists or dictionaries of arrays, as ``fit`` takes them; the gradient of the
            input "a" is then called "x[a]".
        methods: of the table above; "direction" alone is the fast mode.
        dtype: in which the gradient is computed. "float64" computes it with float64 copies of the weights, whatever
            the model's dtype; "float32" checks single precision, against derivatives that are always taken in float64.
        training: whether Dropout drops; it then drops the same entries every time.
        probes: how many entries of each tensor, at random; None for all.
        seed: of the choice of entries and directions.
        tolerance: instead of those in :mod:`minikeras.testing.tolerances`.

    Returns:
        a :class:`~minikeras.testing.GradientCheck`: print it, or call its ``assert_ok()``.

    The model, its weights, optimizer and metrics are afterwards as before.
    """
    subject = ModelSubject(model, x, y, sample_weight, training)
    result = GradientCheck(subject.name, dtype)
    if subject.rows == 1:
        result.warnings.append("one row: 1/N forgotten, or taken twice, cannot show. Give at least two rows.")
    rng = np.random.default_rng(seed)
    methods = _known(methods, (*METHODS, "update"))
    if "update" in methods and not subject.steps_as_it_predicts():
        methods = [m for m in methods if m != "update"]
        result.warnings.append("update: left out, since the step drops what prediction keeps; check training=True too.")
    checker = Checker(subject, result, methods, probes, rng, tolerance)
    checker.run()
    subject.state.put_back()
    checker.explain(subject.rows, {p.path: p.value for p in model.trainable_weights})
    return result


def check_layer(
    layer: Any,
    input_shape: tuple[Any, ...],
    *,
    x: Any = None,
    rows: int = 5,
    methods: str | Sequence[str] = METHODS,
    dtype: str = "float64",
    training: bool = False,
    probes: int | None = PROBES,
    seed: int = 0,
    tolerance: float | None = None,
    draw: bool = True,
) -> GradientCheck:
    """Checks a layer's backward: dx and every trained parameter's gradient, under a random cotangent.

    All parameters are drawn at random for the check, those that are not trained too: biases of zero and scales of one
    hide wrong formulas.

    It is also checked that ``backward`` overwrites gradients, writes into neither x nor dy, and gives back every
    recorded call; and that all is right on a single row too.

    Args:
        layer: built or not; its weights and its state are afterwards as before.
        input_shape: of one row, without the batch axis (a leading None is taken off); a list of shapes for a layer with
            several inputs.
        x: the input (rows, …); by default standard normal numbers.
        rows: how many of them.
        methods, dtype, training, probes, seed, tolerance: as in :func:`check_gradients`.
        draw: False checks with the weights that the layer has.

    >>> from minikeras import layers
    >>> check_layer(layers.Dense(2, activation="tanh"), (3,)).passed
    True
    """
    rng = np.random.default_rng(seed)
    if x is None:
        x = _random_inputs(input_shape, rows, rng)
    else:
        x = mapped(lambda a: a if np.asarray(a).dtype.kind in "iub" else np.asarray(a, "float64"), x)
    subject = LayerSubject(layer, x, training, rng, draw)
    result = GradientCheck(subject.name, dtype)
    methods = _known(methods, METHODS)
    checker = Checker(subject, result, methods, probes, rng, tolerance)
    checker.run()
    one_row = LayerSubject(layer, mapped(lambda a: a[:1], x), training, rng, draw)
    more = GradientCheck(one_row.name, dtype)
    Checker(one_row, more, ["direction"], None, rng, tolerance, "[1 row]").run()
    result.rows += more.rows
    result.problems += [p for p in more.problems if p not in result.problems]
    subject.state.put_back()
    checker.explain(len(flat(x)[0]), {p.path: p.value for p in layer.trainable_weights})
    return result


def _random_inputs(shape: Any, rows: int, rng: np.random.Generator) -> Any:
    """Standard normal inputs (rows, …) for a shape, or for every shape of a list."""
    if isinstance(shape, list) and shape and isinstance(shape[0], list | tuple):
        return [_random_inputs(each, rows, rng) for each in shape]
    sizes = tuple(shape[1:] if shape and shape[0] is None else shape)
    return rng.normal(size=(rows, *sizes))


def check_loss(
    loss: Any,
    *,
    y_true: Any = None,
    y_pred: Any = None,
    shape: tuple[int, ...] = (6, 4),
    methods: str | Sequence[str] = METHODS,
    dtype: str = "float64",
    probes: int | None = PROBES,
    seed: int = 0,
    tolerance: float | None = None,
) -> GradientCheck:
    """Checks a loss's backward: ∂L/∂y_pred, with random sample weights.

    Args:
        loss: what ``compile`` takes: a name, a class or an object.
        y_true, y_pred: by default random ones that suit the loss, probabilities for a cross-entropy that wants them.
        shape: of those outputs.
        methods, dtype, probes, seed, tolerance: as in :func:`check_gradients`.

    >>> check_loss("mse").passed
    True
    """
    rng = np.random.default_rng(seed)
    loss = losses.get_loss(loss)
    given_true, given_pred = example(loss, shape if y_pred is None else np.shape(y_pred), rng)
    y_true = given_true if y_true is None else np.asarray(y_true)
    y_pred = given_pred if y_pred is None else np.asarray(y_pred, "float64")
    values = np.shape(loss.call(y_true, y_pred))
    subject = LossSubject(loss, y_true, y_pred, rng.uniform(0.5, 2, values))
    result = GradientCheck(subject.name, dtype)
    checker = Checker(subject, result, _known(methods, METHODS), probes, rng, tolerance)
    checker.run()
    checker.explain(int(np.prod(values, dtype=int)), {})
    return result


def _known(methods: str | Sequence[str], allowed: Sequence[str]) -> list[str]:
    wanted = [methods] if isinstance(methods, str) else list(methods)
    for method in wanted:
        if method not in allowed:
            raise ValueError(f"Unknown method: {method!r}. Expected some of {tuple(allowed)}.")
    return wanted


def example(loss: Any, shape: tuple[int, ...], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Random targets and outputs that suit a loss."""
    y_pred = rng.normal(size=shape)
    if loss.outputs != "numbers":
        y_pred = np.exp(y_pred)
    if loss.outputs == "fractions":
        y_pred = y_pred / (1 + y_pred)
    if loss.outputs == "probabilities":
        y_pred = y_pred / y_pred.sum(axis=-1, keepdims=True)
    if loss.targets == "sequences":
        return rng.integers(1, shape[-1], (shape[0], shape[1] // 2)), y_pred
    labels = rng.integers(0, shape[-1], shape[:-1])
    if loss.targets == "labels":
        return labels, y_pred
    if loss.targets == "one-hot":
        return np.eye(shape[-1])[labels], y_pred
    return rng.random(shape), y_pred
