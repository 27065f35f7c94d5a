"""Outputs and gradients of random graphs beside live Keras on TensorFlow and on JAX, in float64."""

import numpy as np
import pytest

from minikeras import config, utils
from minikeras.structures import flat, pack

from ..gradients import norm_relative
from .keras_side import answers_on, numbers
from .random_graphs import random_model

pytestmark = [pytest.mark.keras, pytest.mark.slow]


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
@pytest.mark.parametrize("first", range(2000, 2200, 50))
def test_200_random_graphs(backend, first, tmp_path):
    pytest.importorskip("keras"), pytest.importorskip(backend)
    theirs = answers_on(backend, range(first, first + 50), tmp_path)
    for seed in range(first, first + 50):
        utils.clear_session()
        with config.using(floatx="float64"):
            model = random_model(np.random.default_rng(seed))
        weights, x, u = numbers(model, seed)
        model.set_weights(weights)
        y = model(x, record=True)
        dx = flat(model.backward(pack(y, u)))
        dx = [np.zeros_like(a) if d is None else d for a, d in zip(x, dx, strict=True)]
        for kind, arrays in (("y", flat(y)), ("dx", dx), ("dw", [p.grad for p in model.weights])):
            for i, array in enumerate(arrays):
                assert norm_relative(array, theirs.pop(f"{seed} {kind} {i}")) < 1e-12, (seed, kind, i)
    assert not theirs
