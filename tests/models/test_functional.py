"""Models made of symbols: their gradients, structure, configs and copies; and what is refused."""

import json
import pickle

import numpy as np
import pytest

import minikeras as keras
from minikeras import Functional, Input, Model, Sequential, config, layers
from minikeras.graph import Node
from minikeras.tensor import KerasTensor

from .random_graphs import Product, Raised


def test_a_worked_example_of_a_shared_layer_and_a_branch():
    """y = w x + (w x)(w x): dx = (1 + 2 w x) w, dw = (1 + 2 w x) x."""
    x = Input((1,), dtype="float64")
    times = layers.Dense(1, use_bias=False, dtype="float64")
    h = times(x)
    model = Model(x, Raised(dtype="float64")(h, by=Product(dtype="float64")(times(x), h)))
    times.set_weights([[[3.0]]])
    np.testing.assert_array_equal(model(np.array([[2.0]]), record=True), [[6 + 36]])
    np.testing.assert_array_equal(model.backward(np.array([[1.0]])), [[13 * 3.0]])
    np.testing.assert_array_equal(times.kernel.grad, [[13 * 2.0]])


def test_a_copy_of_a_long_chain_is_no_deep_recursion():
    x = y = Input((1,))
    for _ in range(1500):
        y = layers.Activation("linear")(y)
    assert len(pickle.loads(pickle.dumps(Model(x, y))).layers) == 1501


def test_inputs_by_list_tuple_name_and_of_one():
    a, b = Input((2,), name="a"), Input((2,), name="b")
    x, y = np.float32([[1, 2]]), np.float32([[3, 4]])
    product = [[3, 8]]
    for model in (Model([a, b], Product()(a, b)), Model({"a": a, "b": b}, Product()(a, b))):
        for given in ([x, y], (x, y), {"b": y, "a": x}, {"a": x.tolist(), "b": y, "more": 0}):
            np.testing.assert_array_equal(model(given), product)
    one = Model(a, Product()(a, a))
    for given in (x, [x], {"a": x}, x.tolist(), x.astype(int), np.float64(x)):
        result = one(given)
        assert result.dtype == np.float32
        np.testing.assert_array_equal(result, [[1, 4]])
    assert isinstance(Model([a], {"y": Product()(a, a)})(x), dict)
    assert Model([a], [Product()(a, a)])(x).shape == (1, 2)
    assert len(Model(a, [Product()(a, a), a])(x)) == 2


def test_inputs_are_cast_to_the_dtype_of_each_input():
    seen = []

    class Seen(layers.Layer):
        def call(self, x, y):
            seen[:] = [x.dtype, y.dtype]
            return x

        def backward(self, dy):
            return dy, None

    a, b = Input((1,)), Input((1,), dtype="int32")
    model = Model([a, b], Seen()(a, b))
    model([np.ones((1, 1), int), np.ones((1, 1))])
    assert seen == [np.float32, np.int32]


def test_structure_is_kerass():
    config.clear_session()
    x = Input((3,), name="x")
    first = layers.Dense(4, name="first")
    h = first(x)
    model = Model(inputs=x, outputs=layers.Dense(2, "softmax", name="second")(h), name="small")
    assert isinstance(model, Functional)
    assert isinstance(model, Model)
    assert (model.input_shape, model.output_shape) == ((None, 3), (None, 2))
    assert [layer.name for layer in model.layers] == ["x", "first", "second"]
    assert model.input is x
    assert model.inputs == [x]
    assert model.output is model.outputs[0]
    assert first.input is x
    assert first.output is h
    assert (h.shape, h.dtype, h.ndim) == ((None, 4), "float32", 2)
    assert h._keras_history == (first, 0, 0)
    assert [p.path for p in model.weights] == ["first/kernel", "first/bias", "second/kernel", "second/bias"]
    features = Model(model.input, model.get_layer("first").output)
    data = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(features(data), first(data))
    top = Model(h, model.output)
    np.testing.assert_array_equal(top(first(data)), model(data))
    assert model.last_layer.name == "second"
    assert top.last_layer.name == "second"
    with pytest.raises(AttributeError, match="never been called"):
        _ = layers.Dense(2).output


def with_a_shared_layer_at_two_depths(library):
    a, b = (library.Input((2,), name=name) for name in "ab")
    shared, top = (library.layers.Dense(2, name=name) for name in ("shared", "top"))
    return library.Model([a, b], [shared(b), top(shared(a))])


def test_layers_are_ordered_by_their_largest_depth():
    model = with_a_shared_layer_at_two_depths(keras)
    assert [layer.name for layer in model.layers] == ["b", "a", "shared", "top"]


def test_sequential_is_a_model_with_symbols():
    model = Sequential([Input((3,)), layers.Dense(4)])
    model.add(layers.Dense(2))
    assert model.layers[1].input is model.layers[0].output
    assert model.layers[1].output is model.output
    x = Input((3,))
    whole = Model(x, model(x))
    assert whole.output_shape == (None, 2)
    assert whole.layers[1] is model
    features = Model(model.inputs, [layer.output for layer in model.layers])
    data = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(features(data)[1], model(data))
    model.pop()
    assert model.output_shape == (None, 4)
    assert len(model.layers) == 1
    late = Sequential([layers.Dense(2)])
    with pytest.raises(AttributeError, match="no defined inputs"):
        _ = late.inputs
    late(data)
    assert late.inputs[0].shape == (None, 3)
    with_function = Sequential([Model(x, layers.Dense(2)(x)), layers.Dense(4)])
    assert with_function.built
    assert with_function.input_shape == (None, 3)
    assert with_function(data).shape == (2, 4)


def test_the_last_layer_is_called_once_and_used_nowhere_else():
    x = Input((2,))
    dense = layers.Dense(2, "softmax")
    assert Model(x, dense(dense(x))).last_layer is None
    other = layers.Dense(2, "softmax")
    y = other(x)
    assert Model(x, y).last_layer is other
    assert Model(x, [y, other.output]).last_layer is None
    both = Model(x, [y, layers.Dense(1)(y)])
    assert both.maker_of(both.outputs[0]) is None
    assert both.maker_of(both.outputs[1]) is both.layers[-1]
    inner = Model(x, y)
    outer_input = Input((2,))
    assert Model(outer_input, inner(outer_input)).last_layer is other
    assert Model(outer_input, Product()(other(outer_input), inner(outer_input))).last_layer.name.startswith("product")
    tied = Model(outer_input, inner(other(outer_input)))
    tied.compile("sgd", "categorical_crossentropy")
    tied.train_on_batch(np.ones((3, 2)), np.eye(2)[[0, 1, 1]])
    assert not tied._head.fused  # softmax inside of the model is one more call of the last layer


def test_subclasses_define_call_or_pass_symbols():
    class Own(Model):
        def __init__(self, units):
            super().__init__()
            self.parts = [layers.Dense(units, "tanh"), {"top": layers.Dense(1)}]

        def call(self, x):
            return self.parts[1]["top"](self.parts[0](x))

    class Symbols(Model):
        def __init__(self, units=3):
            x = Input((2,))
            super().__init__(x, layers.Dense(units)(x), name="symbols")
            self.units = units

    own = Own(3)
    assert own.layers == [own.parts[0], own.parts[1]["top"]]
    assert not isinstance(own, Functional)
    own.compile("sgd", "mse")
    data, target = np.random.default_rng(0).normal(size=(2, 20, 2)).astype(np.float32)
    history = own.fit(data, target[:, :1], epochs=3, verbose=0).history["loss"]
    assert history[-1] < history[0]
    assert own.predict(data, verbose=0).shape == (20, 1)
    built = Own(2)
    built.build((None, 5))
    assert built.count_params() == 12 + 3
    symbols = Symbols()
    assert symbols.output_shape == (None, 3)
    assert symbols(data).shape == (20, 3)
    assert symbols.name == "symbols"

    class Doubled(Symbols):
        def call(self, inputs, training=None):
            return super().call(inputs, training=training)

    assert Doubled()(data).shape == (20, 3)
    with pytest.raises(NotImplementedError, match="call"):
        Model()(data)


def test_models_written_in_both_ways_train_to_the_same_bytes():
    x, y = np.random.default_rng(0).random((96, 6, 6), np.float32), np.arange(96) % 10
    found = []
    for functional in (False, True):
        keras.utils.set_random_seed(3)
        inputs = Input((6, 6))
        parts = [layers.Flatten(), layers.Dense(30, "relu"), layers.Dropout(0.2), layers.Dense(10, "softmax")]
        if functional:
            outputs = inputs
            for layer in parts:
                outputs = layer(outputs)
            model = Model(inputs, outputs)
        else:
            model = Sequential([inputs, *parts])
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(x, y, epochs=2, verbose=0).history
        assert model._head.fused
        found.append([*(w.tobytes() for w in model.get_weights()), str(history)])
    assert found[0] == found[1]


def test_several_inputs_that_do_not_fit_are_named():
    a, b = Input((2,), name="a"), Input((3,), name="b")
    model = Model([a, b], [layers.Dense(1)(a), layers.Dense(1)(b)], name="pair")
    x, y = np.ones((4, 2)), np.ones((4, 3))
    for given, message in [
        ([x], "'pair' expects 2 input"),
        ([x, y, y], "received 3"),
        ({"a": x, "c": y}, "missing: .'b'."),
        ([y, x], r"Input 'a' of model 'pair'.*expected shape=\(None, 2\), found shape=\(4, 3\)"),
        ([np.array([["u", "v"]]), y], "Input 'a' of model 'pair' must be numbers"),
    ]:
        with pytest.raises(ValueError, match=message):
            model(given)
    with pytest.raises(ValueError, match="expected shape"):
        model([Input((5,)), b])
    with pytest.raises(ValueError, match=r"keys \['b', 'a'\]"):
        Model({"b": b, "a": a}, layers.Dense(1)(a))([y, x])


def test_graphs_that_cannot_be_run_are_refused():
    a, b = Input((2,), name="a"), Input((2,), name="b")
    y = layers.Dense(1)(b)
    for inputs, outputs, message in [
        (a, y, "Graph disconnected.*'b'"),
        (a, Product()(a, b), "Graph disconnected"),
        (a, KerasTensor((None, 1)), "not connected"),
        (a, np.ones(3), "must be KerasTensors"),
        (3, y, "must be KerasTensors"),
        ([], y, "must be KerasTensors"),
        ([b, b], y, "only appear once"),
        ([a, b], Product()(layers.Dense(1, name="d")(a), layers.Dense(1, name="d")(b)), '"d" is used 2 times'),
    ]:
        with pytest.raises(ValueError, match=message):
            Model(inputs, outputs)
    first, second = layers.Activation("relu"), layers.Activation("relu")
    looped = second(first(a))
    Node(first, (looped,), {}, first.output)
    with pytest.raises(ValueError, match="cycle"):
        Model(a, looped)


def test_training_may_be_given_by_position_and_inputs_by_their_name():
    x = Input((50,))
    model = Model(x, layers.Dropout(0.5)(x))
    data = np.ones((1, 50), np.float32)
    assert (model(data, True) == 0).any()
    assert (layers.Dropout(0.5)(data, True) == 0).any()
    np.testing.assert_array_equal(model(inputs=data), data)
    np.testing.assert_array_equal(model(data, False), data)
    with pytest.warns(UserWarning, match="not the names"):
        Model({"z": x}, model(x))


def test_json_and_masks_of_models():
    x = Input((2,), name="x")
    model = Model(x, layers.Dense(2, name="y")(x), name="small")
    again = keras.models.model_from_json(model.to_json())
    assert again.get_config() == model.get_config()
    with pytest.raises(ValueError, match="no model"):
        keras.models.model_from_json(json.dumps(layers.serialize(layers.Dense(2))))
    masks = []

    class Seen(layers.Layer):
        def call(self, x, mask=None):
            masks.append(mask)
            return x

        def backward(self, dy):
            return dy

        def compute_output_shape(self, input_shape):
            return input_shape

    data, mask = np.ones((2, 2), np.float32), np.array([[True, False]] * 2)
    for seen in (Model(x, Seen()(x)), Sequential([Input((2,)), Seen()])):
        seen(data, mask=mask)
    assert all(found is mask for found in masks)


def test_a_subclass_may_have_attributes_that_models_of_symbols_have():
    class Own(Model):
        def __init__(self):
            super().__init__()
            self.inputs, self.output_shape = layers.Dense(2), 3

        def call(self, x):
            return self.inputs(x)

    assert Own()(np.ones((1, 3))).shape == (1, 2)
    with pytest.raises(ValueError, match="input_shape"):
        Own().build()


def test_a_layer_called_with_training_false_keeps_its_statistics_in_fit():
    base = Sequential([Input((3,)), layers.BatchNormalization()])
    x = Input((3,))
    model = Model(x, layers.Dense(1)(base(x, training=False)))
    model.compile("sgd", "mse")
    before = base.get_weights()[2:]
    model.fit(np.random.default_rng(0).normal(3, 2, (8, 3)), np.zeros((8, 1)), verbose=0)
    for now, then in zip(base.get_weights()[2:], before, strict=True):
        assert (now == then).all()
