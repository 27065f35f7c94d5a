"""The folder that one run of a command fills."""

import contextlib
import json
import platform
from collections.abc import Iterable
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from .. import __version__
from ..atomic import replacing


class RunFolder:
    """A folder with ``run.json``, which says at every moment how far the run came.

    Args:
        path: the folder; None makes a new one under ``runs/``, named after the command and the time.
        command: the command's name.
        files: what the command will write; left over from an earlier run, these are removed.
        arguments: written into ``run.json``.
    """

    def __init__(self, path: str | Path | None, command: str, files: Iterable[str], **arguments: Any) -> None:
        now = datetime.now().astimezone()
        self.path = Path(path) if path is not None else _unused(Path("runs") / f"{command}-{now:%Y%m%d-%H%M%S}")
        self.path.mkdir(parents=True, exist_ok=True)
        for name in files:
            (self.path / name).unlink(missing_ok=True)
        self.record: dict[str, Any] = {
            "command": command,
            "status": "running",
            "started": now.isoformat(timespec="seconds"),
            "arguments": arguments,
            "versions": versions(),
        }
        self.note()

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def note(self, **facts: Any) -> None:
        """Adds facts to ``run.json``; the file is whole at any moment."""
        self.record |= facts
        with replacing(self.path / "run.json") as file:
            file.write((json.dumps(self.record, indent=2) + "\n").encode())


def versions(packages: Iterable[str] = ("numpy", "numba", "matplotlib")) -> dict[str, str]:
    """The versions of minikeras, Python, the system and the packages that are installed."""
    found = {"minikeras": __version__, "python": platform.python_version(), "platform": platform.platform()}
    for name in packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _unused(path: Path) -> Path:
    """The path itself, or with -2, -3, … if there is one already."""
    candidate, count = path, 1
    while candidate.exists():
        count += 1
        candidate = path.with_name(f"{path.name}-{count}")
    return candidate
