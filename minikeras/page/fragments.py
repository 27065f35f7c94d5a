"""Small pieces of HTML, for a notebook."""

import base64
import struct
import zlib
from html import escape
from typing import Any

import numpy as np

from . import views

LOW, MIDDLE, HIGH, NONE = ((33, 94, 168), (240, 240, 237), (184, 78, 8), (224, 33, 138))  # the page's colours
TALLEST, WIDEST = 24, 64


def table(rows: Any, caption: str) -> str:
    """A table whose first row is its head; words stand on the left, numbers on the right.

    >>> print(table([("a", "b"), ("<1>", "2")], "small"))
    <table><caption style="white-space:pre-line;text-align:left">small</caption>
    <tr><th style="text-align:left">a</th><th style="text-align:right">b</th></tr>
    <tr><td style="text-align:left">&lt;1&gt;</td><td style="text-align:right">2</td></tr></table>
    """
    rows = [[cell if isinstance(cell, Html) else str(cell) for cell in row] for row in rows]
    right = [all(_is_number(cell) for cell in column[1:]) for column in zip(*rows, strict=True)]

    def line(tag: str, cells: list[str]) -> str:
        styles = [f"text-align:{'right' if number else 'left'}" for number in right]
        return "".join(f'<{tag} style="{s}">{_html(cell)}</{tag}>' for s, cell in zip(styles, cells, strict=True))

    lines = [f"<tr>{line('td' if number else 'th', row)}</tr>" for number, row in enumerate(rows)]
    head = f'<caption style="white-space:pre-line;text-align:left">{escape(caption)}</caption>'
    return f"<table>{head}\n" + "\n".join(lines) + "</table>"


class Html(str):
    """Text that is HTML already."""


def _html(cell: str) -> str:
    return cell if isinstance(cell, Html) else escape(cell)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell in ("", "–")
    return True


def of_trace(trace: Any) -> str:
    """The arrays of a step: layer, quantity, picture, formula, shape, range."""
    rows: list[tuple[Any, ...]] = [("layer", "array", "", "formula", "shape", "least", "greatest")]
    for layer in trace.layers:
        for q in layer:
            ends = (f"{q.value.min():.4g}", f"{q.value.max():.4g}") if q.value.size else ("–", "–")
            rows.append((layer.name, q.name, picture(q.value, f"{q.name} of {layer.name}"), q.formula, q.shape, *ends))
    return table(rows, f"One training step of {trace.model_name}: L = {trace.loss:.6g}")


def picture(value: np.ndarray, title: str) -> Html:
    """An array as a heat map, blue below 0, orange above: its last two axes at the first of the others, cut if long.

    >>> "data:image/png;base64," in picture(np.eye(3), "an array")
    True
    """
    a = views.plain(np.asarray(value)).astype(np.float64)
    if not a.size:
        return Html("")
    a = np.atleast_2d(a)
    a = a.reshape(-1, *a.shape[-2:])[0]
    a = views.cut(a, [views.kept(a.shape[0], TALLEST), views.kept(a.shape[1], WIDEST)])
    size = np.abs(a, where=np.isfinite(a), out=np.zeros_like(a)).max()
    t = np.nan_to_num(a / (size or 1))[..., None]
    colours = MIDDLE + np.abs(t) ** 0.8 * (np.where(t < 0, LOW, HIGH) - np.array(MIDDLE))
    pixels = np.where(np.isfinite(a)[..., None], colours.round(), NONE).astype(np.uint8)
    scale = max(1, min(8, 128 // a.shape[1], 64 // a.shape[0]))
    style = f"width:{scale * a.shape[1]}px;height:{scale * a.shape[0]}px;image-rendering:pixelated;max-width:none"
    data = base64.b64encode(png(pixels)).decode()
    return Html(f'<img alt="{escape(title)}" style="{style}" src="data:image/png;base64,{data}">')


def png(pixels: np.ndarray) -> bytes:
    """Pixels (rows, columns, 3) of 8 bits as a PNG file.

    Source: "Portable Network Graphics Specification", W3C 2003: a header, the rows deflated, each with the filter 0
    before it, and an end; each chunk with its length and its checksum.
    """
    rows, columns, _ = pixels.shape
    filtered = np.concatenate([np.zeros((rows, 1), np.uint8), pixels.reshape(rows, -1)], axis=1)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(filtered.tobytes())) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
