"""RemoteMonitor: sends the logs of each epoch to a server."""

import json
import warnings
from typing import Any

import numpy as np

from .base import Callback


class RemoteMonitor(Callback):
    """Posts ``{"epoch": …, "loss": …, …}`` to a server at the end of each epoch.

    Args (as in Keras):
        root, path: the address, ``root + path``.
        field: the form field that holds the JSON text.
        headers: of the request.
        send_as_json: sends the JSON itself as the body, as ``application/json``, and not a form.

    A server that cannot be reached is a warning.

    Differs from Keras: Python's own ``urllib`` sends, so the ``requests`` package is not needed.
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        super().__init__()
        if not root.startswith(("http://", "https://")):
            raise ValueError(f"RemoteMonitor sends to an http or https address. Received: root={root!r}")
        self.root, self.path, self.field = root, path, field
        self.headers, self.send_as_json = headers, send_as_json

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        import urllib.error
        import urllib.parse
        import urllib.request

        plain = {k: v.item() if isinstance(v, np.ndarray | np.generic) else v for k, v in (logs or {}).items()}
        text = json.dumps({"epoch": epoch, **plain})
        if self.send_as_json:
            body, kind = text, "application/json"
        else:
            body, kind = urllib.parse.urlencode({self.field: text}), "application/x-www-form-urlencoded"
        headers = {"Content-Type": kind, **(self.headers or {})}
        request = urllib.request.Request(self.root + self.path, body.encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request):
                pass
        except urllib.error.HTTPError:  # it was reached, and answered with an error: as in Keras, no matter
            pass
        except OSError:
            warnings.warn(f"Could not reach RemoteMonitor root server at {self.root}", stacklevel=2)
