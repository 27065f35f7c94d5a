"""The drawing of the network: boxes and arrows with their places."""

from typing import Any

from ..models.drawing import model_to_dot


def network(model: Any, sections: dict[str, str]) -> dict[str, Any]:
    """Boxes and arrows of a model, from left to right.

    Args:
        sections: where each layer stands in the page, by the layer's name.
    """
    drawing = model_to_dot(model, rankdir="LR", expand_nested=True)
    if len(drawing.boxes) == 1 and len(sections) > 1:  # a subclassed model: only the order of its calls is known
        from ..models.drawing import Box

        drawing.boxes = [Box([name]) for name in sections]
        drawing.arrows = []
        for row, box in enumerate(drawing.boxes):
            box.row = row
    for box in drawing.boxes:
        name, _, kind = box.lines[0].rpartition(" (")
        box.lines = [name, kind[:-1]] if name else [box.lines[0]]
        longest = max(map(len, box.lines))
        box.width, box.height = min(longest, 22) * 7.6 + 24, 46
    width, height, paths = drawing.lay_out()
    boxes = [
        {
            "name": box.lines[0],
            "shown": box.lines[0] if len(box.lines[0]) <= 22 else box.lines[0][:21] + "…",
            "kind": box.lines[-1] if len(box.lines) > 1 else "",
            "x": round(box.x - box.width / 2, 1),
            "y": round(box.y, 1),
            "width": round(box.width, 1),
            "height": box.height,
            "section": _section(model, box.lines[0], sections),
        }
        for box in drawing.boxes
    ]
    arrows = [" ".join(f"{x:.1f},{y:.1f}" for x, y in path) for path in paths]
    return {"width": round(width), "height": round(height), "boxes": boxes, "arrows": arrows}


def _section(model: Any, name: str, sections: dict[str, str]) -> str | None:
    """Where a layer stands, under its name or its model's and its own; of a layer with others inside, the first one."""
    inside = [at for path, at in sections.items() if path.startswith(f"{name}/")]
    return sections.get(name) or sections.get(f"{model.name}/{name}") or next(iter(inside), None)
