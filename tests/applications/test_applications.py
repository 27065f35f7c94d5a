"""The networks: shapes, arguments that do not fit, weights from files, and Keras's own networks."""

import json

import numpy as np
import pytest

import minikeras as keras
from minikeras import applications
from minikeras.applications import imagenet_utils

X = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3)).astype("float32")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": "nowhere.h5"}, "path to the weights file"),
        ({"weights": "imagenet", "classes": 10}, "should be 1000"),
        ({"weights": None, "input_shape": (31, 40, 3)}, "at least 32x32"),
        ({"weights": None, "input_shape": (40, 40)}, "three integers"),
        ({"weights": None, "input_shape": (None, None, 3)}, "static `input_shape`"),
        ({"weights": "imagenet", "include_top": False, "input_shape": (40, 40, 1)}, "3 channels"),
        ({"weights": "imagenet", "input_shape": (40, 40, 3)}, "should be"),
    ],
)
def test_arguments_that_do_not_fit_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        applications.MobileNetV2(**arguments)


def test_other_networks_are_refused_by_name():
    with pytest.raises(keras.errors.UnsupportedError, match="load_model"):
        applications.Xception()


def test_a_network_is_a_base_with_a_new_head_that_is_trained():
    base = applications.MobileNetV2(weights=None, include_top=False, input_shape=(32, 32, 3), alpha=0.35, pooling="avg")
    base.trainable = False
    model = keras.Sequential([keras.Input((32, 32, 3)), base, keras.layers.Dense(1)])
    model.compile("adam", "mse")
    before = [w.numpy() for w in base.weights]
    model.fit(X, np.array([0.0, 1.0]), epochs=2, verbose=0)
    assert len(model.trainable_weights) == 2
    for w, old in zip(base.weights, before, strict=True):
        np.testing.assert_array_equal(w.numpy(), old)


def test_predictions_get_names_from_the_cache(tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    names = {str(i): [f"n{i}", f"thing {i}"] for i in range(1000)}
    (tmp_path / "models" / "imagenet_class_index.json").write_text(json.dumps(names))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("minikeras.utils.file_utils.validate_file", lambda *a: True)
    imagenet_utils._class_index.cache_clear()
    scores = np.zeros((1, 1000))
    scores[0, [7, 3]] = 0.7, 0.3
    assert applications.vgg16.decode_predictions(scores, top=2) == [[("n7", "thing 7", 0.7), ("n3", "thing 3", 0.3)]]
    imagenet_utils._class_index.cache_clear()
    with pytest.raises(ValueError, match="samples, 1000"):
        imagenet_utils.decode_predictions(np.zeros((2, 10)))


@pytest.mark.keras
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("MobileNetV2", {"include_top": False, "pooling": "max", "alpha": 0.5}),
        ("MobileNetV2", {"classes": 7, "alpha": 1.3}),
        ("ResNet50", {"include_top": False, "pooling": "avg"}),
        pytest.param("ResNet50", {"classes": 5}, marks=pytest.mark.slow),
        ("VGG16", {"include_top": False}),
        pytest.param("VGG16", {"classes": 5}, marks=pytest.mark.slow),
        pytest.param("VGG19", {"include_top": False, "pooling": "avg"}, marks=pytest.mark.slow),
    ],
)
def test_a_network_is_keras_s_with_the_same_weights(name, arguments):
    real = pytest.importorskip("keras")
    arguments = {"weights": None, "input_shape": (32, 32, 3), **arguments}
    theirs = getattr(real.applications, name)(**arguments)
    ours = getattr(applications, name)(**arguments)
    plain = lambda names: [n.rstrip("_0123456789") if "pooling2d" in n else n for n in names]  # noqa: E731
    assert plain(layer.name for layer in ours.layers)[1:] == plain(layer.name for layer in theirs.layers)[1:]
    assert ours.name == theirs.name
    assert ours.count_params() == theirs.count_params()
    assert [w.shape for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]
    rng = np.random.default_rng(1)
    weights = [
        (rng.uniform(0.5, 1.5, w.shape) if "variance" in w.path or "gamma" in w.path else w.numpy() + 0.01)
        for w in theirs.weights
    ]
    theirs.set_weights(weights)
    ours.set_weights(weights)
    expected = np.asarray(theirs(X, training=False))
    np.testing.assert_allclose(ours(X), expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


@pytest.mark.keras
def test_pixels_are_prepared_as_keras_does_it():
    real = pytest.importorskip("keras")
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 4, 5, 3)).astype("float32")
    for mode in ("tf", "caffe", "torch"):
        for data_format, x in (("channels_last", pixels), ("channels_first", pixels.transpose(0, 3, 1, 2))):
            expected = real.applications.imagenet_utils.preprocess_input(x.copy(), data_format, mode)
            np.testing.assert_allclose(imagenet_utils.preprocess_input(x, data_format, mode), expected, atol=1e-4)
