"""The same program from the same seed in both libraries, and what must break the agreement."""

import json

import numpy as np
import pytest

from minikeras.random import orders
from parity import data, same_seed

BACKENDS = pytest.mark.parametrize("backend", ["tensorflow", pytest.param("jax", marks=pytest.mark.slow)])


def failed(rows):
    return {row.tensor for row in rows if not row.passed}


@pytest.mark.keras
@BACKENDS
def test_the_same_seed_is_the_same_run_and_nothing_else_is(backends, backend, monkeypatch):
    images = data.images(300, 50)
    rows, runs = same_seed.check(backends(backend), *images, epochs=2, dtype="float64")
    assert not failed(rows)

    def wrong(**arguments):
        mine = same_seed.ours(backend, *images, epochs=2, dtype="float64", **arguments)
        return failed(same_seed.rows(mine, runs["keras"], "float64"))

    results = {"loss", "val_loss", "final weights"}
    assert wrong(seed=43) >= {"bits", *results}
    assert wrong(stream={"tensorflow": "jax", "jax": "tensorflow"}[backend]) >= {"bits", *results}
    monkeypatch.setitem(orders.ORDERS, (backend, "3.15"), lambda seed, n, first: np.arange(n))
    unshuffled = wrong()
    assert unshuffled >= results
    assert "bits" not in unshuffled


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_the_same_seed_is_the_same_run_with_adam(backends, backend):
    images = data.images(2000, 200)
    assert not failed(same_seed.check(backends(backend), *images, epochs=3, dtype="float64", optimizer="Adam")[0])


@pytest.mark.keras
@BACKENDS
def test_in_float32_it_is_as_close_as_keras_is_to_itself(backends, backend, tmp_path):
    rows, runs = same_seed.check(backends(backend), *data.images(300, 50), epochs=2, dtype="float32")
    assert not failed(rows)
    same_seed.write(tmp_path, runs, rows, {"floatx": "float32", "backend": backend, "rows": 300})
    written = json.loads((tmp_path / "same_seed.json").read_text())
    assert written["runs"]["control"]["history"] == runs["control"]["history"]
    assert (tmp_path / "same_seed.png").read_bytes().startswith(b"\x89PNG")


def run(shift=0.0):
    """A run whose losses, accuracies and weights are all moved by ``shift``."""
    return {
        "initial": [np.ones(2)],
        "final": [np.full(2, 1 + shift)],
        "history": {name: [0.5, 0.25 + shift] for name in same_seed.METRICS},
    }


def test_the_bound_in_float32_is_three_times_the_control():
    assert not failed(same_seed.rows(run(0.029), run(), "float32", run(0.01)))
    late = failed(same_seed.rows(run(0.031), run(), "float32", run(0.01)))
    assert late == {"loss", "accuracy", "val_loss", "val_accuracy", "final weights"}
    with pytest.raises(ValueError, match="give control"):
        same_seed.rows(run(), run(), "float32")


def test_one_bit_of_one_weight_is_seen():
    ours = run()
    ours["initial"] = [np.nextafter(np.ones(2), [1, 2])]
    assert failed(same_seed.rows(ours, run(), "float64")) == {"bits"}
    assert same_seed.bits_differ(ours["initial"], run()["initial"]) == 1
