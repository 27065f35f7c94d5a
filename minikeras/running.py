"""The recorded call (:class:`~minikeras.calls.Call`) that is being made, or gone back through, in this thread."""

from contextvars import ContextVar
from typing import Any

_running: ContextVar[Any] = ContextVar("running", default=None)


def running() -> Any:
    """The call, or None outside any."""
    return _running.get()
