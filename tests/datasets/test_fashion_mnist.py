"""Where Fashion-MNIST is looked for and in which order, on tiny files; the sample; the real set where it is."""

import gzip
import hashlib
import sys
import warnings

import numpy as np
import pytest

from minikeras.datasets import fashion_mnist, sources
from minikeras.errors import DataError

from . import tiny

CONTENT = tiny.arrays()


@pytest.fixture
def here(tmp_path, monkeypatch):
    """All places under one folder, the tiny set's digests, and a network that is down."""
    monkeypatch.setenv("MINIKERAS_HOME", str(tmp_path / "own"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(fashion_mnist, "DEBIAN", tmp_path / "debian")
    monkeypatch.setattr(fashion_mnist, "FILES", tiny.files(CONTENT))

    def down(url, target, check):
        raise ConnectionError(f"no network for {url}")

    monkeypatch.setattr(sources, "download", down)
    return tmp_path


FOLDERS = ["own/fashion-mnist", "keras/datasets/fashion-mnist", "debian"]


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("folder", FOLDERS)
def test_each_place_alone_serves(here, folder, packed):
    tiny.write(here / folder, CONTENT, packed)
    assert tiny.same(fashion_mnist.load_data(), CONTENT)


def test_an_explicit_path_is_the_only_place(here):
    tiny.write(here / "own/fashion-mnist", CONTENT)
    tiny.write(here / "mine", CONTENT)
    assert tiny.same(fashion_mnist.load_data(here / "mine"), CONTENT)
    assert tiny.same(fashion_mnist.load_data(str(here / "mine")), CONTENT)
    with pytest.raises(DataError, match=r"the given path .*nowhere.*: no such folder"):
        fashion_mnist.load_data(here / "nowhere")


def test_the_order_of_the_places(here, monkeypatch):
    """Every place has the set; each is deleted once it has been seen to be the one that was read."""
    for folder in FOLDERS:
        tiny.write(here / folder, CONTENT)
    seen = []
    read = sources.read_folder
    monkeypatch.setattr(sources, "read_folder", lambda f, files: (seen.append(f), read(f, files))[1])
    for folder in FOLDERS:
        seen.clear()
        fashion_mnist.load_data()
        assert seen[-1] == here / folder
        (here / folder / "t10k-labels-idx1-ubyte.gz").unlink()


def test_a_damaged_place_is_passed_over_aloud(here):
    tiny.write(here / FOLDERS[0], CONTENT)
    tiny.write(here / FOLDERS[1], CONTENT)
    damaged = here / FOLDERS[0] / "train-images-idx3-ubyte.gz"
    damaged.write_bytes(damaged.read_bytes()[:-20])
    with pytest.warns(UserWarning, match="passed over minikeras's cache .*train-images.*truncated"):
        assert tiny.same(fashion_mnist.load_data(), CONTENT)


def test_an_absent_place_is_passed_over_in_silence(here):
    tiny.write(here / "debian", CONTENT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fashion_mnist.load_data()


def test_when_all_fail_the_error_names_every_place_and_every_remedy(here):
    tiny.write(here / FOLDERS[1], tiny.arrays(seed=1))
    (here / "debian").mkdir()
    with pytest.raises(DataError) as caught:
        fashion_mnist.load_data()
    message = str(caught.value)
    for expected in (
        f"minikeras's cache ({here / 'own/fashion-mnist'}): no such folder",
        f"Keras's cache ({here / 'keras/datasets/fashion-mnist'}): ",
        "damaged or another file: SHA-256",
        f"Debian's package ({here / 'debian'}): no train-images-idx3-ubyte.gz or train-images-idx3-ubyte in it",
        "a download (https://storage.googleapis.com/",
        "no network for",
        "apt install dataset-fashion-mnist",
        "pip install 'minikeras[data]'",
        "load_data(path=FOLDER)",
        "MINIKERAS_HOME",
        "KERAS_HOME",
        "load_sample()",
    ):
        assert expected in message
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("t10k-labels-idx1-ubyte.gz", b"not gzip at all", "not an IDX file"),
        ("t10k-images-idx3-ubyte.gz", tiny.idx_bytes(np.zeros((2, 28, 28))), r"\(2, 28, 28\). Expected: \(3,"),
        ("train-images-idx3-ubyte.gz", tiny.idx_bytes(np.zeros((5, 28, 28))), "SHA-256"),
        ("train-labels-idx1-ubyte.gz", tiny.idx_bytes(np.zeros(5)) + b"x", "1 bytes after"),
    ],
)
def test_one_wrong_file_of_four_is_named(here, name, data, message):
    folder = tiny.write(here / "mine", CONTENT)
    (folder / name).write_bytes(data)
    with pytest.raises(DataError, match=f"{name}.*{message}"):
        fashion_mnist.load_data(folder)


def test_images_and_labels_swapped(here):
    folder = tiny.write(here / "mine", CONTENT)
    images, labels = (folder / f"train-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1"))
    swapped = images.read_bytes(), labels.read_bytes()
    labels.write_bytes(swapped[0])
    images.write_bytes(swapped[1])
    with pytest.raises(DataError, match=r"train-images.* holds an array of shape \(5,\). Expected: \(5, 28, 28\)"):
        fashion_mnist.load_data(folder)


def test_a_file_instead_of_a_folder(here):
    folder = tiny.write(here / "mine", CONTENT)
    with pytest.raises(DataError, match="is a file, not the folder"):
        fashion_mnist.load_data(folder / "t10k-labels-idx1-ubyte.gz")


def test_the_download_is_checked_and_kept(here, monkeypatch):
    asked = []

    def serve(url, target, check):
        asked.append(url)
        name = url.rsplit("/", 1)[1].removesuffix(".gz")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(gzip.compress(tiny.idx_bytes(CONTENT[name])))
        check(target)

    monkeypatch.setattr(sources, "download", serve)
    assert tiny.same(fashion_mnist.load_data(), CONTENT)
    base = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
    assert sorted(asked) == sorted(f"{base}{name}.gz" for name in tiny.NAMES)
    asked.clear()
    assert tiny.same(fashion_mnist.load_data(), CONTENT)
    assert asked == []


@pytest.mark.keras
def test_addresses_are_keras_s(monkeypatch):
    """Real Keras, its downloads intercepted, asks for the same addresses and the same cache folder."""
    keras = pytest.importorskip("keras")
    module = sys.modules[keras.datasets.fashion_mnist.load_data.__module__]
    asked = []
    monkeypatch.setattr(module, "get_file", lambda name, origin, cache_subdir: asked.append((origin, cache_subdir)))
    with pytest.raises(TypeError):  # there is no file to open
        module.load_data()
    folder = sources.keras_cache("fashion-mnist")
    assert sorted(asked) == sorted(
        (f"{sources.KERAS_BUCKET}{name}.gz", str(folder.relative_to(folder.parents[1]))) for name in fashion_mnist.FILES
    )


def test_sample_is_balanced_deterministic_and_new_each_time():
    (x_train, y_train), (x_test, y_test) = fashion_mnist.load_sample()
    assert x_train.shape == (10000, 28, 28)
    assert x_test.shape == (2000, 28, 28)
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    assert np.bincount(y_train).tolist() == [1000] * 10
    assert np.bincount(y_test).tolist() == [200] * 10
    x_train[:] = 0
    assert fashion_mnist.load_sample()[0][0].any()


def test_sample_fits_and_says_where_it_is_from():
    assert fashion_mnist.SAMPLE.stat().st_size <= 6_000_000
    provenance = fashion_mnist.SAMPLE.with_name("PROVENANCE.md").read_text(encoding="utf-8")
    assert "Copyright © 2017 Zalando SE" in provenance
    assert fashion_mnist.SAMPLE_SHA256 in provenance
    assert all(sha256 in provenance for _, sha256 in fashion_mnist.FILES.values())


@pytest.mark.parametrize("damage", ["truncated", "flipped", "absent", "other"])
def test_damaged_sample(tmp_path, monkeypatch, damage):
    stored = bytearray(fashion_mnist.SAMPLE.read_bytes())
    path = tmp_path / "sample.npz"
    if damage == "truncated":
        path.write_bytes(stored[: len(stored) // 2])
    elif damage == "flipped":
        stored[len(stored) // 2] ^= 1
        path.write_bytes(stored)
    elif damage == "other":
        np.savez(path, **{key: np.zeros(3, np.uint8) for key in ("x_train", "y_train", "x_test", "y_test")})
    monkeypatch.setattr(fashion_mnist, "SAMPLE", path)
    with pytest.raises(DataError, match=r"sample\.npz is damaged.*Install minikeras again"):
        fashion_mnist.load_sample()


def test_load_data_never_uses_the_sample(here, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "load_sample", lambda: pytest.fail("load_data took the sample"))
    monkeypatch.setattr(np, "load", lambda *a, **k: pytest.fail("load_data opened an npz file"))
    with pytest.raises(DataError):
        fashion_mnist.load_data()


def test_class_names():
    names = fashion_mnist.class_names
    assert len(names) == len(set(names)) == 10
    assert (names[0], names[5], names[9]) == ("T-shirt/top", "Sandal", "Ankle boot")


@pytest.mark.skipif(not fashion_mnist.DEBIAN.is_dir(), reason="dataset-fashion-mnist is not installed")
def test_the_real_set_where_debian_has_it():
    data = fashion_mnist.load_data(fashion_mnist.DEBIAN)
    (x_train, y_train), (x_test, y_test) = data
    assert x_train.shape == (60000, 28, 28)
    assert x_test.shape == (10000, 28, 28)
    assert np.bincount(y_train).tolist() == [6000] * 10
    assert np.bincount(y_test).tolist() == [1000] * 10
    assert y_train[:4].tolist() == [9, 0, 0, 3]
    for real, sample in zip(fashion_mnist.take_sample(data), fashion_mnist.load_sample(), strict=True):
        np.testing.assert_array_equal(real[0], sample[0])
        np.testing.assert_array_equal(real[1], sample[1])


@pytest.mark.skipif(not fashion_mnist.DEBIAN.is_dir(), reason="dataset-fashion-mnist is not installed")
def test_debians_streams_are_zalandos():
    """With the name and the time that Debian left out put back, the gzip file has the published SHA-256."""
    stored = (fashion_mnist.DEBIAN / "t10k-labels-idx1-ubyte.gz").read_bytes()
    time = (1504176627).to_bytes(4, "little")
    whole = b"\x1f\x8b\x08\x08" + time + stored[8:10] + b"t10k-labels-idx1-ubyte\0" + stored[10:]
    published = "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
    assert hashlib.sha256(whole).hexdigest() == published
