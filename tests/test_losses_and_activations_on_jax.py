"""Values and gradients of every loss and activation beside live Keras on JAX, in float64."""

import numpy as np
import pytest

from minikeras import activations, losses

from .gradients import norm_relative
from .jax_side import answers_on_jax
from .test_activations import WITH_PARAMS
from .test_losses import CLIPPED, LOSSES, case

pytestmark = [pytest.mark.slow, pytest.mark.keras]

# What Keras rounds to float32 in these: the recursion of CTC, and log 2.
ROUNDED = {"CTC": 1e-6, "LogCosh": 1e-7}
MODES = [(name, {k: v for k, v in arguments.items() if k != "mode"}) for name, arguments, _ in CLIPPED]


def difference(ours, theirs):
    assert ours.shape == theirs.shape
    return norm_relative(ours, theirs)


def test_every_loss(tmp_path):
    pytest.importorskip("keras"), pytest.importorskip("jax")
    arrays, ours = {}, []
    for i, (name, arguments, kind) in enumerate(LOSSES):
        y, x = case(kind, seed=4)
        loss = getattr(losses, name)(**arguments, **({"mode": "clipped"} if (name, arguments) in MODES else {}))
        w = np.random.default_rng(i).uniform(0.5, 2, loss.call(y, x).shape)
        arrays |= {f"t{i}": y, f"x{i}": x, f"w{i}": w, f"dy{i}": np.float64(1)}
        ours.append((loss(y, x, w), loss.backward(y, x, w)))
    theirs = answers_on_jax([("losses", name, arguments) for name, arguments, _ in LOSSES], arrays, tmp_path)
    errors = {}
    for i, (name, arguments, kind) in enumerate(LOSSES):
        found = [difference(np.asarray(a), theirs[f"{key}{i}"]) for key, a in zip(("y", "dx"), ours[i], strict=True)]
        if max(found) > ROUNDED.get(name, 1e-12):
            errors[f"{name} {arguments} {kind}"] = found
    assert not errors


def test_every_activation(tmp_path):
    pytest.importorskip("keras"), pytest.importorskip("jax")
    # Keras's sparsemax is wrong: see the docstring of ours.
    cases = [*WITH_PARAMS, ("softmax", {}), ("log_softmax", {}), ("glu", {})]
    arrays, ours = {}, []
    for i, (name, params) in enumerate(cases):
        rng = np.random.default_rng(i)
        activation, x = activations.get(name), 3 * rng.normal(size=(5, 6))
        y, dx = np.empty(activation.output_shape(x.shape, **params)), np.empty_like(x)
        dy = rng.normal(size=y.shape)
        activation.forward(x, y, **params)
        activation.backward(dy, x, y, dx, **params)
        arrays |= {f"x{i}": x, f"dy{i}": dy}
        ours.append((y, dx))
    theirs = answers_on_jax([("activations", name, params) for name, params in cases], arrays, tmp_path)
    errors = {}
    for i, (name, params) in enumerate(cases):
        found = [difference(a, theirs[f"{key}{i}"]) for key, a in zip(("y", "dx"), ours[i], strict=True)]
        if max(found) > 1e-12:
            errors[f"{name} {params}"] = found
    assert not errors
