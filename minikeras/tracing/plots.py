"""Pictures of a step: what flows through each layer, what the first layer looks for, how far each parameter moves.

Each function returns a matplotlib ``Figure`` and, given a path, saves it too.
"""

from typing import Any

import numpy as np

from ..plotting.figures import Path, finish, new_figure
from .health import GradientHealth
from .quantities import LayerTrace

__all__ = ["health", "histograms", "kernels", "step_sizes"]


def histograms(trace: Any, path: Path = None, title: str | None = None, bins: int = 60) -> Any:
    """Activations, deltas and kernel gradients of each layer with parameters, the lowest on top.

    Counts are on a logarithmic scale, and zeros are counted in the title: a ReLU makes many.

    Args:
        path: where to save it; the ending says the format.
        title: above the picture.
        bins: of each histogram.
    """
    rows = [layer for layer in trace.layers if _kernel(layer) is not None] or trace.layers
    figure = new_figure(11, 2.4 * len(rows))
    for row, (layer, axes) in enumerate(zip(rows, figure.subplots(len(rows), 3, squeeze=False), strict=True)):
        delta = "dz" if "dz" in layer.quantities else "dx"
        for ax, name, color in zip(axes, ("y", delta, _kernel(layer)), ("C0", "C1", "C2"), strict=True):
            if name is None:
                ax.set_axis_off()
                continue
            q = layer[name]
            zeros = float(np.mean(q.value == 0))
            ax.hist(q.value.ravel(), bins, log=True, color=color)
            ax.set_title(q.formula + (f"   ({zeros:.0%} zero)" if zeros > 0.005 else ""), fontsize=9)
            ax.ticklabel_format(axis="x", style="sci", scilimits=(-2, 3))
            ax.tick_params(labelsize=8)
        axes[0].set_ylabel(f"{layer.name}\nhow many", fontsize=9)
        if row == len(rows) - 1:
            for ax, label in zip(axes, ("activations", "deltas", "gradients of the kernel"), strict=True):
                ax.set_xlabel(label)
    return finish(figure, path, title)


def kernels(trace: Any, path: Path = None, title: str | None = None, units: int = 8) -> Any:
    """What units of the first layer with a kernel look for: kernel columns as pictures, before and after the step.

    The units are those whose weights change most, in that order. Before and after share one scale, and the difference
    has its own: red is positive, blue negative.

    Args:
        path, title: as for :func:`histograms`.
        units: how many.

    Raises:
        ValueError: if there is no such layer, or its columns make no picture.
    """
    found = [path for path in trace.gradients if path.endswith("/kernel") and trace.before[path].ndim == 2]
    if not found:
        raise ValueError("No layer of this trace has a trained kernel (D, K).")
    before, after = trace.before[found[0]], trace.after[found[0]]
    shape = _picture(trace, len(before))
    change = after - before
    chosen = np.argsort(-np.linalg.norm(change, axis=0), kind="stable")[:units]
    figure = new_figure(1.25 * len(chosen) + 1.2, 4.6)
    axes = figure.subplots(3, len(chosen), squeeze=False)
    scales = [float(np.abs(before[:, chosen]).max()) or 1.0] * 2 + [float(np.abs(change[:, chosen]).max()) or 1.0]
    for row, name, array, scale in zip(
        axes, ("before", "after", "difference"), (before, after, change), scales, strict=True
    ):
        for ax, unit in zip(row, chosen, strict=True):
            image = ax.imshow(array[:, unit].reshape(shape), cmap="RdBu_r", vmin=-scale, vmax=scale)
            ax.set_xticks([])
            ax.set_yticks([])
        row[0].set_ylabel(name)
        bar = figure.colorbar(image, ax=row.tolist(), shrink=0.9)
        bar.ax.tick_params(labelsize=8)
    for ax, unit in zip(axes[0], chosen, strict=True):
        ax.set_title(f"unit {unit}", fontsize=9)
    return finish(figure, path, title or f"Columns of {found[0]}: the units that the step changes most")


def step_sizes(trace: Any, path: Path = None, title: str | None = None) -> Any:
    """For each trained parameter ‖∂L/∂w‖, and ‖Δw‖ / ‖w‖ where w is not zero; the lowest layer on top.

    Args:
        path, title: as for :func:`histograms`.
    """
    names = list(trace.gradients)[::-1]
    norms = [float(np.linalg.norm(trace.gradients[name])) for name in names]
    ratios = [_ratio(trace.before[name], trace.after[name]) for name in names]
    figure = new_figure(10, 1.2 + 0.35 * len(names))
    left, right = figure.subplots(1, 2, sharey=True)
    left.barh(names, norms, color="C2")
    left.set_xlabel("‖gradient‖")
    right.barh(names, np.nan_to_num(ratios), color="C3")
    right.set_xlabel("‖change‖ / ‖weights before‖")
    for ax, values in ((left, norms), (right, ratios)):
        words = ["all weights were 0" if np.isnan(v) else f"{v:.2g}" for v in values]
        ax.bar_label(ax.containers[0], words, padding=3, fontsize=8)
        ax.margins(x=0.2)
        ax.grid(alpha=0.3, axis="x")
    return finish(figure, path, title)


def health(followed: GradientHealth, path: Path = None, title: str | None = None) -> Any:
    """What a :class:`GradientHealth` followed during ``fit``: a line for each parameter, over the epochs.

    Args:
        path, title: as for :func:`histograms`.

    Raises:
        ValueError: before the first finished epoch.
    """
    if not followed.history:
        raise ValueError("There is nothing to plot: no epoch was followed.")
    figure = new_figure(12, 4)
    words = {
        "gradient_norm": "‖gradient‖, last step",
        "update_ratio": "‖change‖ / ‖weights‖, epoch",
        "zero_share": "units without gradient, last step: share",
    }
    for ax, (name, label) in zip(figure.subplots(1, len(words)), words.items(), strict=True):
        for parameter, entry in followed.history.items():
            values = np.array(entry[name])
            ax.plot(np.arange(1, len(values) + 1), np.where(np.isfinite(values), values, np.nan), ".-", label=parameter)
        if name != "zero_share":
            ax.set_yscale("log")
        ax.set_xlabel("epoch")
        ax.set_title(label, fontsize=10)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.grid(alpha=0.3)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8)
    return finish(figure, path, title)


def _kernel(layer: LayerTrace) -> str | None:
    """The gradient of the layer's largest parameter."""
    own = [q for q in layer if q.backward and q.name not in ("dx", "dy", "dz")]
    return max(own, key=lambda q: q.value.size).name if own else None


def _ratio(before: np.ndarray, after: np.ndarray) -> float:
    size = float(np.linalg.norm(before))
    return float(np.linalg.norm(after - before)) / size if size else float("nan")


def _picture(trace: Any, inputs: int) -> tuple[int, ...]:
    """The shape in which a column of a kernel is a picture."""
    shape = trace.layers[0]["x"].shape[1:]
    if len(shape) == 3 and shape[-1] == 1:
        shape = shape[:-1]
    side = round(inputs**0.5)
    if len(shape) != 2 or shape[0] * shape[1] != inputs:
        shape = (side, side)
    if shape[0] * shape[1] != inputs:
        raise ValueError(
            f"A column of {inputs} weights makes no picture: the model's input is no picture of that size."
        )
    return shape
