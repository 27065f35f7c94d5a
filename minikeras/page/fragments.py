"""Small pieces of HTML, for a notebook."""

from html import escape
from typing import Any


def table(rows: Any, caption: str) -> str:
    """A table whose first row is its head.

    >>> table([("a", "b"), ("<1>", "2")], "small")
    '<table><caption>small</caption><tr><th>a</th><th>b</th></tr><tr><td>&lt;1&gt;</td><td>2</td></tr></table>'
    """
    head, *rest = [[escape(str(cell)) for cell in row] for row in rows]
    lines = ["<tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>"]
    lines += ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rest]
    return f"<table><caption>{escape(caption)}</caption>{''.join(lines)}</table>"


def of_trace(trace: Any) -> str:
    """The arrays of a step: layer, quantity, formula, shape, range."""
    rows = [("layer", "array", "formula", "shape", "least", "greatest")]
    for layer in trace.layers:
        for q in layer:
            ends = (f"{q.value.min():.4g}", f"{q.value.max():.4g}") if q.value.size else ("–", "–")
            rows.append((layer.name, q.name, q.formula, str(q.shape), *ends))
    return table(rows, f"One training step of {trace.model_name}: L = {trace.loss:.6g}")
