"""Custom objects by name: scopes, registration, and configs of any object."""

import numpy as np
import pytest

import minikeras as k
from minikeras import saving
from minikeras.errors import UnsupportedError


@saving.register_keras_serializable("tests")
class Scale(k.layers.Layer):
    def __init__(self, by=2.0, **kwargs):
        super().__init__(**kwargs)
        self.by = by

    def build(self, input_shape):
        self.s = self.add_weight((input_shape[-1],), "ones", name="s")

    def call(self, x):
        return x * self.s * self.by

    def get_config(self):
        return {**super().get_config(), "by": self.by}


class Unknown(Scale):
    pass


def triple(x):
    return 3 * x


def drawn(model):
    model.set_weights([np.random.default_rng(1).normal(size=w.shape) for w in model.get_weights()])
    return model


def test_a_registered_layer_is_found_again_without_being_passed(tmp_path):
    x = k.Input((3,))
    model = drawn(k.Model(x, k.layers.TimeDistributed(Scale(3.0))(k.layers.Reshape((3, 1))(Scale(0.5)(x)))))
    model.save(tmp_path / "m.keras")
    other = saving.load_model(tmp_path / "m.keras")
    data = np.random.default_rng(2).normal(size=(4, 3)).astype("float32")
    np.testing.assert_array_equal(other(data), model(data))
    assert type(other.layers[1]) is Scale
    assert saving.get_registered_name(Scale) == "tests>Scale"
    assert saving.get_registered_object("tests>Scale") is Scale


@pytest.mark.parametrize("way", ["argument", "scope", "dictionary"])
def test_an_unregistered_layer_and_function_must_be_given(way, tmp_path):
    model = drawn(k.Sequential([k.Input((3,)), Unknown(), k.layers.Lambda(triple), k.layers.Dense(2)]))
    model.save(tmp_path / "m.keras")
    with pytest.raises(UnsupportedError):
        saving.load_model(tmp_path / "m.keras")
    given = {"Unknown": Unknown, "triple": triple}
    if way == "argument":
        other = saving.load_model(tmp_path / "m.keras", given)
    elif way == "scope":
        with k.utils.custom_object_scope(given):
            other = saving.load_model(tmp_path / "m.keras")
    else:
        saving.get_custom_objects().update(given)
        try:
            other = saving.load_model(tmp_path / "m.keras")
        finally:
            for name in given:
                del saving.get_custom_objects()[name]
    np.testing.assert_array_equal(other(np.eye(3)), model(np.eye(3)))


@pytest.mark.parametrize(
    "obj",
    [
        k.layers.Dense(3, name="d"),
        k.losses.Huber(0.5),
        k.metrics.MeanSquaredError(name="m"),
        k.optimizers.Adam(0.5),
        k.regularizers.L2(0.25),
        Scale(4.0, name="s"),
    ],
    ids=lambda o: type(o).__name__,
)
def test_any_object_goes_through_its_config(obj):
    tree = saving.serialize_keras_object(obj)
    other = saving.deserialize_keras_object(tree)
    assert type(other) is type(obj)
    assert other.get_config() == obj.get_config()


def test_plain_values_lists_and_arrays_go_through():
    values = {"a": [1, None, "x"], "b": (1, 2), "c": k.layers.Dense(2, name="d")}
    tree = saving.serialize_keras_object(values)
    other = saving.deserialize_keras_object(tree)
    assert other["a"] == [1, None, "x"]
    assert other["b"] == (1, 2)
    assert other["c"].units == 2


def test_an_unknown_class_and_bytecode_are_refused():
    for tree in (
        {"module": "os", "class_name": "system", "config": {}, "registered_name": None},
        {"class_name": "__lambda__", "config": {"value": "eA=="}},
        {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"},
    ):
        with pytest.raises(ValueError, match=r"system|code|nothing is imported"):
            saving.deserialize_keras_object(tree)


def test_the_state_of_another_optimizer_class_is_not_taken(tmp_path):
    def made(optimizer):
        model = k.Sequential([k.layers.Dense(2, input_shape=(3,))])
        model.compile(optimizer, "mse")
        model.fit(np.eye(3), np.eye(3)[:, :2], epochs=2, verbose=0)
        return model

    for name in ("w.weights.h5", "w.npz"):
        made(k.optimizers.SGD(0.1, momentum=0.9)).save_weights(tmp_path / name)
        other = made(k.optimizers.RMSprop(0.1))
        before = [v.numpy() for v in other.optimizer.variables]
        with pytest.warns(UserWarning, match=r"variables of SGD; the model's optimizer is RMSprop"):
            other.load_weights(tmp_path / name)
        for p, q in zip(before, other.optimizer.variables, strict=True):
            np.testing.assert_array_equal(p, q.value)


def test_a_vocabulary_is_an_asset(tmp_path):
    lookup = k.layers.IntegerLookup()
    lookup.adapt(np.array([3, 5, 5, 9]))
    model = k.Sequential([k.Input((1,), dtype="int64"), lookup])
    model.save(tmp_path / "m.keras")
    other = saving.load_model(tmp_path / "m.keras")
    data = np.array([[5], [9], [4]])
    np.testing.assert_array_equal(np.asarray(other(data)), np.asarray(model(data)))
