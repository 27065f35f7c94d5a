"""Sequential: the list of layers, its parameters, its summary, its configs."""

import numpy as np
import pytest

import minikeras
from minikeras import Sequential, config, layers
from minikeras.calls import Pass

from ..gradients import CENTRAL, COMPLEX_STEP, central, complex_numbers, complex_step, norm_relative


def article_model(floatx="float32", hidden=(300, 100), side=28):
    with config.using(floatx=floatx):
        model = Sequential(
            [
                layers.Flatten(input_shape=[side, side]),
                *(layers.Dense(n, activation="relu") for n in hidden),
                layers.Dense(10, activation="softmax"),
            ]
        )
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
    return model


def test_shapes_counts_and_names():
    config.clear_session()
    model = article_model()
    assert [layer.name for layer in model.layers] == ["flatten", "dense", "dense_1", "dense_2"]
    assert model.count_params() == 266_610
    assert (model.input_shape, model.output_shape) == ((None, 28, 28), (None, 10))
    assert [w.path for w in model.weights][:2] == ["sequential/dense/kernel", "sequential/dense/bias"]
    assert [w.shape for w in model.get_weights()] == [
        (784, 300),
        (300,),
        (300, 100),
        (100,),
        (100, 10),
        (10,),
    ]
    assert model.get_layer("dense_1") is model.get_layer(index=2)
    with pytest.raises(ValueError, match="Did you mean 'dense_1'"):
        model.get_layer("dens_1")
    with pytest.raises(ValueError, match="index 9"):
        model.get_layer(index=9)


def test_gradients_of_the_articles_model_by_complex_step_and_differences():
    """A small copy of the article's model; every parameter and dX."""
    rng = np.random.default_rng(3)
    minikeras.utils.set_random_seed(3)  # keeps every ReLU away from its kink
    model = article_model("float64", hidden=(5, 4), side=3)
    x, y = rng.random((7, 3, 3)), rng.integers(0, 10, 7)
    _, gradients = model.compute_gradients(x, y)
    over = Pass(record=True)
    over.live.add(id(x))
    loss, _ = model._head.forward(model, x, y, over=over)
    gradients["dX"] = np.array(model._head.backward())

    def cross_entropy(inputs):
        """An independent loss: −mean log p[label]."""
        return -np.log(model(inputs)[np.arange(7), y]).mean()

    assert loss == pytest.approx(cross_entropy(x), rel=1e-14)
    for name, array in [("dX", x), *((p.path, p.value) for p in model.weights)]:
        assert norm_relative(gradients[name], central(lambda: cross_entropy(x), array)) < CENTRAL, name
    with complex_numbers(model, *model.layers):
        z = x.astype(complex)
        for name, array in [("dX", z), *((p.path, p.value) for p in model.weights)]:
            assert norm_relative(gradients[name], complex_step(lambda: cross_entropy(z), array)) < COMPLEX_STEP, name


def test_laws_of_the_gradient():
    rng = np.random.default_rng(0)
    model = article_model("float64", hidden=(6,), side=3)
    x, y = rng.random((8, 3, 3)), rng.integers(0, 10, 8)
    loss, gradients = model.compute_gradients(x, y)
    order = rng.permutation(8)
    for other in (
        model.compute_gradients(x[order], y[order]),
        model.compute_gradients(np.r_[x, x], np.r_[y, y]),
    ):
        assert other[0] == pytest.approx(loss, rel=1e-13)
        for path, gradient in gradients.items():
            assert norm_relative(other[1][path], gradient) < 1e-13, path
    dy = rng.normal(size=(8, 10))
    dx = []
    for cotangent in (dy, 3 * dy):
        model(x, record=True)
        dx.append(model.backward(cotangent))
    np.testing.assert_allclose(dx[1], 3 * dx[0], rtol=1e-12)


def test_add_pop_and_deferred_build():
    model = Sequential()
    model.add(layers.Dense(3))
    assert not model.built
    with pytest.raises(ValueError, match="isn't built"):
        model.count_params()
    assert model(np.ones((2, 4))).shape == (2, 3)
    model.add(layers.Dense(2))
    assert model(np.ones((2, 4))).shape == (2, 2)
    assert model.pop().units == 2
    assert model(np.ones((2, 4))).shape == (2, 3)
    built = Sequential([layers.Dense(3)])
    built.build((None, 5))
    assert built.weights[0].shape == (5, 3)


def test_bad_layers_are_refused():
    with pytest.raises(ValueError, match="Only instances of"):
        Sequential([3])
    with pytest.raises(ValueError, match="unique names"):
        Sequential([layers.Dense(1, name="a"), layers.Dense(1, name="a")])
    with pytest.raises(ValueError, match="Input has to come first"):
        Sequential([layers.Dense(1), layers.Input((3,))])
    with pytest.raises(ValueError, match="no layers"):
        Sequential().build((None, 3))


def test_frozen_layers_keep_their_weights():
    model = article_model(hidden=(4,), side=2)
    model.layers[1].trainable = False
    frozen = model.layers[1].get_weights()
    x, y = np.random.default_rng(0).random((20, 2, 2)), np.arange(20) % 10
    top = model.layers[2].get_weights()
    model.fit(x, y, verbose=0)
    np.testing.assert_array_equal(model.layers[1].get_weights()[0], frozen[0])
    assert not np.array_equal(model.layers[2].get_weights()[0], top[0])
    assert len(model.compute_gradients(x, y)[1]) == 2


def test_config_round_trip():
    model = article_model()
    again = Sequential.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    again.set_weights(model.get_weights())
    x = np.random.default_rng(0).random((3, 28, 28))
    np.testing.assert_array_equal(model(x), again(x))


@pytest.mark.keras
def test_summary_and_config_are_keras_own():
    keras = pytest.importorskip("keras")
    printed = []
    for library in (keras, minikeras):
        library.utils.clear_session()
        model = library.Sequential(
            [
                library.layers.Input((28, 28)),
                library.layers.Flatten(),
                library.layers.Dense(300, activation="relu"),
                library.layers.Dense(10, activation="softmax", kernel_initializer="he_normal"),
            ]
        )
        lines = []
        model.summary(print_fn=lambda text, lines=lines, **_: lines.append(text), line_length=78)
        import json

        printed.append(("\n".join(lines).strip(), json.loads(json.dumps(model.get_config()))))
    assert printed[0][1] == printed[1][1]
    assert printed[0][0] == printed[1][0]
