"""Models made of symbols: their gradients, structure, configs and copies; and what is refused."""

import copy
import json
import pickle

import numpy as np
import pytest

import minikeras as keras
from minikeras import Functional, Input, Model, Sequential, config, layers
from minikeras.graph import Node
from minikeras.layers.within import everyone
from minikeras.models import clone_model
from minikeras.structures import flat, pack
from minikeras.tensor import KerasTensor

from ..gradients import COMPLEX_STEP, complex_numbers, complex_step, norm_relative
from .random_graphs import Halves, Product, Raised, Twice, kit_of, random_arrays, random_model


def gradients(model, arrays, rng):
    """The outputs' weights u, and the gradients of Σ ⟨u, y⟩ by the model's backward."""
    outputs = model(arrays, record=True)
    u = [rng.normal(size=y.shape) for y in flat(outputs)]
    dx = flat(model.backward(pack(outputs, u)))
    found = {p.path + str(i): p.grad.copy() for i, p in enumerate(model.weights)}
    for i, (x, gradient) in enumerate(zip(arrays, dx, strict=True)):
        found[f"dx{i}"] = np.zeros_like(x) if gradient is None else gradient
    return u, found


def check_gradients(seed):
    rng = np.random.default_rng(seed)
    with config.using(floatx="float64"):
        model = random_model(rng)
    arrays = random_arrays(model, rng, rows=2)
    u, found = gradients(model, arrays, rng)
    with complex_numbers(*everyone(model)):
        arrays = [x.astype(complex) for x in arrays]

        def loss():
            return sum((a * y).sum() for a, y in zip(u, flat(model(arrays)), strict=True))

        at = [(p.path + str(i), p.value) for i, p in enumerate(model.weights)]
        for name, array in [*at, *((f"dx{i}", x) for i, x in enumerate(arrays))]:
            assert norm_relative(found[name], complex_step(loss, array)) < COMPLEX_STEP, (seed, name)


@pytest.mark.parametrize("seed", range(40))
def test_gradients_of_random_graphs_by_the_complex_step(seed):
    check_gradients(seed)


@pytest.mark.slow
def test_gradients_of_a_thousand_random_graphs_by_the_complex_step():
    for seed in range(1000, 2000):
        check_gradients(seed)


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


@pytest.mark.parametrize("seed", range(12))
def test_copies_configs_and_clones_of_random_graphs_compute_the_same(seed):
    rng = np.random.default_rng(seed)
    model = random_model(rng)
    arrays = random_arrays(model, rng)
    expected = flat(model(arrays))
    custom = {c.__name__: c for c in (Product, Raised, Halves, Twice)}
    described = json.loads(json.dumps(model.get_config()))
    others = [
        pickle.loads(pickle.dumps(model)),
        copy.deepcopy(model),
        clone_model(model),
        clone_model(model, recursive=True),
        Functional.from_config(described, custom),
    ]
    for other in others:
        assert [layer.name for layer in other.layers] == [layer.name for layer in model.layers]
        other.set_weights(model.get_weights())
        for a, b in zip(flat(other(arrays)), expected, strict=True):
            np.testing.assert_array_equal(a, b)
        assert not {id(p) for p in other.weights} & {id(p) for p in model.weights}
    assert json.loads(json.dumps(others[-1].get_config())) == described
    same = clone_model(model, clone_function=lambda layer: layer)
    assert [id(p) for p in same.weights] == [id(p) for p in model.weights]


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


@pytest.mark.keras
def test_random_graphs_are_kerass(keras64):
    """Layers in their order, configs, outputs and gradients."""
    theirs = keras64
    if theirs.backend.backend() != "tensorflow":
        pytest.skip("gradients are taken by TensorFlow's tape")
    import tensorflow as tf

    names = [[x.name for x in with_a_shared_layer_at_two_depths(library).layers] for library in (theirs, keras)]
    assert names[0] == names[1]
    kit = kit_of(theirs)
    for seed in range(4):
        theirs.utils.clear_session()
        config.clear_session()
        rng = np.random.default_rng(seed)
        model = random_model(np.random.default_rng(seed))
        arrays = random_arrays(model, rng)
        other = random_model(np.random.default_rng(seed), kit)
        assert [layer.name for layer in other.layers] == [layer.name for layer in model.layers]
        other.set_weights(model.get_weights())
        u, found = gradients(model, arrays, rng)
        tensors = [tf.convert_to_tensor(x) for x in arrays]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            outputs = flat(other(tensors))
            loss = sum(tf.reduce_sum(a * y) for a, y in zip(u, outputs, strict=True))
        for a, b in zip(outputs, flat(model(arrays)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
        exact = tape.gradient(loss, [*(w.value for w in other.weights), *tensors])
        for (name, gradient), b in zip(found.items(), exact, strict=True):
            b = np.zeros_like(gradient) if b is None else b.numpy()
            assert norm_relative(gradient, b) < 1e-12, (seed, name)


def test_a_layer_called_with_training_false_keeps_its_statistics_in_fit():
    base = Sequential([Input((3,)), layers.BatchNormalization()])
    x = Input((3,))
    model = Model(x, layers.Dense(1)(base(x, training=False)))
    model.compile("sgd", "mse")
    before = base.get_weights()[2:]
    model.fit(np.random.default_rng(0).normal(3, 2, (8, 3)), np.zeros((8, 1)), verbose=0)
    for now, then in zip(base.get_weights()[2:], before, strict=True):
        assert (now == then).all()
