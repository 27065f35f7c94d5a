"""Attacks in the graphs of models and in legacy files: each refused, nothing executed, read or written outside."""

import base64
import json
import marshal

import h5py
import numpy as np
import pytest

import minikeras
from minikeras import saving
from minikeras.errors import DataError

from .attacks import lambda_config, rebuilt, refused


def graph_file(tmp_path, change):
    """A functional model's file with another config."""
    x = minikeras.Input((6,), name="x")
    shared = minikeras.layers.Dense(6, name="shared")
    inner = minikeras.Sequential([minikeras.layers.Dense(2, input_shape=(6,), name="deep")], name="inner")
    minikeras.Model(x, inner(minikeras.layers.Add(name="sum")([shared(shared(x)), x]))).save(tmp_path / "graph.keras")
    return rebuilt(tmp_path / "graph.keras", change)


def entry(tree, name):
    return next(layer for layer in tree["config"]["layers"] if layer["name"] == name)


def argument(value):
    def change(tree):
        entry(tree, "shared")["inbound_nodes"][0]["args"] = [value]

    return change


def keyword(value):
    def change(tree):
        entry(tree, "shared")["inbound_nodes"][0]["kwargs"] = {"evil": value}

    return change


def history(*place):
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 6], "dtype": "float32", "keras_history": place},
    }


def operation(kind, room="keras.src.ops.numpy", args=(), **own):
    def change(tree):
        call = {"args": [history("x", 0, 0), *args], "kwargs": {}}
        config = {"name": "evil", **own}
        entry = {"module": room, "class_name": kind, "config": config, "name": "evil", "inbound_nodes": [call]}
        tree["config"]["layers"].append(entry)

    return change


SYSTEM = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}


IN_GRAPHS = {
    "a function as an argument": argument(SYSTEM),
    "a class as an argument": argument({"module": "subprocess", "class_name": "Popen", "config": {"args": "pwned"}}),
    "bytecode as an argument": argument(lambda_config()),
    "a function as a keyword": keyword(SYSTEM),
    "a tensor of another graph": argument(history("elsewhere", 0, 0)),
    "an attribute in place of a layer": argument(history("__class__", 0, 0)),
    "an output that is not there": argument(history("x", 0, 5)),
    "a negative call": argument(history("x", -1, 0)),
    "a cycle": argument(history("sum", 0, 0)),
    "strings as an array": argument({"class_name": "__numpy__", "config": {"value": ["a"], "dtype": "object"}}),
    "a foreign class inside": lambda tree: entry(tree, "inner")["config"]["layers"][1].update(module="os"),
    "a lambda inside": lambda tree: entry(tree, "inner")["config"]["layers"].append(
        {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "evil", "function": lambda_config()}}
    ),
    "a function inside": lambda tree: entry(tree, "inner")["config"]["layers"].append(
        {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "evil", "function": SYSTEM}}
    ),
    "a built-in function inside": lambda tree: entry(tree, "inner")["config"]["layers"].append(
        {
            "module": "keras.layers",
            "class_name": "Lambda",
            "config": {"name": "e", "function": {**SYSTEM, "module": "builtins", "config": "eval"}},
        }
    ),
    "a base class in place of a function of ops": operation("Op", "keras.src.ops.base"),
    "a function of another room": operation("GetItem", "keras.src.ops.os"),
    "a function of ops that there is not": operation("__import__"),
    "a function as an argument of an operation": operation("Add", args=[SYSTEM]),
    "a huge operation": operation("OneHot", "keras.src.ops.nn", num_classes=10**12),
    "a huge argument": operation("Repeat", repeats=10**12, axis=0),
    "a huge outer product": operation("Tile", repeats=[1, 10**9]),
    "a huge product of small numbers": operation("Tile", repeats=[20000, 20000]),
    "a huge image": operation("Fold", "keras.src.ops.nn", output_size=20000, kernel_size=1, stride=20000),
    "a huge layer inside": lambda tree: entry(tree, "inner")["config"]["layers"][1]["config"].update(units=10**12),
}


@pytest.mark.parametrize("name", IN_GRAPHS)
def test_attacks_in_graphs(name, tmp_path):
    """A graph in a file names symbols of the same graph and plain values, and nothing else."""
    minikeras.layers.Lambda  # noqa: B018  imported before the watch begins
    refused(graph_file(tmp_path, IN_GRAPHS[name]))


@pytest.mark.parametrize("name", [name for name in IN_GRAPHS if name.startswith("a huge") and "layer" not in name])
def test_a_huge_array_is_refused_before_it_is_asked_for(name, tmp_path):
    refused(graph_file(tmp_path, IN_GRAPHS[name]), match="more than 134,217,728 numbers")


def legacy_file(path, config, arrays=None, names=None):
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        group = file.create_group("model_weights/dense")
        file["model_weights"].attrs["layer_names"] = np.array([b"dense"])
        group.attrs["weight_names"] = np.array(names or [b"kernel", b"bias"])
        for name, array in (arrays or {"kernel": np.ones((6, 2)), "bias": np.ones(2)}).items():
            group[name] = array
    return path


def dense(**own):
    config = {"name": "dense", "units": 2, "batch_input_shape": [None, 6], **own}
    return {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": config}]}


def test_attacks_in_legacy_files(tmp_path):
    path = tmp_path / "evil.h5"
    assert saving.load_model(legacy_file(path, dense())).count_params() == 14
    code = base64.b64encode(marshal.dumps((lambda x: x).__code__)).decode()
    old_lambda = {"name": "evil", "function": [code, None, None], "function_type": "lambda", "module": "os"}
    stacked = dense()
    stacked["config"].append({"class_name": "Lambda", "config": old_lambda})
    minikeras.layers.Lambda  # noqa: B018
    refused(legacy_file(path, stacked))
    refused(legacy_file(path, dense(activation=SYSTEM)))
    refused(legacy_file(path, dense(units=10**12)), DataError, "needs an array of shape")
    refused(legacy_file(path, dense(), names=[b"../../kernel", b"bias"]), DataError, "does not have")
    refused(legacy_file(path, dense(), {"kernel": h5py.ExternalLink("/etc/secret.h5", "/x"), "bias": np.ones(2)}))
    refused(legacy_file(path, {"class_name": "os.system", "config": "pwned"}))
