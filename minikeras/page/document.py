"""Makes the HTML file from the template, the style sheet, the scripts and a trace."""

import base64
import hashlib
import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import require
from .content import Content
from .mistakes import Mistake, effect, planted
from .words import SYMBOLS, TOUR

SCRIPTS = ("arrays.js", "pictures.js", "equations.js", "mistakes.js", "page.js", "tour.js")


def write(
    trace: Any, path: Any, classes: Sequence[str] | None = None, snapshots: Any = None, mistakes: Sequence[Any] = ()
) -> Path:
    """Writes the page of a trace to a file and gives its path.

    Args:
        classes: names of the classes.
        snapshots: a :class:`~minikeras.tracing.Snapshots`, for a slider over the steps of ``fit``.
        mistakes: names of the zoo, or what :func:`~minikeras.page.planted` gave, for switches.
    """
    path = Path(path)
    path.write_text(html(trace, classes, snapshots, mistakes), encoding="utf-8")
    return path


def html(trace: Any, classes: Sequence[str] | None = None, snapshots: Any = None, mistakes: Sequence[Any] = ()) -> str:
    """The page of a trace, whole."""
    jinja2 = require("jinja2", "page")
    made = [m if isinstance(m, Mistake) else planted(trace, [m])[0] for m in mistakes]
    content = Content(trace, classes, snapshots)
    spoilt = [effect(mistake, content) for mistake in made]
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(asset), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters["data"] = lambda value: jinja2.utils.markupsafe.Markup(data(value))
    markup = jinja2.utils.markupsafe.Markup
    script = '"use strict";\n' + "\n".join(asset(name) for name in SCRIPTS)
    formulas: dict[str, Any] = {}
    for array in content.arrays:
        if array["latex"] and array["latex"] not in formulas:
            formulas[array["latex"]] = mathml(array["latex"], array["formula"], markup)
    for array in content.arrays:
        array["math"] = formulas.get(array.pop("latex"), "")
    described = [{k: v for k, v in array.items() if k != "math"} for array in content.arrays]
    facts = {"arrays": described, "head": content.head, "rows": content.rows, "classes": content.classes}
    facts |= {"tour": TOUR, "time": content.time, "mistakes": spoilt}
    return str(
        environment.get_template("page.html").render(
            content=content,
            trace=trace,
            version=__version__,
            symbols=SYMBOLS,
            style=markup(asset("page.css")),
            script=markup(script),
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            facts=facts,
            mistakes=spoilt,
            update=mathml(trace.update[1], trace.update[0], markup),
        )
    )


def asset(name: str) -> str:
    """The text of a file of the page."""
    return (resources.files(__package__) / "assets" / name).read_text(encoding="utf-8")


def data(value: Any) -> str:
    """A value as JSON that may stand in a script element: it holds no <, so it cannot end the element.

    >>> data({"a": "</script>", "b": float("nan")})
    '{"a": "\\\\u003c/script>", "b": null}'
    """
    return json.dumps(_finite(value)).replace("<", "\\u003c")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and value not in (0,) and not abs(value) < float("inf") else value


def mathml(latex: str, text: str, markup: Any) -> Any:
    """A formula as MathML; as text where the library cannot read the LaTeX."""
    converter = require("latex2mathml.converter", "page")
    if set("<>&") & set(latex):  # the library would write them as they are
        return text
    try:
        return markup(converter.convert(latex))
    except Exception:  # a custom layer's formula may hold anything
        return text
