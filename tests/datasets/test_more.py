"""The data sets beside the pictures of clothes and digits: on tiny made files, and refused where damaged."""

import hashlib
import io
import json
import pickle
import tarfile

import numpy as np
import pytest

from minikeras.datasets import boston_housing, california_housing, cifar10, cifar100, imdb, reuters, sources
from minikeras.errors import DataError


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A function that puts a file into Keras's cache and makes a module expect its digest."""
    monkeypatch.setenv("MINIKERAS_HOME", str(tmp_path / "own"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))

    def down(url, target, check):
        raise ConnectionError(f"no network for {url}")

    monkeypatch.setattr(sources, "download", down)

    def put(module, name, content, attribute="SHA256", algorithm=hashlib.sha256):
        path = sources.keras_cache(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        monkeypatch.setattr(module, attribute, algorithm(content).hexdigest())
        return path

    return put


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def lists(*rows):
    out = np.empty(len(rows), object)
    out[:] = rows
    return out


@pytest.mark.parametrize("module", [boston_housing, california_housing])
def test_housing(cache, module):
    cache(module, module.NPZ, npz(x=np.arange(20.0).reshape(10, 2), y=np.arange(10.0)))
    (x_train, y_train), (x_test, y_test) = module.load_data(test_split=0.3, seed=1)
    order = np.arange(10)
    np.random.RandomState(1).shuffle(order)
    assert np.concatenate([y_train, y_test]).tolist() == order.tolist()
    assert (x_train[:, 0] == 2 * y_train).all()
    assert len(x_test) == 3
    with pytest.raises(ValueError, match="test_split"):
        module.load_data(test_split=1)


def archive(folder, members):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, content in members.items():
            data = pickle.dumps({key.encode(): value for key, value in content.items()}, protocol=2)
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file.getvalue()


def test_cifar(cache):
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (6, 2, 3, 32, 32), np.uint8)
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    content = {
        n: {"data": x.reshape(2, -1), "labels": [i, 9 - i]} for i, (n, x) in enumerate(zip(names, images, strict=True))
    }
    cache(cifar10, cifar10.NAMES[1], archive("cifar-10-batches-py", content))
    (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    assert (x_train.shape, x_train.dtype, y_train.shape, y_train.dtype) == ((10, 32, 32, 3), "uint8", (10, 1), "uint8")
    assert x_train[3, 4, 5, 2] == images[1, 1, 2, 4, 5]
    assert (x_test[0, 7, 8].tolist(), y_test.tolist()) == (images[5, 0, :, 7, 8].tolist(), [[5], [4]])

    part = {"data": images[0].reshape(2, -1), "fine_labels": [70, 3], "coarse_labels": [7, 0]}
    cache(cifar100, cifar100.NAMES[0], archive("cifar-100-python", {"train": part, "test": part}))
    assert cifar100.load_data("coarse")[1][1].tolist() == [[7], [0]]
    with pytest.raises(ValueError, match="label_mode"):
        cifar100.load_data("other")


def test_texts(cache):
    texts = lists([1, 5, 2], [4], [3, 9], [2, 2, 2, 2])
    labels = np.array([0, 1, 1, 0])
    cache(imdb, imdb.NPZ, npz(x_train=texts, y_train=labels, x_test=texts, y_test=labels))
    (x, y), _ = imdb.load_data(num_words=8, maxlen=5, seed=2)
    order = np.arange(4)
    np.random.RandomState(2).shuffle(order)
    expected = {0: [1, 4, 2, 5], 1: [1, 7], 2: [1, 6, 2]}  # raised by 3, begun with 1, from 8 on: 2
    assert x.tolist() == [expected[i] for i in order if i < 3]
    assert y.tolist() == [labels[i] for i in order if i < 3]
    cache(imdb, imdb.WORD_INDEX, json.dumps({"the": 1}).encode(), "WORD_INDEX_MD5", hashlib.md5)
    assert imdb.get_word_index() == {"the": 1}

    cache(reuters, reuters.NPZ, npz(x=texts, y=labels))
    (x, _), (x_test, _) = reuters.load_data(test_split=0.5, start_char=None, index_from=0, oov_char=None, skip_top=3)
    assert sorted(map(len, [*x, *x_test])) == [0, 1, 1, 1]


def test_a_damaged_file_is_passed_over_and_every_place_named(cache):
    path = cache(imdb, imdb.NPZ, b"whole")
    path.write_bytes(b"damaged")
    with pytest.raises(DataError, match="Keras's cache") as caught:
        imdb.load_data()
    for word in ("damaged", "minikeras's cache", "no network for https", "pip install"):
        assert word in str(caught.value)
