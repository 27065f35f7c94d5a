"""Files and models go between minikeras and live Keras, both ways, and training goes on."""

import json

import numpy as np
import pytest

import minikeras
from minikeras import saving

from .models import X, assert_same, plain, stack, state, step

pytestmark = pytest.mark.keras


DIRECTIONS = ["keras to minikeras", "minikeras to keras"]


def both_ways(direction, keras):
    if direction == DIRECTIONS[0]:
        return keras, minikeras, saving.load_model, saving.from_keras
    return minikeras, keras, keras.models.load_model, saving.to_keras


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_model_goes_over_with_its_optimizer_and_trains_on(direction, momentum, keras64, tmp_path):
    library, _, load, convert = both_ways(direction, keras64)
    model = stack(library, momentum)
    step(model, 2)
    path = str(tmp_path / "m.keras")
    model.save(path)
    others = [load(path), convert(model)]
    for other in others:
        assert_same(model, other)
        np.testing.assert_allclose(np.asarray(model(X)), np.asarray(other(X)), rtol=1e-13)
    step(model)
    for other in others:
        step(other)
        for p, q in zip(state(model), state(other), strict=True):
            np.testing.assert_allclose(p, q, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_weights_alone_go_over(direction, keras64, tmp_path):
    library, target, *_ = both_ways(direction, keras64)
    model, other = stack(library), stack(target)
    step(model, 2)
    step(other, 1)
    path = str(tmp_path / "m.weights.h5")
    model.save_weights(path)
    other.load_weights(path)
    assert_same(model, other)


def test_there_and_back_changes_neither_bits_nor_config(keras64, tmp_path):
    keras = keras64
    first, middle, last = (str(tmp_path / name) for name in ("1.keras", "2.keras", "3.keras"))
    model = stack(keras)
    step(model)
    model.save(first)
    saving.load_model(first).save(middle)
    back = keras.models.load_model(middle)
    back.save(last)
    assert_same(model, back)
    assert plain(json.loads(model.to_json())) == plain(json.loads(back.to_json()))
    ours, again = saving.load_model(middle), saving.load_model(last)
    assert_same(ours, again)
    assert plain(json.loads(json.dumps(ours.get_config()))) == plain(json.loads(json.dumps(again.get_config())))


def test_a_scheduled_rate_a_loss_object_and_metric_objects_go_over(keras64, tmp_path):
    keras = keras64

    def compiled(library):
        model = stack(library, compiled=False)
        rate = library.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)
        model.compile(
            optimizer=library.optimizers.SGD(rate, momentum=0.5, clipnorm=1.0),
            loss=library.losses.SparseCategoricalCrossentropy(),
            metrics=[library.metrics.SparseCategoricalAccuracy(name="right")],
        )
        step(model, 2)
        return model

    theirs, ours = compiled(keras), compiled(minikeras)
    a, b = str(tmp_path / "a.keras"), str(tmp_path / "b.keras")
    theirs.save(a)
    ours.save(b)
    for model, other in ((theirs, saving.load_model(a)), (ours, keras.models.load_model(b))):
        assert_same(model, other)
        step(model)
        step(other)
        for p, q in zip(state(model), state(other), strict=True):
            np.testing.assert_allclose(p, q, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("given", ["an object", "a config"])
def test_a_loss_s_mode_comes_back_and_does_not_trouble_keras(given, keras64, tmp_path):
    model = stack(minikeras, compiled=False)
    loss = minikeras.losses.SparseCategoricalCrossentropy(mode="clipped", ignore_class=2)
    model.compile("sgd", loss if given == "an object" else minikeras.losses.serialize(loss))
    step(model)
    path = str(tmp_path / "m.keras")
    model.save(path)
    assert saving.load_model(path)._compiled_loss.mode == "clipped"
    for theirs in (keras64.models.load_model(path), saving.to_keras(model)):
        assert theirs.loss.ignore_class == 2
        assert_same(model, theirs)
        theirs.save(str(tmp_path / "back.keras"))
        assert saving.load_model(tmp_path / "back.keras")._compiled_loss.mode == "logits"  # Keras has no modes


def test_saved_before_the_first_step(keras64, tmp_path):
    """Keras then has only the optimizer's iteration and learning rate in the file."""
    model = stack(keras64)
    model.save(str(tmp_path / "m.keras"))
    other = saving.load_model(tmp_path / "m.keras")
    step(model)
    step(other)
    for p, q in zip(state(model), state(other), strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-12, atol=1e-14)


def test_every_layer_goes_over(keras64, tmp_path):
    keras = keras64
    for library, load in ((keras, saving.load_model), (minikeras, keras.models.load_model)):
        layers = library.layers
        model = library.Sequential(
            [
                library.Input((2, 3)),
                layers.Flatten(),
                layers.Dense(4, use_bias=False),
                layers.ReLU(max_value=6.0),
                layers.Dense(4),
                layers.LeakyReLU(negative_slope=0.25),
                layers.ELU(alpha=0.5),
                layers.Activation("tanh"),
                layers.Dropout(0.25, seed=3),
                layers.Dense(3),
                layers.Softmax(),
            ]
        )
        path = str(tmp_path / "m.keras")
        model.save(path)
        other = load(path)
        x = X.reshape(8, 2, 3)
        np.testing.assert_allclose(np.asarray(model(x)), np.asarray(other(x)), rtol=1e-13)
        one, two = model.get_config(), other.get_config()
        assert plain(json.loads(json.dumps(one))) == plain(json.loads(json.dumps(two)))


def test_a_layer_that_is_not_here_is_named_with_its_place(keras64, tmp_path):
    keras = keras64
    layer = keras.layers.ContrastLimitedAdaptiveHistogramEqualization
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Rescaling(0.1), layer(name="norm")])
    path = tmp_path / "m.keras"
    model.save(str(path))
    expected = r"layer 2, 'norm', is a 'ContrastLimitedAdaptiveHistogramEqualization'.*It has: Activation, .*Dense"
    with pytest.raises(minikeras.errors.UnsupportedError, match="m.keras: " + expected):
        saving.load_model(path)
    with pytest.raises(minikeras.errors.UnsupportedError, match=expected):
        saving.from_keras(model)


def test_functional_models_are_converted_both_ways(keras64):
    x = keras64.Input((6,))
    shared = keras64.layers.Dense(6, "relu")
    theirs = keras64.Model(x, keras64.layers.Add()([shared(shared(x)), x]))
    ours = saving.from_keras(theirs)
    back = saving.to_keras(ours)
    for model in (ours, back):
        np.testing.assert_allclose(np.asarray(model(X)), np.asarray(theirs(X)), rtol=1e-13)
        for p, q in zip(model.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(p, q)


def test_converted_models_share_no_memory(keras64):
    model = stack(minikeras)
    step(model)
    theirs = saving.to_keras(model)
    ours = saving.from_keras(theirs)
    before = state(theirs), state(ours)
    step(model)
    for p, q in zip(before[0], state(theirs), strict=True):
        np.testing.assert_array_equal(p, q)
    step(theirs)
    for p, q in zip(before[1], state(ours), strict=True):
        np.testing.assert_array_equal(p, q)
