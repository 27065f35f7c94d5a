"""The table that ``model.summary()`` prints."""

import itertools
from typing import Any


def summary(model: Any, line_length: int | None = None, show_trainable: bool = False) -> str:
    """Layers, output shapes and parameter counts, in Keras's table.

    Args:
        model: a Sequential, built or not; an unbuilt layer shows "?" and "0 (unbuilt)".
        line_length: the table's width in characters; as wide as the terminal, 88 at most.
        show_trainable: adds a column that says which layers are trained.
    """
    header = ["Layer (type)", "Output Shape", "Param #"] + (["Trainable"] if show_trainable else [])
    rows = []
    shape = model._build_shape
    for layer in model.layers:
        shape = layer.compute_output_shape(shape) if shape is not None and layer.built else None
        cells = [
            f"{layer.name} ({type(layer).__name__})",
            str(shape) if shape is not None else "?",
            f"{layer.count_params():,}" if layer.built else "0 (unbuilt)",
        ]
        if show_trainable:
            cells.append(("Y" if layer.trainable else "N") if layer.weights else "-")
        rows.append(cells)
    widths = _widths(line_length, show_trainable)
    lines = [
        f'Model: "{model.name}"',
        "┏" + "┳".join("━" * w for w in widths) + "┓",
        "┃" + "┃".join(_cell(c, w, i) for i, (c, w) in enumerate(zip(header, widths, strict=True))) + "┃",
        "┡" + "╇".join("━" * w for w in widths) + "┩",
    ]
    rule = "├" + "┼".join("─" * w for w in widths) + "┤"
    for i, cells in enumerate(rows):
        if i:
            lines.append(rule)
        lines.append("│" + "│".join(_cell(c, w, j) for j, (c, w) in enumerate(zip(cells, widths, strict=True))) + "│")
    lines.append("└" + "┴".join("─" * w for w in widths) + "┘")
    return "\n".join(lines + _totals(model))


def _widths(line_length: int | None, show_trainable: bool) -> list[int]:
    """Keras's column positions, each column then narrowed alike until borders and padding fit."""
    ends = [0.405, 0.72, 0.9, 1.0] if show_trainable else [0.45, 0.8, 1.0]
    import shutil

    total = line_length or min(100 if show_trainable else 88, shutil.get_terminal_size().columns - 4)
    edges = [0, *(int(end * total) for end in ends)]
    widths = [right - left + 2 for left, right in itertools.pairwise(edges)]
    excess = sum(widths) + len(widths) + 1 - total
    for i, left in enumerate(range(len(widths), 0, -1)):
        narrower = round(excess / left)
        widths[i] -= narrower
        excess -= narrower
    return widths


def _cell(text: str, width: int, column: int) -> str:
    text = text if len(text) <= width - 2 else text[: width - 3] + "…"
    return f" {text:>{width - 2}} " if column == 2 else f" {text:<{width - 2}} "


def _totals(model: Any) -> list[str]:
    weights, trained = model.weights, model.trainable_weights
    frozen = model.non_trainable_weights
    optimizer = getattr(model, "optimizer", None)
    slots = list(getattr(optimizer, "variables", [])) if optimizer is not None and optimizer.built else []
    total = list(weights) + slots
    lines = [
        f" Total params: {_count(total)} ({_size(total)})",
        f" Trainable params: {_count(trained)} ({_size(trained)})",
        f" Non-trainable params: {_count(frozen)} ({_size(frozen)})",
    ]
    if slots:
        lines.append(f" Optimizer params: {_count(slots)} ({_size(slots)})")
    return lines


def _count(parameters: list[Any]) -> str:
    return f"{sum(p.value.size for p in parameters):,}"


def _size(parameters: list[Any]) -> str:
    """Bytes in Keras's words: B, KB, MB or GB of 1024 each."""
    size = float(sum(p.value.nbytes for p in parameters))
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} GB"
