"""The places of the caches, and the download: from a server on this machine, never from the network."""

import functools
import http.server
import threading
from pathlib import Path

import pytest

from minikeras.datasets import sources
from minikeras.errors import DataError, MissingExtraError


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path):
    """The address of a folder served over HTTP, and the folder."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/", folder
        running.shutdown()


def test_the_caches(monkeypatch):
    monkeypatch.delenv("MINIKERAS_HOME", raising=False)
    monkeypatch.delenv("KERAS_HOME", raising=False)
    assert sources.own_cache("x") == Path.home() / ".cache/minikeras/x"
    assert sources.keras_cache("x") == Path.home() / ".keras/datasets/x"
    monkeypatch.setenv("MINIKERAS_HOME", "/m")
    monkeypatch.setenv("KERAS_HOME", "/k")
    assert sources.own_cache("x") == Path("/m/x")
    assert sources.keras_cache("x") == Path("/k/datasets/x")


def test_download(server, tmp_path, capsys):
    pytest.importorskip("pooch")
    address, folder = server
    (folder / "file").write_bytes(b"content")
    target = tmp_path / "new" / "cache" / "file"
    seen = []
    sources.download(address + "file", target, lambda path: seen.append(path.read_bytes()))
    assert seen == [b"content"]
    assert target.read_bytes() == b"content"
    assert [p.name for p in target.parent.iterdir()] == ["file"]
    assert capsys.readouterr().out == f"Downloading data from {address}file\n"


def test_a_download_that_fails_its_check_leaves_nothing_and_keeps_the_old(server, tmp_path):
    pytest.importorskip("pooch")
    address, folder = server
    (folder / "file").write_bytes(b"damaged")
    target = tmp_path / "cache" / "file"
    target.parent.mkdir()
    target.write_bytes(b"old")

    def refuse(path):
        raise DataError("damaged")

    with pytest.raises(DataError, match="damaged"):
        sources.download(address + "file", target, refuse)
    assert target.read_bytes() == b"old"
    assert [p.name for p in target.parent.iterdir()] == ["file"]


def test_a_download_of_nothing(server, tmp_path):
    pytest.importorskip("pooch")
    with pytest.raises(OSError, match="404"):
        sources.download(server[0] + "absent", tmp_path / "cache" / "file", lambda path: None)
    assert list((tmp_path / "cache").iterdir()) == []


def test_without_pooch_the_extra_is_named(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(MissingExtraError, match=r"minikeras\[data\]"):
        sources.download("http://127.0.0.1:9/x", tmp_path / "file", lambda path: None)
