"""Files that attack, made from a good one, and the check that each is refused and nothing outside is touched."""

import base64
import json
import marshal
import os
import sys
import zipfile

import pytest

from minikeras import saving

FORBIDDEN = ("exec", "os.system", "subprocess.Popen", "socket.connect", "pickle.find_class", "os.mkdir")
watching: list[set[str]] = []


def _audit(event, arguments):
    if not watching or event not in (*FORBIDDEN, "open", "import"):
        return
    if event in FORBIDDEN:
        watching[-1].add(event)
    elif event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
        name = os.fsdecode(arguments[0])
        if not name.endswith((".py", ".pyc", ".so")):
            watching[-1].add(f"open {name}")


sys.addaudithook(_audit)


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rebuilt(good, change=None, extra=None, weights=None):
    """A copy of the good file with another config, further members or other weights."""
    members = members_of(good)
    if change is not None:
        tree = json.loads(members["config.json"])
        change(tree)
        members["config.json"] = json.dumps(tree).encode()
    if weights is not None:
        members["model.weights.h5"] = weights
    path = good.with_name("evil.keras")
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (members | (extra or {})).items():
            archive.writestr(name, data)
    return path


def refused(path, error=ValueError, match="", load=saving.load_model, **kwargs):
    watching.append(set())
    try:
        with pytest.raises(error, match=rf"(?s){path.name}.*{match}"):
            load(path, **kwargs)
    finally:
        seen = watching.pop()
    assert seen <= {f"open {path}"}
    assert not (path.parent / "pwned").exists()


def layer_of(name, own, module="keras.layers", **more):
    def change(tree):
        layer = {"module": module, "class_name": name, "config": {"name": "evil", **own}, "registered_name": None}
        tree["config"]["layers"].insert(1, layer | more)

    return change


def lambda_config():
    code = base64.b64encode(marshal.dumps((lambda x: exec("pwned")).__code__)).decode()
    return {"class_name": "__lambda__", "config": {"code": code, "defaults": None, "closure": None}}
