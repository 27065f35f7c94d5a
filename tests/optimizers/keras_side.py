"""The optimizers' steps in minikeras and in real Keras, on TensorFlow or JAX: the backend of the process.

KERAS_BACKEND=jax python -m tests.optimizers.keras_side Adam Lion    # the errors as JSON
"""

import json
import os
import subprocess
import sys

import numpy as np

from minikeras import config, optimizers, utils
from minikeras.parameter import Parameter

MODELS = [
    {"m/d/kernel": (3, 4), "m/d/bias": (4,), "m/e/kernel": (4, 2)},
    {"m/c/kernel": (3, 3, 2, 4), "m/c/bias": (4,), "m/b/gamma": (4,)},
    {"m/v/embeddings": (6, 3), "m/r/kernel": (3, 8), "m/r/recurrent_kernel": (2, 8), "m/r/bias": (8,)},
]
STEPS = 100

CASES = {
    "SGD": [{"learning_rate": 0.05, "momentum": 0.9}],
    "Adam": [{"learning_rate": 0.01}, {"learning_rate": 0.01, "amsgrad": True, "beta_2": 0.9}],
    "AdamW": [{"learning_rate": 0.01, "weight_decay": 0.1}],
    "Adamax": [{"learning_rate": 0.01}],
    "Nadam": [{"learning_rate": 0.01}],
    "RMSprop": [
        {"learning_rate": 0.01},
        {"learning_rate": 0.01, "momentum": 0.8},
        {"learning_rate": 0.01, "centered": True, "epsilon": 1e-3},
        {"learning_rate": 0.01, "centered": True, "momentum": 0.8, "epsilon": 1e-3},
    ],
    "Adagrad": [{"learning_rate": 0.1}],
    "Adadelta": [{"learning_rate": 1.0}],
    "Ftrl": [
        {"learning_rate": 0.1},
        {
            "learning_rate": 0.1,
            "learning_rate_power": -0.7,
            "l1_regularization_strength": 0.3,
            "l2_regularization_strength": 0.2,
            "l2_shrinkage_regularization_strength": 0.1,
            "beta": 0.4,
        },
    ],
    "Lion": [{"learning_rate": 0.01}],
    "Lamb": [{"learning_rate": 0.01}],
    "Adafactor": [{"learning_rate": 0.1}],
    "Muon": [
        {"learning_rate": 0.01},
        {"learning_rate": 0.01, "nesterov": False, "rms_rate": None, "adam_lr_ratio": 0.3},
    ],
    "LossScaleOptimizer": [{"learning_rate": 0.01}],
    "MultiOptimizer": [{"learning_rate": 0.01}],
    "ScheduleFreeAdamW": [{"learning_rate": 0.01}, {"learning_rate": 0.01, "warmup_steps": 20, "beta_1": 0.8}],
}

SETTINGS = {
    "plain": {},
    "clipvalue": {"clipvalue": 0.4},
    "clipnorm": {"clipnorm": 0.9},
    "global_clipnorm": {"global_clipnorm": 1.3},
    "weight_decay": {"weight_decay": 0.3},
    "average": {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 7},
    "accumulation": {"gradient_accumulation_steps": 3},
    "everything": {
        "clipnorm": 0.9,
        "weight_decay": 0.3,
        "use_ema": True,
        "ema_overwrite_frequency": 5,
        "gradient_accumulation_steps": 4,
        "loss_scale_factor": 3.0,
    },
    "schedule": {"learning_rate": ([50], [0.02, 0.005])},
}


def made(library, name, own, setting):
    """An optimizer of a library's ``optimizers``; "LossScaleOptimizer" is around Adam, "MultiOptimizer" of two."""
    given = {**own, **SETTINGS[setting]}
    if setting == "schedule":
        given["learning_rate"] = library.schedules.PiecewiseConstantDecay(*given["learning_rate"])
    if name == "LossScaleOptimizer":
        return library.LossScaleOptimizer(library.Adam(**given), initial_scale=4.0, dynamic_growth_steps=30)
    if name == "MultiOptimizer":
        return library.MultiOptimizer(library.OptimizerMap(library.RMSprop(**given), {".*bias": library.Adam(**given)}))
    return getattr(library, name)(**given)


def numbers(seed, shapes):
    """Weights at the start, and the gradients of each step."""
    rng = np.random.default_rng(seed)
    start = [rng.normal(size=shape) for shape in shapes]
    return start, [[rng.normal(size=shape) for shape in shapes] for _ in range(STEPS)]


def ours(optimizer, start, gradients, dtype):
    """The weights of minikeras by their paths."""
    parameters = [Parameter(w.astype(dtype), path.split("/")[-1], path) for path, w in start.items()]
    for grads in gradients:
        optimizer.apply([g.astype(dtype) for g in grads], parameters)
    return [p.value for p in parameters], [v.value for v in optimizer.variables]


def theirs(keras, optimizer, start, gradients, dtype):
    """The weights and slots of real Keras; the steps are compiled, as in ``fit``."""
    variables = []
    for path, w in start.items():
        model, layer, name = path.split("/")
        with keras.name_scope(model), keras.name_scope(layer):
            variables.append(keras.Variable(w, dtype=dtype, name=name))
    optimizer.build(variables)
    steps = _on_tensorflow if keras.backend.backend() == "tensorflow" else _on_jax
    return steps(optimizer, variables, gradients, dtype)


def _on_tensorflow(optimizer, variables, gradients, dtype):
    import tensorflow

    stacked = [tensorflow.constant(np.stack(of_one), dtype) for of_one in zip(*gradients, strict=True)]

    @tensorflow.function
    def steps():
        for i in tensorflow.range(STEPS):
            optimizer.apply([g[i] for g in stacked], variables)

    steps()
    return [v.numpy() for v in variables], [v.numpy() for v in optimizer.variables]


def _on_jax(optimizer, variables, gradients, dtype):
    import jax

    step = jax.jit(optimizer.stateless_apply)
    weights, slots = [v.value for v in variables], [v.value for v in optimizer.variables]
    for grads in gradients:
        weights, slots = step(slots, [g.astype(dtype) for g in grads], weights)
    return [np.asarray(w) for w in weights], [np.asarray(s) for s in slots]


def error(keras, name, own, setting, dtype, shapes):
    """The largest difference of a weight or slot after 100 steps, relative to 1 or to Keras's value."""
    first, gradients = numbers(len(name) + len(setting), shapes.values())
    start = dict(zip(shapes, first, strict=True))
    before = keras.config.floatx()
    keras.config.set_floatx(dtype)
    try:
        kerass = made(keras.optimizers, name, own, setting)
        expected, their_slots = theirs(keras, kerass, start, gradients, dtype)
    finally:
        keras.config.set_floatx(before)
    utils.set_random_seed(1, stream=keras.backend.backend())  # what the backend rounds goes with the stream
    with config.using(floatx=dtype):
        mine = made(optimizers, name, own, setting)
        weights, slots = ours(mine, start, gradients, dtype)
    utils.set_random_seed(1)
    assert [s.shape for s in slots] == [s.shape for s in their_slots]
    if setting == "plain":
        paths = [v.path.split("/")[-1] for v in kerass.variables]
        assert [v.name for v in mine.variables] == ["u_product" if p.startswith("variable") else p for p in paths]
    pairs = zip([*weights, *slots], [*expected, *their_slots], strict=True)
    return max(float(np.max(np.abs(a - b) / (1 + np.abs(b)), initial=0)) for a, b in pairs)


def errors(keras, name, settings=SETTINGS, models=MODELS):
    """The errors of all cases of an optimizer in float64, and of its first case in float32, by their names."""
    found = {}
    for shapes in models:
        kind = next(iter(shapes))
        for i, own in enumerate(CASES[name]):
            for setting in settings:
                found[f"{name} {i} {setting} {kind} float64"] = error(keras, name, own, setting, "float64", shapes)
        found[f"{name} 0 plain {kind} float32"] = error(keras, name, CASES[name][0], "plain", "float32", shapes)
    return found


def errors_on(backend, name):
    """:func:`errors` by a process of its own; there, Keras's table of promotion leaves float64 as it is.

    Off TensorFlow the table makes float32 of float64. What this rounds in each optimizer is not measured.
    """
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_ENABLE_X64": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment["XLA_FLAGS"] = "--xla_backend_optimization_level=0"  # compiling takes longer than the 100 steps
    command = [sys.executable, "-m", __name__, name]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    import keras

    keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    answer = {}
    for name in sys.argv[1:]:
        answer |= errors(keras, name)
    print(json.dumps(answer))
