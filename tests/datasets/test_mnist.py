"""MNIST: Keras's npz or the four gzipped IDX files, on tiny ones; places and refusals as for Fashion-MNIST."""

import hashlib
import sys

import numpy as np
import pytest

from minikeras.datasets import mnist, sources
from minikeras.errors import DataError

from . import tiny

CONTENT = tiny.arrays(seed=2)
KEYS = ("x_train", "y_train", "x_test", "y_test")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """All places under one folder, and a tiny ``mnist.npz`` that has the expected digest."""
    monkeypatch.setenv("MINIKERAS_HOME", str(tmp_path / "own"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(mnist, "FILES", tiny.files(CONTENT, packed_digest=True))
    monkeypatch.chdir(tmp_path)
    np.savez(tmp_path / "made.npz", **dict(zip(KEYS, CONTENT.values(), strict=True)))
    monkeypatch.setattr(mnist, "NPZ_SHA256", hashlib.sha256((tmp_path / "made.npz").read_bytes()).hexdigest())

    def down(url, target, check):
        raise ConnectionError(f"no network for {url}")

    monkeypatch.setattr(sources, "download", down)
    return tmp_path


def put(here, target):
    target = here / target
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes((here / "made.npz").read_bytes())


@pytest.mark.parametrize("target", ["own/mnist/mnist.npz", "keras/datasets/mnist.npz"])
@pytest.mark.parametrize("argument", [None, "mnist.npz"])
def test_a_cached_npz_serves(here, target, argument):
    put(here, target)
    assert tiny.same(mnist.load_data(argument), CONTENT)


def test_a_given_npz_or_folder_serves(here):
    assert tiny.same(mnist.load_data(here / "made.npz"), CONTENT)
    put(here, "folder/mnist.npz")
    assert tiny.same(mnist.load_data(str(here / "folder")), CONTENT)


@pytest.mark.parametrize("folder", ["given", "own/mnist"])
def test_the_four_gzipped_files_serve(here, folder):
    tiny.write(here / folder, CONTENT)
    assert tiny.same(mnist.load_data(here / folder if folder == "given" else None), CONTENT)


def test_another_npz_is_refused(here):
    np.savez(here / "other.npz", x_train=np.zeros(3))
    with pytest.raises(DataError, match=r"other\.npz is damaged or another file: SHA-256"):
        mnist.load_data(here / "other.npz")


def test_an_npz_without_the_arrays_is_refused(here, monkeypatch):
    np.savez(here / "other.npz", x_train=np.zeros(3))
    monkeypatch.setattr(mnist, "NPZ_SHA256", hashlib.sha256((here / "other.npz").read_bytes()).hexdigest())
    with pytest.raises(DataError, match=r"other\.npz is no \.npz of x_train, y_train, x_test and y_test"):
        mnist.load_data(here / "other.npz")


def test_when_all_fail_the_error_names_every_place_and_every_remedy(here):
    (here / "own/mnist").mkdir(parents=True)
    with pytest.raises(DataError) as caught:
        mnist.load_data()
    for expected in (
        f"minikeras's cache ({here / 'own/mnist'}): no train-images-idx3-ubyte.gz in it",
        f"Keras's cache ({here / 'keras/datasets/mnist.npz'}): no such file",
        "a download (https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz): no network",
        "pip install 'minikeras[data]'",
        "load_data(path=FOLDER)",
        "KERAS_HOME",
    ):
        assert expected in str(caught.value)


def test_the_download_is_kept(here, monkeypatch):
    def serve(url, target, check):
        put(here, target)
        check(target)

    monkeypatch.setattr(sources, "download", serve)
    assert tiny.same(mnist.load_data(), CONTENT)
    assert (here / "own/mnist/mnist.npz").is_file()


@pytest.mark.keras
def test_address_and_digest_are_keras_s(monkeypatch):
    keras = pytest.importorskip("keras")
    module = sys.modules[keras.datasets.mnist.load_data.__module__]
    asked = {}
    monkeypatch.setattr(module, "get_file", lambda **given: asked.update(given))
    with pytest.raises(TypeError):  # there is no file to open
        module.load_data()
    assert asked == {
        "fname": mnist.NPZ,
        "origin": sources.KERAS_BUCKET + mnist.NPZ,
        "file_hash": mnist.NPZ_SHA256,
    }
