"""plot_model and model_to_dot: a model as boxes and arrows, without any other program.

The layers stand in rows: each one below all that it takes from. An arrow that passes rows goes through a free place in
each of them. An SVG is written here; other formats (PNG, PDF) are drawn by matplotlib.

>>> from minikeras import Input, Model, layers
>>> x = Input((3,), name="x")
>>> drawing = model_to_dot(Model(x, layers.Dense(2, name="y")(x)), show_shapes=True)
>>> [box.lines for box in drawing.boxes]
[['x (InputLayer)', 'Output shape: (None, 3)'], ['y (Dense)', 'Input shape: (None, 3)', 'Output shape: (None, 2)']]
>>> print(drawing.to_string())
digraph G {
rankdir=TB; splines="ortho"; dpi=200; node [shape=record];
n0 [label="x (InputLayer)|Output shape: (None, 3)"];
n1 [label="y (Dense)|Input shape: (None, 3)|Output shape: (None, 2)"];
n0 -> n1;
}
"""

import itertools
from html import escape
from pathlib import Path
from typing import Any

from ..errors import require

LINE, GAP, MARGIN, LETTER, SIZE = 18, 40, 20, 7.2, 12  # lengths in points; SIZE is the font's


class Box:
    """A layer of a drawing: its lines of text, and where it stands (x, y: the middle of its upper edge)."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.width = max((len(line) for line in lines), default=0) * LETTER + 2 * 8 if lines else 12
        self.height = len(lines) * LINE
        self.row = 0
        self.x = self.y = 0.0


class Drawing:
    """A model's boxes and arrows, laid out.

    Attributes:
        boxes: one for each layer.
        arrows: pairs of numbers of boxes.
        frames: for each model that is shown with its layers: its name and the numbers of its boxes.
    """

    def __init__(self, rankdir: str, dpi: float, splines: str) -> None:
        self.rankdir, self.dpi, self.splines = rankdir, dpi, splines
        self.boxes: list[Box] = []
        self.arrows: list[tuple[int, int]] = []
        self.frames: list[tuple[str, list[int]]] = []

    def connect(self, source: int, target: int) -> None:
        if (source, target) not in self.arrows:
            self.arrows.append((source, target))

    # Where everything stands.

    def lay_out(self) -> tuple[float, float, list[list[tuple[float, float]]]]:
        """Gives every box its place; the size of the picture, and each arrow's points."""
        for source, target in sorted(self.arrows):
            if source < target:  # a layer that is called twice may also be fed by one that stands below it
                self.boxes[target].row = max(self.boxes[target].row, self.boxes[source].row + 1)
        rows: list[list[Box]] = [[] for _ in range(max((box.row for box in self.boxes), default=0) + 1)]
        for box in self.boxes:
            rows[box.row].append(box)
        paths = [self._path(source, target, rows) for source, target in self.arrows if source != target]
        above: dict[int, list[Box]] = {}
        for path in paths:
            for upper, lower in itertools.pairwise(path):
                above.setdefault(id(lower), []).append(upper)
        across = self.rankdir in ("LR", "RL")
        edge: float = MARGIN
        for row in rows:
            row.sort(key=lambda box: _mean([upper.x for upper in above.get(id(box), [])]))
            sizes = [box.height if across else box.width for box in row]
            start = -(sum(sizes) + GAP * (len(row) - 1)) / 2
            for box, size in zip(row, sizes, strict=True):
                box.x, box.y = start + size / 2, edge
                start += size + GAP
            edge += max(box.width if across else box.height for box in row) + GAP
        every = [box for row in rows for box in row]
        left = min(b.x - (b.height if across else b.width) / 2 for b in every) - MARGIN
        right = max(b.x + (b.height if across else b.width) / 2 for b in every) + MARGIN
        for box in every:
            box.x -= left
        length, breadth = edge - GAP + MARGIN, right - left
        points = [
            [_end(path[0], across), *((b.x, b.y) for b in path[1:-1]), (path[-1].x, path[-1].y)] for path in paths
        ]
        if not across:
            return breadth, length, points
        for box in self.boxes:
            box.x, box.y = box.y + box.width / 2, box.x - box.height / 2
        return length, breadth, [[(y, x) for x, y in path] for path in points]

    def _path(self, source: int, target: int, rows: list[list[Box]]) -> list[Box]:
        """The boxes of an arrow: its ends, and an empty one in each row between them."""
        first, last = self.boxes[source], self.boxes[target]
        path = [first]
        for row in range(first.row + 1, last.row):
            path.append(Box([]))
            rows[row].append(path[-1])
        return [*path, last]

    # Formats.

    def to_string(self) -> str:
        """The drawing in Graphviz's language."""
        lines = [f'rankdir={self.rankdir}; splines="{self.splines}"; dpi={self.dpi}; node [shape=record];']
        for i, (name, numbers) in enumerate(self.frames):
            members = " ".join(f"n{n};" for n in numbers)
            lines.append(f'subgraph cluster_{i} {{ label="{_quoted(name)}"; style=dashed; {members} }}')
        for i, box in enumerate(self.boxes):
            lines.append(f'n{i} [label="{"|".join(map(_quoted, box.lines))}"];')
        lines += [f"n{source} -> n{target};" for source, target in self.arrows]
        return "\n".join(["digraph G {", *lines, "}"])

    def to_svg(self) -> str:
        """The drawing as an SVG."""
        width, height, paths = self.lay_out()
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="monospace" font-size="{SIZE}">',
            '<defs><marker id="head" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="7" markerHeight="7" '
            'orient="auto"><path d="M0 0L10 5L0 10z"/></marker></defs>',
            f'<rect width="{width:.0f}" height="{height:.0f}" fill="white"/>',
        ]
        for name, (x, y, w, h) in self._framed():
            parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" {_FRAME}/>')
            parts.append(f'<text x="{x + 4:.1f}" y="{y + SIZE:.1f}" fill="gray">{escape(name)}</text>')
        for path in paths:
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in path)
            parts.append(f'<polyline points="{points}" fill="none" stroke="black" marker-end="url(#head)"/>')
        for box in self.boxes:
            left = box.x - box.width / 2
            for i, line in enumerate(box.lines):
                top = box.y + i * LINE
                parts.append(
                    f'<rect x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{LINE}" '
                    f'fill="{"lightgray" if i == 0 else "white"}" stroke="black"/>'
                    f'<text x="{box.x:.1f}" y="{top + 13:.1f}" text-anchor="middle">{escape(line)}</text>'
                )
        return "\n".join([*parts, "</svg>", ""])

    def to_figure(self) -> Any:
        """The drawing as a matplotlib ``Figure``.

        Raises:
            MissingExtraError: without matplotlib.
        """
        figures = require("matplotlib.figure", "plot")
        patches = require("matplotlib.patches", "plot")
        width, height, paths = self.lay_out()
        figure = figures.Figure(figsize=(width / 72, height / 72), dpi=self.dpi)
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
        axes.set_axis_off()
        for name, (x, y, w, h) in self._framed():
            axes.add_patch(patches.Rectangle((x, y), w, h, fill=False, linestyle="--", edgecolor="gray"))
            axes.text(x + 4, y + SIZE, name, fontsize=SIZE, color="gray", family="monospace")
        for path in paths:
            axes.plot(*zip(*path[:-1], strict=True), color="black", linewidth=1)
            arrow = {"arrowstyle": "-|>", "color": "black", "shrinkA": 0, "shrinkB": 0}
            axes.annotate("", path[-1], path[-2], arrowprops=arrow)
        for box in self.boxes:
            for i, line in enumerate(box.lines):
                top = box.y + i * LINE
                colour = "lightgray" if i == 0 else "white"
                corner = (box.x - box.width / 2, top)
                axes.add_patch(patches.Rectangle(corner, box.width, LINE, facecolor=colour, edgecolor="black"))
                axes.text(box.x, top + LINE / 2, line, fontsize=SIZE, ha="center", va="center", family="monospace")
        return figure

    def _framed(self) -> list[tuple[str, tuple[float, float, float, float]]]:
        """The rectangles around the layers of a model: (left, upper, width, height)."""
        found = []
        for name, numbers in self.frames:
            boxes = [self.boxes[n] for n in numbers]
            left, right = min(b.x - b.width / 2 for b in boxes), max(b.x + b.width / 2 for b in boxes)
            upper, lower = min(b.y for b in boxes), max(b.y + b.height for b in boxes)
            found.append((name, (left - 8, upper - 16, right - left + 16, lower - upper + 24)))
        return found

    def write(self, path: Any, format: str | None = None) -> None:
        """Writes the drawing to a file; the format is by default that of its ending: svg, dot, png, pdf, ….

        Raises:
            MissingExtraError: for png and the like, without matplotlib.
        """
        format = format or Path(path).suffix[1:] or "png"
        if format in ("svg", "dot"):
            Path(path).write_text(self.to_svg() if format == "svg" else self.to_string() + "\n", encoding="utf-8")
        else:
            self.to_figure().savefig(path, format=format)

    def _repr_svg_(self) -> str:
        """How a notebook shows the drawing."""
        return self.to_svg()


_FRAME = 'fill="none" stroke="gray" stroke-dasharray="4"'


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **unknown: Any,
) -> Drawing:
    """A model as boxes and arrows.

    Args (as in Keras):
        rankdir: "TB", from the top to the bottom, or "LR", from left to right.
        expand_nested: True shows the layers of models inside the model, in a frame.
        splines: written into the text in Graphviz's language; no effect on the picture.

    Raises:
        ValueError: before the model is built.

    Differs from Keras: gives a :class:`Drawing`, which needs neither pydot nor Graphviz; ``subgraph`` has no effect.
    """
    if not model.built:
        raise ValueError(
            f"Model '{model.name}' has not yet been built. Build it first by calling `build()` or by calling the model "
            f"on a batch of data."
        )
    if unknown:
        raise ValueError(f"Unrecognized keyword arguments: {sorted(unknown)}")
    drawing = Drawing(rankdir, dpi, splines)
    shown = (show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable)
    _draw(model, drawing, shown, expand_nested)
    return drawing


def plot_model(
    model: Any,
    to_file: Any = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **unknown: Any,
) -> Drawing:
    """Draws a model and writes the drawing to a file, as SVG, or by matplotlib as PNG, PDF and so on.

    Arguments as for :func:`model_to_dot`; ``to_file`` None writes no file.

    Differs from Keras: gives the :class:`Drawing`, which a notebook shows.
    """
    drawing = model_to_dot(
        model,
        show_shapes,
        show_dtype,
        show_layer_names,
        rankdir,
        expand_nested,
        dpi,
        False,
        show_layer_activations,
        show_trainable,
        splines,
        **unknown,
    )
    if to_file is not None:
        drawing.write(to_file)
    return drawing


def _draw(model: Any, drawing: Drawing, shown: tuple[bool, ...], expand: bool) -> tuple[list[int], list[int]]:
    """Adds a model's boxes and arrows; the boxes that take its inputs, and those that make its outputs."""
    if model._graph is None:
        drawing.boxes.append(Box(_lines(model, shown)))
        number = len(drawing.boxes) - 1
        return [number], [number]
    graph = model._graph
    listed = graph.operations if graph.operations[0] in model.layers else model.layers  # a Sequential hides its Input
    ends: dict[Any, tuple[list[int], list[int]]] = {}
    for operation in listed:
        if expand and getattr(operation, "_graph", None) is not None:
            start = len(drawing.boxes)
            ends[operation] = _draw(operation, drawing, shown, expand)
            drawing.frames.append((operation.name, list(range(start, len(drawing.boxes)))))
        else:
            drawing.boxes.append(Box(_lines(operation, shown)))
            number = len(drawing.boxes) - 1
            ends[operation] = [number], [number]
    for node in graph.nodes:
        for i, symbol in enumerate(node.input_tensors):
            maker, _, output = symbol._keras_history
            if maker in ends:
                makers, takers = ends[maker][1], ends[node.operation][0]
                drawing.connect(makers[min(output, len(makers) - 1)], takers[min(i, len(takers) - 1)])
    if listed is not graph.operations:
        return ends[listed[0]][0], ends[listed[-1]][1]
    entries = [ends[x._keras_history.operation][0][0] for x in model.inputs]
    return entries, [ends[y._keras_history.operation][1][0] for y in model.outputs]


def _lines(operation: Any, shown: tuple[bool, ...]) -> list[str]:
    shapes, dtype, names, activations, trainable = shown
    kind = type(operation).__name__
    lines = [f"{operation.name} ({kind})" if names else kind]
    activation = getattr(operation, "activation", None)
    if activations and activation is not None:
        lines.append(f"Activation: {getattr(activation, '__name__', activation)}")
    node = operation._inbound_nodes[0] if operation._inbound_nodes else None
    if shapes and node is not None and not node.is_input:
        lines.append(f"Input shape: {_shapes(node.input_tensors)}")
    if shapes:
        lines.append(f"Output shape: {_shapes(node.output_tensors) if node is not None else '?'}")
    if dtype:
        lines.append(f"Output dtype: {node.output_tensors[0].dtype if node is not None else '?'}")
    if trainable and getattr(operation, "weights", None):
        lines.append(f"Trainable: {operation.trainable}")
    return lines


def _shapes(symbols: list[Any]) -> str:
    return str(symbols[0].shape) if len(symbols) == 1 else ", ".join(str(symbol.shape) for symbol in symbols)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _end(box: Box, across: bool) -> tuple[float, float]:
    """Where arrows leave a box."""
    return box.x, box.y + (box.width if across else box.height)


def _quoted(text: str) -> str:
    return "".join("\\" + c if c in '"\\{}|<>' else c for c in text)
