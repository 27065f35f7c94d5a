"""What is in a model file, without making a model of it."""

import hashlib
from pathlib import Path
from typing import Any

from ..errors import DataError, UnsupportedError
from . import archive, configs, hdf5, layout, legacy, limits, old, trees
from .files import read_arrays
from .limits import existing, naming

_COMPILED = ("optimizer", "loss", "metrics", "weighted_metrics")


def inspect(path: Any) -> dict[str, Any]:
    """What is in a ``.keras``, ``.weights.h5`` or ``.npz`` file, and who wrote it; ``minikeras inspect`` prints it.

    Returns:
        a dictionary that JSON can hold:

        - file, bytes, sha256: of the whole file
        - arrays: for each its place, shape, dtype and sha256 (of its numbers, row by row)
        - parameters, optimizer_numbers: how many numbers the layers, and the optimizer, have
        - of a ``.keras`` also metadata, members (name to bytes), model (class_name, name), compiled, layers (for each
          its class_name, name, config, arrays (places) and parameters), and refused: why ``load_model`` would not make
          anything of what the config names, or None

        Text from the file is shortened, and has no control characters: a terminal obeys some of them.

    Raises:
        UnsupportedError: for another ending, and for the formats of Keras 2.
        DataError: for a damaged or hostile file, by name.
        MissingExtraError: without h5py, unless for ``.npz``.

    >>> import os, tempfile
    >>> import minikeras as keras
    >>> path = os.path.join(tempfile.mkdtemp(), "a.npz")
    >>> keras.Sequential([keras.layers.Dense(2, input_shape=(3,))]).save_weights(path)
    >>> found = inspect(path)
    >>> found["parameters"], found["arrays"][0]["place"], found["arrays"][0]["shape"]
    (8, 'layers/dense/vars/0', [3, 2])
    """
    path = Path(path)
    old.refuse(path)
    if not path.name.endswith((".keras", ".weights.h5", ".npz")):
        raise UnsupportedError(f"{path}: only '.keras', '.weights.h5' and '.npz' files are looked into.")
    with naming(path):
        if legacy.is_legacy(existing(path)):
            raise UnsupportedError("it is in the legacy HDF5 format, which `load_model` and `load_weights` read.")
        whole = existing(path).stat().st_size
        if whole > limits.WEIGHTS_BYTES:
            raise UnsupportedError(f"it has {whole:,} bytes; the limit is {limits.WEIGHTS_BYTES:,}")
        with open(path, "rb") as file:
            found: dict[str, Any] = {
                "file": path.name,
                "bytes": whole,
                "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
            }
        if path.suffix != ".keras":
            return found | _arrays(read_arrays(path))
        members = archive.read_members(path, None, limits.WEIGHTS_BYTES)
        arrays = hdf5.read(members[archive.WEIGHTS]) if archive.WEIGHTS in members else layout.Arrays()
        return found | _model(members, arrays) | _arrays(arrays)


def _model(members: dict[str, bytes], arrays: layout.Arrays) -> dict[str, Any]:
    if archive.CONFIG not in members:
        raise DataError(f"the archive has no {archive.CONFIG}")
    metadata = trees.parse(members.get(archive.METADATA, b"{}"), archive.METADATA)
    tree = trees.parse(members[archive.CONFIG], archive.CONFIG)
    for part in (metadata, tree):
        trees.check_size(part)
    own, compiled = _object(tree.get("config")), tree.get("compile_config")
    return {
        "members": {printable(name): len(data) for name, data in members.items()},
        "metadata": {printable(key): _brief(value) for key, value in metadata.items()},
        "model": {"class_name": printable(tree.get("class_name")), "name": printable(own.get("name"))},
        "compiled": {key: _brief(compiled.get(key)) for key in _COMPILED} if isinstance(compiled, dict) else None,
        "layers": _layers(own.get("layers") or [], arrays),
        "refused": _refusal(tree),
    }


def _refusal(tree: dict[str, Any]) -> str | None:
    try:
        with naming("config.json"):
            configs.check(tree)
    except ValueError as error:
        return printable(str(error), 500)
    return None


def _layers(entries: Any, arrays: layout.Arrays) -> list[dict[str, Any]]:
    entries = [_object(entry) for entry in entries]
    kinds = [printable(entry.get("class_name")) for entry in entries]
    by_slot: dict[str, dict[str, int]] = {}
    for place, array in arrays.items():
        by_slot.setdefault("/".join(place.split("/")[:2]), {})[printable(place)] = array.size
    result = []
    for kind, slot, entry in zip(kinds, layout.slot_names(kinds), entries, strict=True):
        inner = _object(entry.get("config"))
        own = by_slot.get(f"layers/{slot}", {})
        layer: dict[str, Any] = {"class_name": kind, "name": printable(inner.get("name"))}
        layer["config"] = {printable(k): _brief(v) for k, v in inner.items() if k != "name"}
        result.append(layer | {"arrays": list(own), "parameters": sum(own.values())})
    return result


def _brief(value: Any, depth: int = 0) -> Any:
    """A config in a few words: an object as its class's name, and the numbers in it."""
    if value is None or isinstance(value, bool | int | float):
        return value if not isinstance(value, int) or abs(value) < 2**63 else printable(value)
    if isinstance(value, list) and depth < 3:
        return [_brief(item, depth + 1) for item in value[:20]]
    if not isinstance(value, dict):
        return printable(value)
    inner = _object(value.get("config"))
    if value.get("class_name") == "DTypePolicy":
        return printable(inner.get("name"))
    told = {
        k: v for k, v in inner.items() if (isinstance(v, int | float) and v is not False) or "class_name" in _object(v)
    }
    words = [f"{k}={_brief(v, depth + 1)}" for k, v in told.items()] if depth < 3 else []
    return printable(f"{value.get('class_name')}({', '.join(words)})")


def _arrays(arrays: layout.Arrays) -> dict[str, Any]:
    own = sum(array.size for place, array in arrays.items() if not place.startswith("optimizer/"))
    return {
        "arrays": [
            {
                "place": printable(place),
                "shape": list(array.shape),
                "dtype": str(array.dtype),
                "sha256": hashlib.sha256(array.tobytes()).hexdigest(),
            }
            for place, array in arrays.items()
        ],
        "parameters": own,
        "optimizer_numbers": sum(array.size for array in arrays.values()) - own,
    }


def printable(value: Any, most: int = 200) -> str:
    """Short, on one line, without control characters.

    >>> printable("a\\x1b[2Jb")
    'a\N{REPLACEMENT CHARACTER}[2Jb'
    """
    text = value if isinstance(value, str) else repr(value) if not isinstance(value, int) else f"{value:.6g}"
    short = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:most])
    return short if len(text) <= most else short + "…"


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
