"""Assets: what layers keep beside their arrays, such as a vocabulary, as files ``assets/<the layer's path>/…``.

A layer with assets has ``save_assets(folder)``, which writes them, and ``load_assets(folder)``, which reads them.
"""

import tempfile
from pathlib import Path
from typing import Any

from ..errors import DataError
from .layout import joined, walk

FOLDER = "assets/"


def of(model: Any) -> dict[str, bytes]:
    """The assets of all layers of a model, by their names in a ``.keras`` file."""
    found = {}
    for path, layer in walk(model):
        if hasattr(layer, "save_assets"):
            with tempfile.TemporaryDirectory() as folder:
                layer.save_assets(folder)
                for file in sorted(Path(folder).rglob("*")):
                    if file.is_file():
                        found[FOLDER + joined(path, file.relative_to(folder).as_posix())] = file.read_bytes()
    return found


def give(model: Any, files: dict[str, bytes]) -> None:
    """Hands the layers of a model their assets. The names are the model's own: only what a layer asks for is read.

    Raises:
        DataError: for an asset in a folder of its own, which no layer here has.
    """
    for path, layer in walk(model):
        prefix = FOLDER + (f"{path}/" if path else "")
        own = {name.removeprefix(prefix): data for name, data in files.items() if name.startswith(prefix)}
        if not hasattr(layer, "load_assets"):
            continue
        with tempfile.TemporaryDirectory() as folder:
            for name, data in own.items():
                if Path(name).name != name or name in (".", ".."):
                    raise DataError(f"the asset {prefix}{name} is not a plain file name")
                Path(folder, name).write_bytes(data)
            layer.load_assets(folder)
