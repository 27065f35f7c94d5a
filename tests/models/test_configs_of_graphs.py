"""Configs of models made of symbols: data without code, with operations too, read by Keras and read from Keras."""

import json

import numpy as np
import pytest

import minikeras as keras
from minikeras import Functional, Input, Model, layers


def changed(model_config, change):
    described = json.loads(json.dumps(model_config))
    change(described)
    return described


def test_configs_of_graphs_are_data():
    x = Input((2,), name="x")
    described = Model(x, layers.Dense(2, name="b")(layers.Dense(2, name="a")(x))).get_config()

    def history(layer, place):
        def change(c):
            c["layers"][layer]["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = place

        return change

    def argument(value):
        return lambda c: c["layers"][1]["inbound_nodes"][0].update(kwargs={"training": value})

    for change, message in [
        (history(1, ["b", 0, 0]), "cycle"),
        (history(1, ["os", 0, 0]), "Unknown layer: 'os'"),
        (history(1, ["x", 0, 7]), "no output 7"),
        (history(1, ["x", -1, 0]), "which it has not"),
        (lambda c: c.update(output_layers=["b", 3, 0]), "which it has not"),
        (lambda c: c.update(output_layers=["z", 0, 0]), "which it has not"),
        (argument({"class_name": "__lambda__", "config": {"value": "x"}}), "plain values"),
        (argument({"class_name": "function", "config": "system", "module": "os"}), "plain values"),
        (lambda c: c["layers"][1].update(name="b"), "several layers"),
    ]:
        with pytest.raises(ValueError, match=message):
            Functional.from_config(changed(described, change))
    old = changed(described, lambda c: [e.update(inbound_nodes=[]) for e in c["layers"]])
    old["layers"][1]["inbound_nodes"], old["layers"][2]["inbound_nodes"] = [[["x", 0, 0, {}]]], [[["a", 0, 0, {}]]]
    old["input_layers"], old["output_layers"] = [["x", 0, 0]], [["b", 0, 0]]
    assert Functional.from_config(old).output_shape == (None, 2)  # as Keras 2 wrote it


def of_ops(library):
    x, y = library.Input((3,), name="x"), library.Input((3,), name="y")
    z = library.ops.relu(x) + y * 2.0
    return library.Model([x, y], [z[:, 0:2], library.ops.sum(z, axis=1, keepdims=True)], name="of_ops")


def test_ops_in_a_graph_come_back_from_its_config():
    model = of_ops(keras)
    described = json.loads(json.dumps(model.get_config()))
    arrays = np.random.default_rng(0).normal(size=(2, 4, 3)).astype(np.float32)
    again = Functional.from_config(described)
    for a, b in zip(again([*arrays]), model([*arrays]), strict=True):
        np.testing.assert_array_equal(a, b)
    assert again.get_config() == model.get_config()
    described["layers"][1].update(module="keras.src.ops.numpy", class_name="system")
    with pytest.raises(ValueError, match="no operation 'system'"):
        Functional.from_config(described)


@pytest.mark.keras
def test_configs_with_ops_are_read_by_keras_and_kerass_here():
    theirs = pytest.importorskip("keras")
    here, there = of_ops(keras), of_ops(theirs)
    arrays = [*np.random.default_rng(0).normal(size=(2, 4, 3)).astype(np.float32)]
    mine = Functional.from_config(json.loads(json.dumps(there.get_config())))
    other = theirs.Model.from_config(json.loads(json.dumps(here.get_config())))
    for a, b, c in zip(mine(arrays), other(arrays), here(arrays), strict=True):
        np.testing.assert_allclose(a, np.asarray(b), rtol=1e-6)
        np.testing.assert_array_equal(a, c)
