"""The same file in both libraries: nothing is lost on the way there and back, and Keras trains on from it, on several
devices at once.

- *There and back*: minikeras → Keras → minikeras and Keras → minikeras → Keras, for models drawn by chance and for
  every layer, initializer, regularizer, constraint, optimizer, schedule, loss and metric by name: every array of the
  last file has the bits of the first, and the configs are equal.
- *Onward*: Keras opens a file of minikeras and goes on with it, each batch split among devices; the first steps agree
  with minikeras's own, and the result comes back.
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import minikeras
from minikeras.saving import archive
from minikeras.saving.files import read_arrays

from . import compare, handoff_tasks, same_seed, specs, tolerances
from .worker import Keras

DEVICES = 2
ENVIRONMENT = {
    "XLA_FLAGS": f"--xla_force_host_platform_device_count={DEVICES}",
    "NPROC": "8",  # XLA's threads: if all of two wait for the other device, it has none to arrive with
}

INITIALIZERS: dict[str, dict[str, Any]] = {
    "Zeros": {},
    "Ones": {},
    "Constant": {"value": 0.25},
    "Identity": {"gain": 2.0},
    "RandomNormal": {"mean": 0.5, "seed": 3},
    "TruncatedNormal": {"stddev": 0.5},
    "RandomUniform": {"minval": -1.0, "maxval": 2.0},
    "VarianceScaling": {"scale": 3.0, "mode": "fan_out", "distribution": "uniform"},
    "GlorotUniform": {},
    "GlorotNormal": {"seed": 7},
    "HeUniform": {},
    "HeNormal": {},
    "LecunUniform": {},
    "LecunNormal": {},
    "Orthogonal": {"gain": 0.5},
}
REGULARIZERS: dict[str, dict[str, Any]] = {"L1": {"l1": 0.25}, "L2": {"l2": 0.1}, "L1L2": {"l1": 0.25, "l2": 0.1}}
CONSTRAINTS: dict[str, dict[str, Any]] = {
    "MaxNorm": {"max_value": 1.5},
    "NonNeg": {},
    "UnitNorm": {"axis": 1},
    "MinMaxNorm": {"min_value": 0.25, "rate": 0.5},
}
SCHEDULES: dict[str, dict[str, Any]] = {
    "ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5, "staircase": True},
    "InverseTimeDecay": {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5},
    "PolynomialDecay": {"initial_learning_rate": 0.1, "decay_steps": 3, "power": 2.0, "cycle": True},
    "CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 3, "warmup_target": 0.5, "warmup_steps": 2},
    "PiecewiseConstantDecay": {"boundaries": [3, 5], "values": [0.5, 0.25, 0.125]},
}
OPTIMIZERS: tuple[dict[str, Any], ...] = (
    {"learning_rate": 0.1},
    {"learning_rate": 0.1, "momentum": 0.9},
    {"learning_rate": 0.1, "momentum": 0.5, "nesterov": True, "weight_decay": 0.01},
    {"learning_rate": 0.1, "clipnorm": 1.0},
    {"learning_rate": 0.1, "clipvalue": 0.5, "name": "mine"},
    {"learning_rate": 0.1, "global_clipnorm": 2.0},
)
LOSSES: dict[str, dict[str, Any]] = {
    "MeanSquaredError": {"reduction": "sum"},
    "MeanAbsoluteError": {},
    "Huber": {"delta": 0.5},
    "SparseCategoricalCrossentropy": {"from_logits": True, "ignore_class": 1},
    "CategoricalCrossentropy": {"label_smoothing": 0.125},
    "BinaryCrossentropy": {"from_logits": True, "name": "mine"},
}
METRICS: dict[str, dict[str, Any]] = {
    "Accuracy": {},
    "BinaryAccuracy": {"threshold": 0.25},
    "CategoricalAccuracy": {"name": "right"},
    "SparseCategoricalAccuracy": {},
    "TopKCategoricalAccuracy": {"k": 2},
    "SparseTopKCategoricalAccuracy": {"k": 2},
    "MeanSquaredError": {},
    "MeanAbsoluteError": {},
    "BinaryCrossentropy": {"label_smoothing": 0.125},
    "CategoricalCrossentropy": {"from_logits": True},
    "SparseCategoricalCrossentropy": {"from_logits": True},
    "Mean": {},
    "Sum": {},
}
LAYERS: dict[str, dict[str, Any]] = {
    "Flatten": {},
    "Dense": {"units": 3, "activation": "gelu", "use_bias": False, "trainable": False},
    "Activation": {"activation": "softsign"},
    "ReLU": {"max_value": 2.0, "negative_slope": 0.25, "threshold": 0.5},
    "LeakyReLU": {"negative_slope": 0.5},
    "ELU": {"alpha": 0.5},
    "Softmax": {"axis": 1},
    "Dropout": {"rate": 0.25, "noise_shape": [None, 1], "seed": 5},
}


Case = tuple[specs.Spec, dict[str, Any] | None]


def named() -> Iterator[Case]:
    """Small models, and a metric for each or None, that between them have everything by name that can be in a file."""
    seed = 1000

    def case(name: str, layer: dict[str, Any] | None = None, metric: Any = None, **changes: Any) -> Case:
        nonlocal seed
        seed += 1
        layers = [specs.dense(4, "relu", **(layer or {})), specs.dense(3, "softmax")]
        return specs.Spec(name, (4,), layers, seed=seed).but(**changes), metric

    def made(room: str, name: str, own: dict[str, Any]) -> dict[str, Any]:
        return {"$": f"{room}.{name}", **own}

    for name, own in INITIALIZERS.items():
        yield case(f"initializer {name}", {"kernel_initializer": made("initializers", name, own)})
    for name, own in REGULARIZERS.items():
        regularizer = made("regularizers", name, own)
        yield case(f"regularizer {name}", {"kernel_regularizer": regularizer, "bias_regularizer": regularizer})
    for name, own in CONSTRAINTS.items():
        yield case(f"constraint {name}", {"kernel_constraint": made("constraints", name, own)})
    for own in OPTIMIZERS:
        yield case(f"optimizer SGD {own}", optimizer={"$": "optimizers.SGD", **own})
    for name, own in SCHEDULES.items():
        sgd = {"$": "optimizers.SGD", "learning_rate": made("optimizers.schedules", name, own), "momentum": 0.5}
        yield case(f"schedule {name}", optimizer=sgd)
    for name, own in LOSSES.items():
        yield case(f"loss {name}", loss=made("losses", name, own))
    for name, own in METRICS.items():
        yield case(f"metric {name}", metric=made("metrics", name, own))
    for name, own in LAYERS.items():
        layers = [{"$": "layers.Flatten"}, specs.dense(3), made("layers", name, own), specs.dense(3, "softmax")]
        yield case(f"layer {name}", layers=layers, shape=(2, 2))


def decorated(seed: int) -> specs.Spec:
    """The random model of that seed, with initializers, regularizers, constraints and an optimizer drawn by chance."""
    spec, rng = specs.random_spec(seed), np.random.default_rng(seed)

    def drawn(room: str, entries: dict[str, dict[str, Any]]) -> dict[str, Any]:
        name = str(rng.choice([name for name in entries if name != "Identity"]))  # of square matrices only
        return {"$": f"{room}.{name}", **entries[name]}

    layers = []
    for layer in spec.layers:
        extra: dict[str, Any] = {}
        if layer["$"] == "layers.Dense":
            for what in ("kernel", "bias"):
                for kind, entries in (("regularizer", REGULARIZERS), ("constraint", CONSTRAINTS)):
                    if rng.random() < 0.25 and not (what == "bias" and kind == "constraint"):
                        extra[f"{what}_{kind}"] = drawn(f"{kind}s", entries)
            extra["kernel_initializer"] = drawn("initializers", INITIALIZERS)
        layers.append({**layer, **extra})
    if rng.random() < 0.5:
        layers.insert(len(layers) - 1, {"$": "layers.Dropout", "rate": float(rng.choice([0.0, 0.25, 0.5]))})
    optimizer = {"$": "optimizers.SGD", **OPTIMIZERS[rng.integers(len(OPTIMIZERS))]}
    if rng.random() < 0.25:
        optimizer["learning_rate"] = drawn("optimizers.schedules", SCHEDULES)
    return spec.but(layers=layers, optimizer=optimizer)


# There and back.


def there_and_back(
    keras: Keras, cases: Iterable[Case], tick: Callable[[str], None] = lambda name: None
) -> list[compare.Comparison]:
    """Both round trips of every model: two verdicts each, on the bits and on the config."""
    with tempfile.TemporaryDirectory() as folder:
        trips = [_Trip(Path(folder), i, case, ("float32", "float64")[i % 2]) for i, case in enumerate(cases)]
        for trip in trips:
            tick(f"writing {trip.spec.name}")
            given: dict[str, Any] = {"spec": trip.spec, "metric": trip.metric, "dtype": trip.dtype}
            with minikeras.config.using():
                handoff_tasks.write(minikeras, trip.ours[0], **given)
            keras.ask("write", path=trip.theirs[0], **given)
        tick("reading and writing again")
        for step in (0, 1):  # ours goes to Keras and comes back, theirs comes here and goes back
            sides = ("ours", "theirs") if step == 0 else ("theirs", "ours")
            there, here = ([(*getattr(t, side)[step : step + 2], t.dtype) for t in trips] for side in sides)
            problems = keras.ask("write_again", files=there), handoff_tasks.write_again(minikeras, here)
            for trip, *both in zip(trips, *problems, strict=True):
                trip.problems += [problem for problem in both if problem]
        return [row for trip in trips for row in trip.rows()]


class _Trip:
    """One model's files: three of each round trip."""

    def __init__(self, folder: Path, number: int, case: Case, dtype: str) -> None:
        (self.spec, self.metric), self.dtype = case, dtype
        self.ours, self.theirs = ([str(folder / f"{side}-{number}-{i}.keras") for i in range(3)] for side in "mk")
        self.problems: list[str] = []

    def rows(self) -> Iterator[compare.Comparison]:
        for check, files in (("minikeras → Keras → minikeras", self.ours), ("Keras → minikeras → Keras", self.theirs)):
            if self.problems:
                what = "; ".join(self.problems)
                yield compare.Comparison(check, f"{self.spec.name}: {what}", "bits", self.dtype, np.inf, 0.0, False)
                continue
            first, last = (Path(files[i]) for i in (0, 2))
            differ = bits_that_differ(read_arrays(first), read_arrays(last))
            yield compare.Comparison(check, self.spec.name, "bits", self.dtype, float(differ), 0.0, differ == 0)
            places = config_differences(config_of(first), config_of(last))
            case = f"{self.spec.name}: {'; '.join(places)}" if places else self.spec.name
            yield compare.Comparison(check, case, "config", self.dtype, float(len(places)), 0.0, not places)


def bits_that_differ(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> int:
    """How many numbers do not have the same bits. Whole numbers count by value: Keras on JAX has 32 bits of them.

    >>> bits_that_differ({"a": np.zeros(2)}, {"a": np.array([0.0, -0.0])})
    1
    """
    count = 0
    for place in one.keys() | other.keys():
        a, b = (np.atleast_1d(arrays[place]) if place in arrays else None for arrays in (one, other))
        if a is None or b is None or a.shape != b.shape or a.dtype.kind != b.dtype.kind:
            count += 1
        elif a.dtype.kind == "i":
            count += int((a != b).sum())
        else:
            count += same_seed.bits_differ([a], [b])
    return count


FORGOTTEN = {"Huber": "delta", "Identity": "gain"}
"""What Keras 3.15 itself leaves out when it saves an object of a class: the next to load it gets the default."""


def config_of(path: Path) -> dict[str, Any]:
    """A file's config.json, without what tells nothing of the model: object ids, how a backend compiles, and what is
    :data:`FORGOTTEN`."""
    members = archive.read_members(path, {archive.CONFIG: 2**24})
    return json.loads(members[archive.CONFIG], object_hook=_telling)


def _telling(node: dict[str, Any]) -> dict[str, Any]:
    if isinstance(node.get("config"), dict):
        node["config"].pop(FORGOTTEN.get(node.get("class_name", "")), None)
    return {key: value for key, value in node.items() if key not in ("shared_object_id", "jit_compile")}


def config_differences(one: Any, other: Any, where: str = "") -> list[str]:
    """The places where two configs differ.

    >>> config_differences({"layers": [{"units": 3}]}, {"layers": [{"units": 4}]})
    ['/layers/0/units: 3, then 4']
    """
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = [(f"{where}/{key}", one.get(key, "absent"), other.get(key, "absent")) for key in {**one, **other}]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(f"{where}/{i}", *pair) for i, pair in enumerate(zip(one, other, strict=True))]
    else:
        return [] if one == other else [f"{where}: {one}, then {other}"]
    return [difference for place, a, b in pairs for difference in config_differences(a, b, place)]


# Onward.


def onward(keras: Keras, tick: Callable[[str], None] = lambda name: None, epochs: int = 2) -> list[compare.Comparison]:
    """minikeras trains and saves; both go on from the file, Keras on :data:`DEVICES` devices; the result comes back."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(128, 12)).astype(np.float32)
    data = {"x": x, "y": (x @ rng.normal(size=(12, 4))).argmax(axis=1), "batch_size": 16}
    with tempfile.TemporaryDirectory() as folder, minikeras.config.using(floatx="float32"):
        start, mine, theirs, back = (str(Path(folder, f"{name}.keras")) for name in ("start", "mine", "theirs", "back"))
        spec = specs.Spec("onward", (12,), [specs.dense(16, "relu"), specs.dense(4, "softmax")])
        model = specs.build(
            minikeras, spec.but(optimizer={"$": "optimizers.SGD", "learning_rate": 0.1, "momentum": 0.9})
        )
        model.fit(data["x"], data["y"], batch_size=16, verbose=0)
        model.save(start)
        tick("minikeras")
        ours = handoff_tasks.train_on(minikeras, start, mine, epochs=epochs, **data)
        tick(f"Keras on {DEVICES} devices")
        found = keras.ask("train_on", source=start, target=theirs, epochs=epochs, devices=DEVICES, **data)
        minikeras.saving.load_model(theirs).save(back)
        here, there, again = (read_arrays(Path(path)) for path in (mine, theirs, back))
    case = f"{len(ours['losses'])} steps"
    limit = tolerances.limit("update", "float32")
    rows = [
        compare.Comparison(
            "onward", f"{found['devices']} devices", "devices", "float32", 0.0, 0.0, found["devices"] == DEVICES
        )
    ]
    rows.append(compare.tensor("onward", case, "losses", ours["losses"], found["losses"], "float32", bound=limit))
    for place, array in there.items():
        rows.append(compare.tensor("onward", case, place, here[place], array, "float32", bound=limit))
    differ = bits_that_differ(there, again)
    rows.append(compare.Comparison("back in minikeras", case, "bits", "float32", float(differ), 0.0, differ == 0))
    return rows


def check(keras: Keras, models: int, tick: Callable[[str], None] = lambda name: None) -> list[compare.Comparison]:
    """All of it: :func:`onward`, which has to be the first work of Keras's process, then the files."""
    rows = onward(keras, tick)
    return rows + there_and_back(keras, [*named(), *((decorated(seed), None) for seed in range(models))], tick)
