"""Every competitor trains, and by the same rule: with one batch an epoch nothing depends on the order of the rows."""

import numpy as np
import pytest

from benchmarks import competitors, peers, work
from benchmarks.floor import Limit
from benchmarks.worker import Worker, WorkerError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("data"))
    work.save(path, 40)
    return path


def by_hand(task):
    """One step of SGD on all rows, by pencil: p − t at the top, then down."""
    x, y = task.load()
    x = x.reshape(len(x), -1).astype("float64")
    w1, b1, w2, b2 = (w.astype("float64") for w in task.weights)
    h = np.maximum(x @ w1 + b1, 0)
    e = np.exp(h @ w2 + b2)
    dz = (e / e.sum(axis=1, keepdims=True) - np.eye(10)[y]) / len(x)
    dh = dz @ w2.T * (h > 0)
    gradients = [x.T @ dh, dh.sum(axis=0), h.T @ dz, dz.sum(axis=0)]
    return [w - 0.01 * g for w, g in zip((w1, b1, w2, b2), gradients, strict=True)]


HERE = {
    **competitors.ENGINES,
    **{name: c for name, c in competitors.BY_HAND.items() if "compile" not in name},
}


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if "mini" not in n else n for n in HERE])
def test_one_step_is_the_step_by_hand(name, folder, monkeypatch):
    competitor = HERE[name]
    if competitor.lacking:
        pytest.skip(competitor.lacking)
    task = work.Task(folder, 40, batch_size=40, hidden=(12,))
    made = competitor.make(task)
    for _ in range(2):  # set_weights starts all over again
        made.set_weights(task.weights)
        made.epoch()
        for mine, expected in zip(made.get_weights(), by_hand(task), strict=True):
            np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-6)


def test_who_does_not_learn_has_no_time():
    losses = {"a": 0.5, "b": 0.52, "asleep": 2.4, "broken": float("nan"), "floor": None}
    assert set(peers.check(losses, 2.4)) == {"asleep", "broken"}
    assert set(peers.check({"broken": float("nan")}, 2.4)) == {"broken"}


def test_the_limit_is_the_epoch_at_the_rate_of_one_large_product(monkeypatch):
    monkeypatch.setattr(Limit, "SIDE", 8)
    task = work.Task(rows=64)
    assert Limit(task).scale * 2 * 8**3 == task.operations


def test_what_is_not_installed_is_named():
    lacking = competitors.Competitor(work.Task, ("numpy", "no_such_module")).lacking
    assert lacking == "no_such_module is not installed"
    assert competitors.Competitor(work.Task, ("$no-such-program",)).lacking
    assert competitors.Competitor(work.Task, ("numpy",)).lacking is None


def test_a_worker_trains_when_asked_and_says_what_went_wrong(folder):
    with Worker("minikeras, NumPy only", cores=1) as worker:
        task = work.Task(folder, 40, batch_size=8, hidden=(12,))
        worker.build(task)
        assert worker.epoch() > 0
        assert worker.loss() < work.loss(task.weights, *task.some_rows())
        assert len(worker.seconds("predict", 1, enough=0)) == 3
        with pytest.raises(WorkerError, match=r"minikeras, NumPy only: FileNotFoundError: .*nowhere"):
            worker.build(work.Task("/nowhere"))
