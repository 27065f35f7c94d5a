"""What is in a model file, without making a model of it."""

import hashlib
from pathlib import Path
from typing import Any

from ..errors import UnsupportedError
from . import archive, configs, hdf5, limits, trees
from .files import read_arrays
from .limits import existing, naming


def inspect(path: Any) -> str:
    """A text that says who wrote a ``.keras``, ``.weights.h5`` or ``.npz`` file, and what is in it.

    Raises:
        ValueError: for a damaged or hostile file, by name.
    """
    path = Path(path)
    if not path.name.endswith((".keras", ".weights.h5", ".npz")):
        raise UnsupportedError(f"{path}: only '.keras', '.weights.h5' and '.npz' files are looked into.")
    with naming(path):
        whole = existing(path).stat().st_size
        if whole > limits.WEIGHTS_BYTES:
            raise UnsupportedError(f"it has {whole:,} bytes; the limit is {limits.WEIGHTS_BYTES:,}")
        with open(path, "rb") as file:
            lines = [f"{path.name}: {whole:,} bytes", f"SHA-256 {hashlib.file_digest(file, 'sha256').hexdigest()}"]
        if path.suffix == ".keras":
            members = archive.read_members(path, None, limits.WEIGHTS_BYTES)
            lines += _model(members)
            arrays = hdf5.read(members[archive.WEIGHTS]) if archive.WEIGHTS in members else {}
        else:
            arrays = read_arrays(path)
        return "\n".join(lines + _arrays(arrays))


def _model(members: dict[str, bytes]) -> list[str]:
    lines = [f"  {_printable(name)}: {len(data):,} bytes" for name, data in members.items()]
    metadata = trees.parse(members.get(archive.METADATA, b"{}"), archive.METADATA)
    lines.append("Metadata: " + ", ".join(f"{_printable(k)} {_printable(v)}" for k, v in metadata.items()))
    tree = trees.parse(members[archive.CONFIG], archive.CONFIG)
    own = _object(tree.get("config"))
    lines.append(f"{_printable(tree.get('class_name'))} {_printable(own.get('name'))}")
    for position, layer in enumerate(own.get("layers") or []):
        inner = _object(layer.get("config"))
        facts = ", ".join(
            f"{key} {_printable(inner[key])}"
            for key in ("batch_shape", "units", "activation", "rate")
            if inner.get(key) is not None
        )
        lines.append(f"  {position} {_printable(layer.get('class_name'))} {_printable(inner.get('name'))} {facts}")
    compiled = tree.get("compile_config")
    if isinstance(compiled, dict):
        lines.append("Compiled with:")
        for key in ("optimizer", "loss", "metrics", "weighted_metrics"):
            if compiled.get(key) is not None:
                lines.append(f"  {key}: {_named(compiled[key])}")
    return lines


def _named(value: Any, depth: int = 0) -> str:
    """A config in a few words: its class's name, and the numbers in it."""
    if isinstance(value, dict) and isinstance(value.get("config"), dict):
        own = {k: v for k, v in value["config"].items() if isinstance(v, int | float) and not isinstance(v, bool)}
        return _printable(value.get("class_name")) + (f" {_printable(own)}" if own else "")
    if isinstance(value, list) and depth < 3:
        return ", ".join(_named(item, depth + 1) for item in value[:20])
    return _printable(value.get("config") if isinstance(value, dict) else value)


def _arrays(arrays: configs.Arrays) -> list[str]:
    lines = [f"{len(arrays)} arrays:"]
    for place, array in arrays.items():
        checksum = hashlib.sha256(array.tobytes()).hexdigest()[:16]
        lines.append(f"  {_printable(place)}  {array.shape}  {array.dtype}  SHA-256 {checksum}…")
    own = sum(array.size for place, array in arrays.items() if not place.startswith("optimizer/"))
    return [*lines, f"{own:,} parameters, and {sum(a.size for a in arrays.values()) - own:,} numbers of the optimizer"]


def _printable(value: Any) -> str:
    """Short, on one line, without control characters: a terminal obeys some of them."""
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value)[:200])
    return text if len(str(value)) <= 200 else text + "…"


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
