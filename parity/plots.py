"""The report's pictures, as matplotlib figures."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from minikeras.errors import require

from . import compare, tolerances


def _figure(columns: int, width: float, **layout: Any) -> tuple[Any, Any]:
    require("matplotlib", "plot")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(1, columns, **layout)


def errors(rows: Iterable[compare.Comparison], backend: str) -> Any:
    """Every tensor's error, in order of size, on a log axis. Those that are exactly equal have no place on it: they
    lie on a line of their own below the smallest."""
    figure, axes = _figure(1, 8)
    drawn = [row for row in rows if row.check in ("gradients", "update") and np.isfinite(row.error)]
    smallest = min((row.error for row in drawn if row.error), default=1e-17)
    bottom = 10.0 ** np.floor(np.log10(smallest) - 1)
    axes.axhline(bottom, color="lightgrey", linewidth=6, zorder=0)
    axes.text(0.99, bottom, "exactly equal ", transform=axes.get_yaxis_transform(), ha="right", va="center", fontsize=8)
    names = {"float64": "float64", "rounded": "float64, a part of which Keras rounds", "float32": "float32"}
    for (dtype, name), color, beside in zip(names.items(), ("C0", "C2", "C1"), (0.6, 1, 1.7), strict=True):
        found = np.array(sorted(row.error for row in drawn if row.dtype == dtype))
        if len(found):
            share = np.linspace(0, 100, len(found))
            label = f"{name}: {len(found):,} tensors, {np.mean(found == 0):.0%} exactly equal"
            axes.plot(share, np.where(found > 0, found, bottom * beside), ".", markersize=4, color=color, label=label)
    for dtype, color in (("float64", "C0"), ("float32", "C1")):
        limit = tolerances.limit("gradients", dtype)
        axes.axhline(limit, linewidth=0.8, linestyle="--", color=color, label=f"limit {limit:.0e}, {dtype}")
    axes.set_yscale("log")
    axes.set_ylim(bottom / 10, 1e3)  # room for the legend
    axes.set(xlabel="tensors from the smallest error to the largest, %", ylabel="‖minikeras − Keras‖ / ‖Keras‖")
    axes.set_title(f"Gradients and updates: minikeras and Keras on {backend}")
    axes.legend(fontsize=7, loc="upper left")
    return figure


def trajectory(curves: dict[str, Any], backend: str) -> Any:
    """How far the weights part, step by step, and the learning curves of both laid over each other."""
    figure, (left, right) = _figure(2, 12)
    steps = np.array(curves["steps"])
    for name, values in curves["drift"].items():
        found = np.array(values)
        style = "o-" if "minikeras" in name else ".--"
        left.plot(steps, np.where(found > 0, found, np.nan), style, markersize=4, label=name)
    history = curves["history"]
    epochs = len(history["keras float64"]["loss"])
    left.set(xscale="log", yscale="log", xlabel=f"step (an epoch has {steps[-1] // epochs})")
    left.set(ylabel="norm-relative distance of the weights", title="How far the weights part")
    low, high = left.get_ylim()
    left.set_ylim(low, high * 10 ** (0.3 * np.log10(high / low)))  # room for the legend
    left.legend(fontsize=7, loc="upper left")
    for who, color, width in (("keras", "C1", 5), ("minikeras", "C0", 1.5)):
        for name, style in (("loss", "-"), ("val_loss", ":")):
            label = f"{'Keras' if who == 'keras' else who}, {name}"
            values = history[f"{who} float64"][name]
            alpha = 0.4 if who == "keras" else 1
            right.plot(range(1, epochs + 1), values, style, color=color, linewidth=width, alpha=alpha, label=label)
    right.xaxis.get_major_locator().set_params(integer=True)
    right.set(xlabel="epoch", ylabel="loss", title="Learning curves laid over each other, float64")
    right.legend(fontsize=7)
    figure.suptitle(f"The same weights and batches: minikeras and Keras on {backend}")
    return figure


def accuracy(found: dict[str, Any]) -> Any:
    """Both test accuracies seed by seed, and the interval of their difference beside the margin.

    Args:
        found: of :func:`parity.accuracy.check`.
    """
    figure, (left, right) = _figure(2, 11, width_ratios=[3, 1])
    pairs = {name: 100 * np.asarray(found[name.lower()]) for name in ("Keras", "minikeras")}
    seeds = np.arange(1, len(pairs["Keras"]) + 1)
    left.vlines(seeds, pairs["Keras"], pairs["minikeras"], color="lightgrey", zorder=0)
    for (name, values), marker, color in zip(pairs.items(), "sD", ("C1", "C0"), strict=True):
        left.plot(seeds, values, marker, color=color, markersize=5, label=f"{name}, mean {values.mean():.2f} %")
        left.axhline(values.mean(), color=color, linewidth=0.8)
    left.set_xticks(seeds)
    left.set(xlabel="seed", ylabel="accuracy on the test images, %", title="Each pair trained from one seed")
    left.legend(fontsize=8)
    low, high = (100 * value for value in found["interval"])
    margin = 100 * found["margin"]
    right.axhspan(-margin, margin, color="C2", alpha=0.15, label=f"margin ± {margin:g}")
    right.plot(np.zeros(len(seeds)), pairs["minikeras"] - pairs["Keras"], ".", color="grey", label="pairs")
    right.errorbar(
        [1], [(low + high) / 2], [(high - low) / 2], fmt="D", color="C0", capsize=6, label="mean, 90 % interval"
    )
    right.set_xticks([])
    right.set_xlim(-1, 2)
    bottom, top = right.get_ylim()
    right.set_ylim(bottom, top + 0.4 * (top - bottom))  # room for the legend
    right.set(ylabel="minikeras − Keras, points", title="Difference")
    right.legend(fontsize=8, loc="upper center")
    return figure
