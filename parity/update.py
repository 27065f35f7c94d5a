"""The weights and the optimizer's slots after each of three steps, the last on a short batch."""

from collections.abc import Callable
from typing import Any

import minikeras

from . import compare, specs, tasks
from .worker import Keras

SGD = {"$": "optimizers.SGD", "learning_rate": 0.125}
L2 = {"$": "regularizers.L2", "l2": 0.125}
BASE = specs.Spec("update", (5,), [specs.dense(6, "relu"), specs.dense(3, "softmax")], optimizer=SGD)
CONVNET = BASE.but(
    shape=(9, 8, 2),
    layers=[
        {"$": "layers.Conv2D", "filters": 4, "kernel_size": 3, "strides": 2, "padding": "same", "activation": "relu"},
        {"$": "layers.BatchNormalization", "momentum": 0.5},
        {"$": "layers.MaxPooling2D"},
        {"$": "layers.Conv2D", "filters": 3, "kernel_size": 2, "padding": "same"},
        {"$": "layers.AveragePooling2D", "pool_size": 2},
        {"$": "layers.Flatten"},
        BASE.layers[1],
    ],
    rounded=("jax",),
)


def _schedule(name: str, **arguments: Any) -> dict[str, Any]:
    return {**SGD, "learning_rate": {"$": f"optimizers.schedules.{name}", **arguments}}


def _first(**arguments: Any) -> specs.Spec:
    return BASE.but(layers=[specs.dense(6, "relu", **arguments), BASE.layers[1]])


# Every number is one that float32 holds exactly, since Keras on TensorFlow rounds most of them to it.
SPECS: dict[str, tuple[specs.Spec, dict[str, Any]]] = {
    "plain": (BASE, {}),
    "momentum": (BASE.but(optimizer={**SGD, "momentum": 0.875}), {}),
    "nesterov": (BASE.but(optimizer={**SGD, "momentum": 0.875, "nesterov": True}), {}),
    "weight decay": (BASE.but(optimizer={**SGD, "weight_decay": 0.25}), {}),
    "clipvalue": (BASE.but(optimizer={**SGD, "clipvalue": 0.0625}), {}),
    "clipnorm": (BASE.but(optimizer={**SGD, "clipnorm": 0.125}), {}),
    "global_clipnorm": (BASE.but(optimizer={**SGD, "global_clipnorm": 0.125}), {}),
    "piecewise rate": (
        BASE.but(optimizer=_schedule("PiecewiseConstantDecay", boundaries=[1], values=[0.25, 0.125])),
        {},
    ),
    "inverse time rate": (
        BASE.but(
            optimizer=_schedule(
                "InverseTimeDecay", initial_learning_rate=0.25, decay_steps=2, decay_rate=1.0, staircase=True
            )
        ),
        {},
    ),
    "L2": (_first(kernel_regularizer=L2), {}),
    "L1 and L2": (
        _first(kernel_regularizer={"$": "regularizers.L1L2", "l1": 0.0625, "l2": 0.125}, bias_regularizer=L2),
        {},
    ),
    "max norm": (_first(kernel_constraint={"$": "constraints.MaxNorm", "max_value": 0.75}), {}),
    "non-negative": (
        _first(kernel_constraint={"$": "constraints.NonNeg"}, bias_constraint={"$": "constraints.NonNeg"}),
        {},
    ),
    "frozen first layer": (BASE, {"frozen": (0,)}),
    "frozen last layer": (BASE, {"frozen": (1,)}),
    "class weights": (BASE, {"class_weight": {0: 0.5, 1: 3.0, 2: 1.0}}),
    "sample weights": (BASE.but(weighted=True), {}),
    "convnet": (CONVNET, {}),
    "one-hot targets": (BASE.but(loss={"$": "losses.CategoricalCrossentropy"}), {}),
}
"""case: its spec, and further arguments of :func:`parity.tasks.update`."""


def case(name: str) -> dict[str, Any]:
    """Weights and three batches, the last one short."""
    spec, arguments = SPECS[name]
    with minikeras.config.using(floatx="float64"):
        model = specs.build(minikeras, spec)
    k = model.output_shape[-1]
    batches = [specs.batch(spec, k, rows, seed) for seed, rows in enumerate((8, 8, 3))]
    return {"spec": spec, "weights": specs.weights(model, 3), "batches": batches, **arguments}


def ours(given: dict[str, Any], dtype: str, backend: str) -> tasks.Tensors:
    """The engine's tensors, in the meaning of a Keras backend."""
    with minikeras.config.using(floatx=dtype):
        return tasks.update(minikeras, **given, dtype=dtype, mode=specs.MODES[backend])


def check(keras: Keras, tick: Callable[[str], None] = lambda name: None) -> list[compare.Comparison]:
    """Compares every case in float64 and float32."""
    rows = []
    for name in SPECS:
        given = case(name)
        tick(name)
        judge = ours(given, "float64", keras.backend)
        for dtype in ("float64", "float32"):
            theirs = keras.ask("update", **given, dtype=dtype)
            mine = judge if dtype == "float64" else ours(given, dtype, keras.backend)
            precision = specs.arithmetic(given["spec"], keras.backend, dtype)
            rows += compare.tensors("update", name, mine, theirs, precision, judge if dtype == "float32" else None)
    return rows
