"""Optimizers at work: their paths on losses of two parameters, and how far each gradient moves the weights.

The losses, with x and y the parameters::

    (1)  quadratic:   (x² + y²) / 2
    (2)  ravine:      (x² + 50 y²) / 2
    (3)  saddle:      x² / 2 − y² / 2 + y⁴ / 4       a saddle at (0, 0), minima at (0, ±1)
    (4)  rosenbrock:  (1 − x)² + 100 (y − x²)²       its minimum, (1, 1), lies in a bent valley

>>> figure = descent({"sgd": "sgd"}, losses="ravine", steps=3)
>>> [line.get_label() for line in figure.axes[0].get_lines()]
['sgd', 'minimum']
>>> figure.axes[0].get_lines()[0].get_ydata().round(3)  # y ← y − 0.01 · 50 y
array([0.6  , 0.3  , 0.15 , 0.075])
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import optimizers as library
from ..parameter import Parameter
from .figures import Path, finish, new_figure


class Landscape(NamedTuple):
    """A loss of two parameters.

    Attributes:
        value: a function of x and y, which may be arrays.
        gradient: a function of x and y: the pair (∂L/∂x, ∂L/∂y).
        start: where paths begin.
        minima: its lowest points.
        box: what is drawn: (lowest x, highest x, lowest y, highest y).
    """

    value: Callable[[Any, Any], Any]
    gradient: Callable[[Any, Any], tuple[Any, Any]]
    start: tuple[float, float]
    minima: tuple[tuple[float, float], ...]
    box: tuple[float, float, float, float]


LANDSCAPES = {
    "quadratic": Landscape(
        lambda x, y: (x**2 + y**2) / 2, lambda x, y: (x, y), (-1.8, 1.2), ((0, 0),), (-2.2, 1.2, -1.0, 1.6)
    ),
    "ravine": Landscape(
        lambda x, y: (x**2 + 50 * y**2) / 2, lambda x, y: (x, 50 * y), (-1.8, 0.6), ((0, 0),), (-2.2, 1.2, -0.8, 0.9)
    ),
    "saddle": Landscape(
        lambda x, y: x**2 / 2 - y**2 / 2 + y**4 / 4,
        lambda x, y: (x, y**3 - y),
        (-1.5, 0.01),
        ((0, -1), (0, 1)),
        (-1.9, 1.0, -0.9, 1.7),
    ),
    "rosenbrock": Landscape(
        lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        lambda x, y: (2 * (x - 1) - 400 * x * (y - x**2), 200 * (y - x**2)),
        (-1.4, 2.2),
        ((1, 1),),
        (-2.0, 1.7, -0.6, 2.9),
    ),
}
"""The losses (1) to (4) by name."""

_USUAL = {
    "SGD": lambda: library.SGD(0.001),
    "momentum": lambda: library.SGD(0.001, momentum=0.9),
    "Nesterov": lambda: library.SGD(0.001, momentum=0.9, nesterov=True),
    "RMSprop": lambda: library.RMSprop(0.02),
    "Adam": lambda: library.Adam(0.05),
}


def descent(
    optimizers: Mapping[str, Any] | Sequence[Any] | None = None,
    losses: str | Landscape | Sequence[str | Landscape] = tuple(LANDSCAPES),
    steps: int = 300,
    path: Path = None,
    title: str | None = None,
) -> Any:
    """The paths of several optimizers on each loss, and below them the length of each step over its gradient's.

    In the lower pictures plain SGD is a straight line, ‖Δw‖ = η ‖g‖. Adam and RMSprop scale each entry: their steps
    have much the same length until the gradient fades.

    Args:
        optimizers: names, configs or optimizers; a dictionary gives them labels. Each starts afresh on each loss, from
            its config. None for SGD without and with two kinds of momentum, RMSprop and Adam.
        losses: names in :data:`LANDSCAPES`, or :class:`Landscape` objects; one, or several.
        steps: how many each optimizer takes.
        path: where to save it; the ending says the format.
        title: above the picture.

    Returns:
        The ``Figure``.

    Raises:
        ValueError: for a loss or an optimizer that is not known.
        MissingExtraError: without matplotlib.
    """
    chosen = [losses] if isinstance(losses, str | Landscape) else list(losses)
    configs = {label: library.serialize(library.get(o)) for label, o in _labelled(optimizers).items()}
    figure = new_figure(4.2 * len(chosen), 7.0)
    axes = figure.subplots(2, len(chosen), squeeze=False)
    for i, each in enumerate(chosen):
        landscape = _landscape(each)
        _draw_loss(axes[0, i], landscape)
        axes[0, i].set_title(each if isinstance(each, str) else "loss", fontsize=10)
        for label, config in configs.items():
            points, norms = walk(library.deserialize(config), landscape, steps)
            axes[0, i].plot(*points.T, "-", marker=".", markersize=3, linewidth=1, label=label)
            axes[1, i].plot(*norms.T, ".", markersize=3, label=label)
        axes[0, i].plot(*np.transpose(landscape.minima), "*", color="black", markersize=10, label="minimum")
        axes[0, i].set(xlim=landscape.box[:2], ylim=landscape.box[2:], xlabel="x", ylabel="y")
        axes[1, i].set(xscale="log", yscale="log", xlabel="‖g‖", ylabel="‖Δw‖")
        axes[1, i].grid(alpha=0.3)
    axes[0, 0].legend(fontsize=8)
    return finish(figure, path, title)


def walk(optimizer: Any, landscape: Landscape, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The path of an optimizer: its points (steps + 1, 2), and for each step ‖g‖ and ‖Δw‖ (steps, 2).

    A path that leaves the numbers (NaN or infinity) ends there.
    """
    w = Parameter(np.array(landscape.start, "float64"), "w")
    points, norms = [w.value.copy()], []
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            g = np.array(landscape.gradient(*w.value))
            optimizer.apply([g], [w])
            if not np.isfinite(w.value).all():
                break
            norms.append((np.linalg.norm(g), np.linalg.norm(w.value - points[-1])))
            points.append(w.value.copy())
    return np.array(points), np.array(norms).reshape(-1, 2)


def update_norms(
    model: Any, x: Any, y: Any, batch_size: int = 32, steps: int = 100, path: Path = None, title: str | None = None
) -> Any:
    """The length of each parameter's step over the length of its gradient, in a training of a compiled model.

    Args:
        model: a compiled model; it is trained.
        x, y: the data; batches are taken in order, from the beginning again at the end.
        batch_size, steps: of the training.
        path, title: as for :func:`descent`.

    Returns:
        The ``Figure``: a dot for each step and parameter, all on logarithmic axes.

    Raises:
        MissingExtraError: without matplotlib.
    """
    x, y = np.asarray(x), np.asarray(y)
    norms: dict[str, list[tuple[float, float]]] = {}
    for step in range(steps):
        rows = np.arange(step * batch_size, (step + 1) * batch_size) % len(x)
        if step == 0:
            model.train_on_batch(x[rows], y[rows])  # builds the model
        before = {p.path: p.value.copy() for p in model.trainable_weights}
        model.train_on_batch(x[rows], y[rows])
        for p in model.trainable_weights:
            lengths = float(np.linalg.norm(p.grad)), float(np.linalg.norm(p.value - before[p.path]))
            norms.setdefault(p.path, []).append(lengths)
    figure = new_figure(6.0, 4.5)
    ax = figure.add_subplot()
    for name, lengths_of_one in norms.items():
        ax.plot(*np.transpose(lengths_of_one), ".", markersize=3, label=name)
    ax.set(xscale="log", yscale="log", xlabel="‖g‖", ylabel="‖Δw‖")
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8)
    return finish(figure, path, title)


def _labelled(optimizers: Mapping[str, Any] | Sequence[Any] | None) -> Mapping[str, Any]:
    if optimizers is None:
        return {label: make() for label, make in _USUAL.items()}
    if isinstance(optimizers, Mapping):
        return optimizers
    return {o if isinstance(o, str) else library.get(o).name: o for o in optimizers}  # type: ignore[union-attr]


def _landscape(loss: str | Landscape) -> Landscape:
    if isinstance(loss, Landscape):
        return loss
    if loss not in LANDSCAPES:
        raise ValueError(f"No loss {loss!r}; there are {list(LANDSCAPES)}.")
    return LANDSCAPES[loss]


def _draw_loss(ax: Any, landscape: Landscape) -> None:
    """Contours, denser near the minimum."""
    left, right, low, high = landscape.box
    x, y = np.meshgrid(np.linspace(left, right, 200), np.linspace(low, high, 200))
    z = landscape.value(x, y)
    heights = np.log1p(z - min(z.min(), *(landscape.value(*m) for m in landscape.minima)))
    ax.contourf(x, y, heights, 24, cmap="Greys", alpha=0.5)
