"""Custom layers: defaults of ``training``, masks, names of weights, specs of inputs, and what is refused."""

import subprocess
import sys

import numpy as np
import pytest

import minikeras as keras
from minikeras import Input, Model, layers, ops

X = np.array([[1.0, 2.0, 0.0, 4.0]])


class Doubling(layers.Layer):
    """Twice x while training, which it is unless told otherwise."""

    def call(self, x, training=True):
        return x * 2 if training else x


def test_without_a_word_on_training_the_default_of_the_signature_counts():
    x = Input((4,))
    model = Model(x, Doubling()(x))
    model.compile("sgd", "mse", metrics=["mae"])
    np.testing.assert_array_equal(Doubling()(X), 2 * X)
    np.testing.assert_array_equal(model(X), 2 * X)
    np.testing.assert_array_equal(model(X, training=False), X)
    np.testing.assert_array_equal(model.predict(X, verbose=0), X)
    np.testing.assert_array_equal(model.predict_on_batch(X), X)
    assert model.evaluate(X, X, verbose=0) == [0, 0]


def test_a_layer_around_gives_its_default_to_the_layers_inside():
    class Around(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = Doubling()

        def call(self, x, training=False):
            return self.inner(x)

    np.testing.assert_array_equal(Around()(X), X)
    np.testing.assert_array_equal(Around()(X, training=True), 2 * X)


def test_a_mask_of_a_layer_that_says_nothing_about_support_is_passed_on():
    class Nonzero(layers.Layer):
        def compute_mask(self, x, mask=None):
            return ops.any(ops.not_equal(x, 0), axis=-1)

        def call(self, x):
            return x * 1.0

    x = np.random.default_rng(0).normal(size=(2, 5, 4))
    x[0, 3:] = 0
    np.testing.assert_array_equal(Nonzero()(x)._keras_mask, [[True] * 3 + [False] * 2, [True] * 5])
    symbol = Input((5, 4))
    lstm = layers.LSTM(2)
    model, by_hand = Model(symbol, lstm(Nonzero()(symbol))), lstm(x[:1, :3])
    np.testing.assert_allclose(model.predict(x, verbose=0)[:1], by_hand, rtol=1e-6)


def test_weights_without_names_have_different_paths():
    class Two(layers.Layer):
        def build(self, input_shape):
            self.a = self.add_weight(shape=(4,), initializer="ones")
            self.b = self.add_weight(shape=(4,), initializer="zeros")

        def call(self, x):
            return x * self.a + self.b

    model = keras.Sequential([Two(name="two"), layers.Dense(1)])
    model.compile("sgd", "mse")
    _, gradients = model.compute_gradients(X, [[1.0]])
    assert len(gradients) == len(model.trainable_weights) == 4


def test_a_weight_made_in_call_is_refused():
    class Forgetful(layers.Layer):
        def call(self, x):
            return x * self.add_weight(shape=(4,), initializer="ones")

    x = Input((4,))
    for act in (lambda: Forgetful()(X), lambda: Forgetful()(x)):
        with pytest.raises(ValueError, match=r"cannot add new elements.*'forgetful.*\(Forgetful\).*build"):
            act()


def test_a_layer_with_weights_made_in_call_is_refused():
    class Attribute(layers.Layer):
        def call(self, x):
            self.dense = layers.Dense(2)
            return self.dense(x)

    class Loose(Model):
        def call(self, x):
            return layers.Dense(2)(layers.add([x, x]))

    model = Loose()
    model.compile("sgd", "mse")
    for act in (lambda: Attribute()(X), lambda: model(X), lambda: model.fit(X, [[1.0, 2.0]], verbose=0)):
        with pytest.raises(ValueError, match=r"makes the layer 'dense.*\(Dense\).*__init__"):
            act()


def test_a_layer_without_weights_may_be_made_in_call():
    class Sums(layers.Layer):
        def call(self, x):
            return layers.add([x, layers.Activation("relu")(x)])

    np.testing.assert_array_equal(Sums()(X), 2 * X)


def test_a_subclass_may_add_weights_after_the_build_of_its_base():
    class More(layers.Dense):
        def build(self, input_shape):
            super().build(input_shape)
            self.factor = self.add_weight(initializer="ones")

        def call(self, x):
            return super().call(x) * self.factor

    layer = More(2)
    assert layer(X).shape == (1, 2)
    assert len(layer.weights) == 3


@pytest.mark.parametrize("base", [layers.Layer, Model])
def test_a_forgotten_super_init_is_named(base):
    class Hasty(base):
        def __init__(self):
            self.inner = layers.Dense(2)

        def call(self, x):
            return self.inner(x)

    with pytest.raises(RuntimeError, match=r"'Hasty'.*super\(\).__init__\(\)"):
        Hasty()(X)


def test_add_metric_is_named_as_removed():
    class Measured(layers.Layer):
        def call(self, x):
            self.add_metric(ops.sum(x), name="sum")
            return x

    with pytest.raises(NotImplementedError, match="metrics="):
        Measured()(X)


@pytest.mark.parametrize("layer", [layers.MultiHeadAttention(2, 3), layers.Attention()])
def test_attention_scores_are_outputs_of_a_graph(layer):
    x = np.random.default_rng(0).normal(size=(2, 5, 4))
    symbol = Input((5, 4))
    given = ([symbol, symbol],) if isinstance(layer, layers.Attention) else (symbol, symbol)
    y, p = layer(*given, return_attention_scores=True, use_causal_mask=True)
    shown = Model(symbol, [y, p]).predict(x, verbose=0)
    assert [a.shape for a in shown] == [(2, *y.shape[1:]), (2, *p.shape[1:])]
    np.testing.assert_allclose(shown[1].sum(axis=-1), 1, rtol=1e-6)


SPECS = [
    ({"ndim": 3}, "expected ndim=3, found ndim=2"),
    ({"min_ndim": 3}, "expected min_ndim=3"),
    ({"max_ndim": 1}, "expected max_ndim=1"),
    ({"axes": {-1: 5}}, "expected axis -1 of input shape to have value 5"),
    ({"shape": (None, 5)}, r"expected shape=\(None, 5\)"),
    ({"dtype": "int32"}, "expected dtype=int32"),
]


@pytest.mark.parametrize(("spec", "message"), SPECS)
def test_an_input_that_is_not_as_the_spec_says_is_refused(spec, message):
    layer = Doubling(name="layer")
    layer.input_spec = layers.InputSpec(**spec)
    for x in (X, Input((4,)), np.asarray(X).tolist()):
        with pytest.raises(ValueError, match=rf"Input 0 of layer 'layer' is incompatible.*{message}"):
            layer(x)


def test_specs_of_several_inputs_are_checked_in_their_order_or_by_name():
    layer = layers.Add(name="add")
    layer.input_spec = [layers.InputSpec(ndim=2, name="a"), layers.InputSpec(ndim=2, shape=(None, 4), name="b")]
    np.testing.assert_array_equal(layer([X, X]), 2 * X)
    with pytest.raises(ValueError, match="Input 1 of layer 'add'"):
        layer([X, X[:, :3]])
    with pytest.raises(ValueError, match=r"expects 2 input\(s\), but it received 3"):
        layer([X, X, X])


def test_names_of_keras_are_there_before_anything_else_is_loaded():
    program = """
import minikeras as keras
print(keras.random.normal((2,), seed=1).shape, keras.Loss.__name__, keras.Metric.__name__, keras.InputSpec.__name__)
"""
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.split() == ["(2,)", "Loss", "Metric", "InputSpec"]


class Times(layers.Layer):
    def __init__(self, factor, shift=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor, self.shift = factor, shift

    def call(self, x):
        return x * self.factor + self.shift


def test_a_layer_without_get_config_has_the_constructor_s_arguments_in_it(tmp_path):
    config = Times(3, name="times").get_config()
    assert config["factor"], config["shift"] == (3, 1.0)
    model = keras.Sequential([Input((4,)), Times(3, shift=2.0)])
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras", custom_objects={"Times": Times})
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), 3 * X + 2)
    with pytest.raises(NotImplementedError, match=r"Times.*get_config"):
        Times(np.ones(4)).get_config()
    with pytest.raises(NotImplementedError, match=r"Times.*get_config"):
        keras.Sequential([Input((4,)), Times(np.ones(4))]).save(tmp_path / "n.keras")


def test_the_first_argument_may_be_given_by_keras_s_name():
    dense = layers.Dense(2)
    np.testing.assert_array_equal(dense(inputs=X), dense(X))
    assert dense(inputs=Input((4,))).shape == (None, 2)


def test_mixed_precision_is_named():
    with pytest.raises(ValueError, match="no mixed precision"):
        layers.Dense(2, dtype="mixed_float16")


def test_a_layer_inside_itself_is_named():
    class Child(layers.Layer):
        def __init__(self, parent):
            super().__init__(name="child")
            self.parent = parent

        def call(self, x):
            return x

    class Parent(Model):
        def __init__(self):
            super().__init__(name="parent")
            self.child = Child(self)

        def call(self, x):
            return self.child(x)

    model = Parent()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"'(parent|child)' is inside itself"):
        model.fit(np.ones((3, 2)), np.ones((3, 2)), verbose=0)
