"""Image layers: hand-made pictures, inference, single images, dictionaries, models, and live Keras."""

import numpy as np
import pytest

import minikeras as keras
from minikeras import layers

RNG = np.random.default_rng(0)
X = RNG.uniform(0, 255, (5, 7, 6, 3)).astype("float32")

# class, arguments; drawn by Keras from a seed
DRAWN = [
    ("RandomFlip", {"seed": 3}),
    ("RandomFlip", {"seed": 3, "mode": "horizontal"}),
    ("RandomRotation", {"factor": 0.3, "seed": 5}),
    ("RandomRotation", {"factor": (-0.1, 0.2), "fill_mode": "constant", "fill_value": 7.0, "seed": 5}),
    ("RandomRotation", {"factor": 0.4, "fill_mode": "wrap", "interpolation": "nearest", "seed": 6}),
    ("RandomRotation", {"factor": 0.4, "fill_mode": "wrap", "seed": 6}),
    ("RandomTranslation", {"height_factor": 0.9, "width_factor": (-0.7, 0.2), "seed": 5}),
    ("RandomTranslation", {"height_factor": 0.3, "width_factor": 1.0, "fill_mode": "wrap", "seed": 5}),
    ("RandomTranslation", {"height_factor": 0.3, "width_factor": 0.2, "fill_mode": "nearest", "seed": 5}),
    ("RandomZoom", {"height_factor": 0.5, "seed": 8}),
    ("RandomZoom", {"height_factor": (0.5, 0.9), "width_factor": (-0.5, -0.2), "seed": 8}),
    ("RandomZoom", {"height_factor": 0.9, "fill_mode": "constant", "interpolation": "nearest", "seed": 8}),
    ("RandomCrop", {"height": 3, "width": 4, "seed": 2}),
    ("RandomCrop", {"height": 9, "width": 4, "seed": 2}),
    ("RandomContrast", {"factor": 0.5, "seed": 2}),
    ("RandomContrast", {"factor": (0.1, 0.9), "value_range": (0, 200), "seed": 2}),
    ("RandomBrightness", {"factor": 0.5, "seed": 2}),
    ("RandomErasing", {"seed": 2}),
    ("RandomErasing", {"factor": (0.5, 1.0), "scale": (0.2, 0.5), "fill_value": (1.0, 2.0, 3.0), "seed": 2}),
]  # fmt: skip
FIXED = [
    ("CenterCrop", {"height": 3, "width": 4}),
    ("CenterCrop", {"height": 9, "width": 4}),
    ("Resizing", {"height": 4, "width": 9}),
    ("Resizing", {"height": 4, "width": 9, "interpolation": "nearest"}),
    ("Resizing", {"height": 5, "width": 9, "crop_to_aspect_ratio": True}),
    ("Resizing", {"height": 5, "width": 9, "pad_to_aspect_ratio": True, "fill_value": 3.0}),
]


@pytest.mark.parametrize(("name", "arguments"), DRAWN)
def test_inference_passes_images_through(name, arguments):
    layer = getattr(layers, name)(**arguments)
    np.testing.assert_array_equal(layer(X, training=False), X)
    layer(X, training=False, record=True)
    np.testing.assert_array_equal(layer.backward(X), X)


@pytest.mark.parametrize(("name", "arguments"), DRAWN)
def test_channels_first_is_the_same_picture(name, arguments):
    if "fill_value" in arguments and name == "RandomErasing":
        arguments = {**arguments, "fill_value": 4.0}
    if name == "RandomErasing" and "fill_value" not in arguments:
        arguments = {**arguments, "fill_value": 0}
    last, first = (getattr(layers, name)(**arguments, data_format=f"channels_{f}") for f in ("last", "first"))
    np.testing.assert_allclose(np.moveaxis(first(np.moveaxis(X, -1, 1)), 1, -1), last(X), rtol=1e-6)


@pytest.mark.parametrize(("name", "arguments"), DRAWN + FIXED)
def test_a_single_image_and_a_config_round_trip(name, arguments):
    layer = getattr(layers, name)(**arguments)
    again = layers.deserialize(layers.serialize(layer))
    assert again.get_config() == layer.get_config()
    one = layer(X[0])
    assert one.ndim == 3
    np.testing.assert_array_equal(one, again(X[:1])[0])
    assert layer.compute_output_shape(X.shape) == layer(X).shape


def test_labels_and_masks_move_with_the_images():
    y = layers.RandomFlip("horizontal", seed=4)(
        {"images": X, "labels": np.arange(5), "segmentation_masks": X[..., :1].astype("int32")}
    )
    np.testing.assert_array_equal(y["images"][..., :1].astype("int32"), y["segmentation_masks"])
    np.testing.assert_array_equal(y["labels"], np.arange(5))
    assert list(y) == ["images", "labels", "segmentation_masks"]


def test_mix_up_mixes_images_and_labels_alike():
    images = np.eye(4).reshape(4, 2, 2, 1).astype("float32")
    y = layers.MixUp(alpha=1.0, seed=3)({"images": images, "labels": np.eye(4, dtype="float32")})
    np.testing.assert_allclose(y["images"].reshape(4, 4), y["labels"], rtol=1e-6)
    assert (y["labels"].max(axis=1) < 1).any()


def test_integer_images_are_resized_to_rounded_integers():
    x = np.array([0, 255, 1, 2], np.uint8).reshape(1, 4, 1)
    y = layers.Resizing(1, 2)(x)
    assert y.dtype == np.uint8
    assert y.ravel().tolist() == [128, 2]


def test_what_they_cannot_do_is_named():
    with pytest.raises(ValueError, match="does not take a `factor`"):
        layers.RandomFlip(factor=0.1)
    with pytest.raises(ValueError, match="height_factor"):
        layers.RandomZoom(-1.0)
    with pytest.raises(ValueError, match="`factor` argument should be"):
        layers.RandomContrast(1.5)
    with pytest.raises(keras.errors.UnsupportedError, match="fill_mode"):
        layers.RandomRotation(0.1, fill_mode="mirror")
    with pytest.raises(keras.errors.ShapeError, match="3 axes"):
        layers.RandomFlip()(np.zeros((2, 3)))
    with pytest.raises(keras.errors.UnsupportedError, match="bounding boxes"):
        layers.RandomFlip(bounding_box_format="xyxy")({"images": X, "bounding_boxes": {"boxes": X, "labels": X}})
    with pytest.raises(keras.errors.UnsupportedError, match="RandomHue"):
        layers.RandomHue(0.1)
    layer = layers.RandomRotation(0.3, seed=1)
    layer(X, training=True, record=True)
    with pytest.raises(keras.errors.UnsupportedError, match="no derivative"):
        layer.backward(X)


def test_a_model_trains_behind_augmentation_and_predicts_without():
    model = keras.Sequential(
        [
            keras.Input((7, 6, 3)),
            layers.Pipeline([layers.RandomFlip(seed=1), layers.RandomZoom(0.2, seed=2)]),
            layers.RandomRotation(0.1, seed=1),
            layers.Rescaling(1 / 255),
            layers.Conv2D(2, 3),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    model.fit(X, np.arange(5.0), epochs=2, verbose=0)
    again = keras.models.clone_model(model)
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(model.predict(X, verbose=0), model.predict(X, verbose=0))
    np.testing.assert_array_equal(model.predict(X, verbose=0), again.predict(X, verbose=0))


@pytest.mark.keras
def test_every_layer_is_keras_s_from_the_same_seed():
    real = pytest.importorskip("keras")
    if real.backend.backend() != "tensorflow":
        pytest.skip("the affine maps and draws compared are those of TensorFlow")
    wrong = []
    for name, arguments in DRAWN + FIXED:
        ours, theirs = getattr(layers, name)(name="a", **arguments), getattr(real.layers, name)(name="a", **arguments)
        for x in (X, X[1]):
            got, expected = ours(x), np.asarray(theirs(x))
            off = np.abs(got - expected).max() if got.shape == expected.shape else (got.shape, expected.shape)
            if not np.all(off < 2e-3):
                wrong.append((name, arguments, x.ndim, off))
        mine, config = ours.get_config(), theirs.get_config()
        config.pop("factor") if name == "RandomCrop" and "factor" in config else None
        differ = {k: (mine.get(k, "?"), v) for k, v in config.items() if k != "dtype" and mine.get(k, "?") != v}
        if differ:
            wrong.append((name, differ))
    assert not wrong
    mine, theirs = layers.MixUp(seed=5), real.layers.MixUp(seed=5)
    partners = np.asarray(theirs.get_random_transformation(real.ops.convert_to_tensor(X))["permutation_order"])
    np.testing.assert_array_equal(mine.get_random_transformation(X)["permutation_order"], partners)
