"""The table that ``model.summary()`` prints."""

import itertools
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

from .. import console


class Shown:
    """The part of a model that shows it: its layers as a table, printed or in a notebook, and its training steps."""

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Prints the table of layers, shapes and parameters as Keras does: :func:`summary`."""
        table = summary(self, line_length, positions, expand_nested, show_trainable, layer_range)
        (print_fn or console.show)(table)

    def trace(self, x: Any, y: Any, sample_weight: Any = None, apply: bool = False) -> Any:
        """One training step on one batch, with every number written down: a :class:`~minikeras.tracing.Trace`.

        Args:
            apply: True leaves the model at the step's new weights; False puts everything back.
        """
        from ..tracing import trace_step

        return trace_step(self, x, y, sample_weight, apply)

    def _repr_html_(self) -> str:
        """How a notebook shows the model: its summary."""
        from ..page.fragments import table

        totals = "\n".join(line.strip() for line in _totals(self))
        return table(cells(self), f'Model: "{self.name}"\n{totals}')  # type: ignore[attr-defined]


def summary(
    model: Any,
    line_length: int | None = None,
    positions: Any = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Any = None,
) -> str:
    """Layers, output shapes and parameter counts, in Keras's table; for a graph that branches, its connections too.

    Args:
        model: a model, built or not; an unbuilt layer shows "?" and "0 (unbuilt)".
        line_length: the table's width in characters; as wide as the terminal, 88 at most, or 108 with connections.
        positions: where the columns end, as fractions of the width.
        expand_nested: adds the layers of the models inside.
        show_trainable: adds a column that says which layers are trained.
        layer_range: names, or regular expressions of names, of the first and the last layer to be shown.
    """
    branches = _branches(model)
    header, *rows = cells(model, expand_nested, show_trainable, layer_range)
    ends = list(positions or ([0.3, 0.56, 0.74, 1.0] if branches else [0.45, 0.8, 1.0]))
    total = (108 if branches else 88) + 12 * show_trainable
    if show_trainable:
        ends = [end * 0.9 for end in ends] + [1.0]
    aligned = [{"Param #": ">", "Trainable": "^"}.get(name, "<") for name in header]
    widths = _widths(line_length or min(total, shutil.get_terminal_size().columns - 4), ends)
    lines = [
        f'Model: "{model.name}"',
        "┏" + "┳".join("━" * w for w in widths) + "┓",
        *_lines(header, widths, aligned, "┃"),
        "┡" + "╇".join("━" * w for w in widths) + "┩",
    ]
    rule = "├" + "┼".join("─" * w for w in widths) + "┤"
    for i, row in enumerate(rows):
        lines += ([rule] if i else []) + _lines(row, widths, aligned, "│")
    lines.append("└" + "┴".join("─" * w for w in widths) + "┘")
    return "\n".join(lines + _totals(model))


def cells(
    model: Any, expand_nested: bool = False, show_trainable: bool = False, layer_range: Any = None
) -> list[list[str]]:
    """The head of the table, and its rows; see :func:`summary`."""
    branches = _branches(model)
    header = ["Layer (type)", "Output Shape", "Param #", *["Connected to"] * branches, *["Trainable"] * show_trainable]
    operations = model._graph.operations if branches else _shown(model)
    rows = (
        _rows(operation, model, branches, show_trainable, expand_nested)
        for operation in operations[_range(operations, layer_range)]
    )
    return [header, *itertools.chain.from_iterable(rows)]


def _shown(model: Any) -> list[Any]:
    """The layers of a model; all operations of one that is made of symbols."""
    made_of_symbols = model._graph is not None and model.layers[:1] == model._graph.operations[:1]
    return model._graph.operations if made_of_symbols else model.layers


def _branches(model: Any) -> bool:
    """True if a graph is more than a chain in which each layer is called once."""
    graph = model._graph
    if graph is None or _shown(model) is not graph.operations:
        return False
    depths = list(graph.depths.values())
    several = any(len(node.input_tensors) > 1 for node in graph.nodes)
    return several or len(set(depths)) < len(depths) or len(graph.operations) < len(graph.nodes)


def _range(operations: list[Any], layer_range: Any) -> slice:
    if layer_range is None:
        return slice(None)
    if len(layer_range) != 2 or not all(isinstance(name, str) for name in layer_range):
        raise ValueError(f"layer_range must be a list of two names. Received: layer_range={layer_range}")
    first, last = ([i for i, o in enumerate(operations) if re.match(name, o.name)] for name in layer_range)
    if not first or not last:
        raise ValueError(f"No layer of the model has these names. Received: layer_range={layer_range}")
    if min(first) > max(last):
        return slice(min(last), max(first) + 1)
    return slice(min(first), max(last) + 1)


def _rows(
    operation: Any, model: Any, branches: bool, show_trainable: bool, expand_nested: bool, level: int = 0
) -> Iterator[list[str]]:
    """The cells of an operation, and of the layers inside of it."""
    prefix = "   " * level + "└ " if level else ""
    weights = getattr(operation, "weights", [])
    parameters = f"{operation.count_params():,}" if getattr(operation, "built", False) else "0 (unbuilt)"
    cells = [
        f"{prefix}{operation.name} ({type(operation).__name__})",
        _shape(operation),
        parameters if hasattr(operation, "built") else "0",
    ]
    if branches:
        cells.append(_connections(operation, model._graph))
    if show_trainable:
        cells.append(("Y" if operation.trainable else "N") if weights else "-")
    yield cells
    for inner in getattr(operation, "layers", []) if expand_nested else []:
        yield from _rows(inner, model, branches, show_trainable, True, level + 1)


def _shape(operation: Any) -> str:
    if operation._inbound_nodes:
        shapes = [str(y.shape) for y in operation._inbound_nodes[-1].output_tensors]
    elif getattr(operation, "built", False) and operation._build_shape is not None:
        shapes = [str(shape) for shape in [operation.compute_output_shape(operation._build_shape)]]
    else:
        return "?"
    return shapes[0] if len(shapes) == 1 else f"[{', '.join(shapes)}]"


def _connections(operation: Any, graph: Any) -> str:
    """For each call, the operations that its inputs come from: name[call][output]."""
    symbols = [x for node in operation._inbound_nodes if node in graph.depths for x in node.input_tensors]
    histories = [x._keras_history for x in symbols]
    return ", ".join(f"{o.name}[{number}][{output}]" for o, number, output in histories) or "-"


def _widths(total: int, ends: list[float]) -> list[int]:
    """Keras's column positions, each column then narrowed alike until borders and padding fit."""
    edges = [0, *(int(end * total) for end in ends)]
    widths = [right - left + 2 for left, right in itertools.pairwise(edges)]
    if min(widths) < 6:
        raise ValueError(f"Insufficient console width to print summary. Received: line_length={total}")
    excess = sum(widths) + len(widths) + 1 - total
    for i, left in enumerate(range(len(widths), 0, -1)):
        narrower = round(excess / left)
        widths[i] -= narrower
        excess -= narrower
    return widths


def _lines(cells: list[str], widths: list[int], aligned: list[str], border: str) -> list[str]:
    """A row of the table; a text that is too long for its cell goes on in the next line."""
    columns = [_wrapped(text, w - 2) for text, w in zip(cells, widths, strict=True)]
    lines = []
    for parts in itertools.zip_longest(*columns, fillvalue=""):
        padded = [f" {part:{a}{w - 2}} " for part, a, w in zip(parts, aligned, widths, strict=True)]
        lines.append(border + border.join(padded) + border)
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    lines, line = [], ""
    for word in re.findall(r"\s*\S+", text):
        if line and len(line) + len(word) > width:
            lines.append(line)
            line = word.lstrip()
        else:
            line += word
    return [part if len(part) <= width else part[: width - 1] + "…" for part in [*lines, line]]


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
