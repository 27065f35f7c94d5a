"""The workload's numbers against ones counted and worked out by other means."""

import itertools

import numpy as np
import pytest
from scipy.special import log_softmax

from benchmarks import work


@pytest.fixture
def folder(tmp_path):
    assert work.save(str(tmp_path), 70) == "Fashion-MNIST"
    return str(tmp_path)


@pytest.mark.parametrize(("rows", "batch_size"), [(64, 32), (70, 32), (5, 32), (7, 1)])
def test_operations_are_those_of_the_products_that_the_floor_makes(monkeypatch, rows, batch_size):
    from benchmarks.floor import Floor

    counted = []

    def counting(product):
        def counted_product(a, b, out):
            counted.append(2 * a.shape[0] * a.shape[1] * b.shape[1])
            return product(a, b, out=out)

        return counted_product

    task = work.Task(rows=rows, batch_size=batch_size, hidden=(6, 4))
    made = Floor(task)
    made.set_weights(task.weights)
    for name in ("matmul", "dot"):
        monkeypatch.setattr(np, name, counting(getattr(np, name)))
    made.epoch()
    assert sum(counted) == task.operations
    assert len(counted) == 8 * -(-rows // batch_size)


def test_the_articles_epoch_is_62_gflop():
    by_layer = {(784, 300): 2, (300, 100): 3, (100, 10): 3}  # products: the lowest layer needs no dx
    assert work.Task().operations == sum(2 * 55_000 * d * k * n for (d, k), n in by_layer.items())


def test_loss_is_scipys():
    rng = np.random.default_rng(1)
    x, y, task = rng.random((5, 28, 28)), np.arange(5), work.Task(hidden=(6, 4))
    h = x.reshape(5, -1)
    for w, b in itertools.islice(zip(task.weights[::2], task.weights[1::2], strict=True), 2):
        h = np.clip(h @ w + b, 0, None)
    expected = -log_softmax(h @ task.weights[-2], axis=1)[np.arange(5), y].mean()
    assert work.loss(task.weights, x, y) == pytest.approx(expected, rel=1e-12)


def test_rows_beyond_the_data_are_repeated(folder):
    x, y = work.Task(folder, 70).load()
    more, labels = work.Task(folder, 150, dtype="uint8").load()
    assert more.dtype == np.uint8
    assert more.shape == (150, 28, 28)
    np.testing.assert_array_equal(more[140:], x[:10].astype("uint8"))
    np.testing.assert_array_equal(labels, np.concatenate([y, y, y[:10]]))


def test_real_images_are_scaled_and_synthetic_ones_are_said_to_be(folder, tmp_path, monkeypatch):
    from minikeras.errors import DataError

    x, _ = work.Task(folder, 70).load()
    assert x.dtype == np.float32
    assert 0.9 < x.max() <= 1

    def nowhere(*_):
        raise DataError("found in no place")

    monkeypatch.setattr("parity.data.images", nowhere)
    assert work.save(str(tmp_path), 70).startswith("synthetic")
    assert set(np.unique(work.Task(str(tmp_path), 70).load()[0])) == {0, 1}
