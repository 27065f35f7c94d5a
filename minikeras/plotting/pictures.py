"""Learning curves, a grid of images, a grid of predictions.

>>> import numpy as np
>>> figure = learning_curves({"loss": [2.0, 1.0], "val_loss": [2.1, 1.2]})
>>> [line.get_label() for line in figure.axes[0].get_lines()]
['loss', 'val_loss']
>>> figure = predictions(np.zeros((2, 28, 28)), [0, 1], [0, 2], ["bag", "coat", "shirt"], rows=1, columns=2)
>>> [(ax.get_title(), ax.title.get_color()) for ax in figure.axes]
[('bag (bag)', 'blue'), ('shirt (coat)', 'red')]
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .figures import Path, finish, new_figure

RIGHT, WRONG = "blue", "red"


def learning_curves(history: Any, path: Path = None, title: str | None = None) -> Any:
    """Every logged value over the epochs: losses on the left, everything else on the right.

    Args:
        history: what ``fit`` returned, or a dictionary name -> one value for each epoch.
        path: where to save it; the ending says the format.
        title: above the picture.

    Returns:
        The ``Figure``.

    Raises:
        ValueError: if there is nothing to plot.
        MissingExtraError: without matplotlib.
    """
    logs: Mapping[str, Sequence[float]] = getattr(history, "history", history)
    if not logs or not any(len(values) for values in logs.values()):
        raise ValueError("There is nothing to plot: the history holds no finished epoch.")
    groups = [[name for name in logs if _is_loss(name)], [name for name in logs if not _is_loss(name)]]
    groups = [names for names in groups if names]
    figure = new_figure(5.2 * len(groups), 4.0)
    for position, names in enumerate(groups, 1):
        ax = figure.add_subplot(1, len(groups), position)
        for name in names:
            validation = name.startswith("val_")
            epochs = np.arange(1, len(logs[name]) + 1)
            ax.plot(
                epochs,
                logs[name],
                "--" if validation else "-",
                marker="." if len(epochs) < 2 else None,
                color="tab:orange" if validation and len(names) == 2 else None,
                label=name,
            )
        ax.set_xlabel("epoch")
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.grid(alpha=0.3)
        ax.legend()
    return finish(figure, path, title)


def image_grid(
    images: Any,
    labels: Any = None,
    names: Sequence[str] | None = None,
    path: Path = None,
    *,
    rows: int = 5,
    columns: int = 5,
    title: str | None = None,
) -> Any:
    """The first rows × columns images, each with the name of its label.

    Args:
        images: (N, H, W) or (N, H, W, C), or (N, D) if D is a square; any dtype.
        labels: (N,) or (N, 1) integers, or None for no names.
        names: of the classes; without them the label itself is written.
        path, title: as for :func:`learning_curves`.

    Returns:
        The ``Figure``.

    Raises:
        ValueError: if the images have another shape.
        MissingExtraError: without matplotlib.
    """
    images = _images(images)
    captions = [""] * len(images) if labels is None else [_name(k, names) for k in _classes(labels)]
    return _grid(images, captions, ["black"] * len(images), rows, columns, path, title)


def predictions(
    images: Any,
    labels: Any,
    predicted: Any,
    names: Sequence[str] | None = None,
    path: Path = None,
    *,
    rows: int = 5,
    columns: int = 5,
    title: str | None = None,
) -> Any:
    """The first rows × columns images with "predicted (true)": in blue where right, in red where wrong.

    Args:
        images, names, path, title: as for :func:`image_grid`.
        labels: (N,) or (N, 1), the true classes.
        predicted: (N,) classes, or (N, K) probabilities or logits as ``predict`` returns them.

    Returns:
        The ``Figure``.

    Raises:
        ValueError: if the images have another shape, or there are not as many of one as of the other.
        MissingExtraError: without matplotlib.
    """
    images, true, guess = _images(images), _classes(labels), _classes(predicted)
    if not len(images) == len(true) == len(guess):
        raise ValueError(
            f"images, labels and predicted must be equally many. Received: {len(images)}, {len(true)}, {len(guess)}"
        )
    captions = [f"{_name(g, names)} ({_name(t, names)})" for g, t in zip(guess, true, strict=True)]
    colors = [RIGHT if g == t else WRONG for g, t in zip(guess, true, strict=True)]
    return _grid(images, captions, colors, rows, columns, path, title)


def _grid(
    images: np.ndarray,
    captions: list[str],
    colors: list[str],
    rows: int,
    columns: int,
    path: Path,
    title: str | None,
) -> Any:
    figure = new_figure(2.0 * columns, 2.15 * rows)
    for i in range(min(rows * columns, len(images))):
        ax = figure.add_subplot(rows, columns, i + 1)
        ax.imshow(images[i], cmap="binary")
        ax.set_axis_off()
        ax.set_title(captions[i], color=colors[i], fontsize=9)
    return finish(figure, path, title)


def _is_loss(name: str) -> bool:
    return name.removeprefix("val_") == "loss"


def _images(images: Any) -> np.ndarray:
    images = np.asarray(images)
    side = round(np.sqrt(images.shape[1])) if images.ndim == 2 else 0
    if side and side * side == images.shape[1]:
        images = images.reshape(-1, side, side)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3 and not (images.ndim == 4 and images.shape[-1] in (3, 4)):
        raise ValueError(f"Expected images of shape (N, H, W) or (N, H, W, C). Received: {images.shape}")
    return images


def _classes(labels: Any) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] > 1:
        return labels.argmax(axis=1)
    return labels.reshape(-1)


def _name(label: Any, names: Sequence[str] | None) -> str:
    return str(label) if names is None else str(names[int(label)])
