"""Every convolution, pooling, normalization, noise and reshaping layer against live Keras in float64."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import config, layers, utils
from tests.gradients import EXACT, SINGLE

from . import keras_side
from .drawing import convolutions, made, normalizations, poolings, regularizations, reshapings

pytestmark = pytest.mark.keras
CASES = st.one_of(convolutions(), convolutions(), poolings(), normalizations(), regularizations(), reshapings())
MASKED = ("BatchNormalization", "GlobalAveragePooling1D")


def drawn(number, fits):
    """Cases (name, options, training) that fit, and all arrays, masks among them."""
    cases, arrays = [], {}

    @given(CASES, st.booleans(), st.booleans())
    @settings(max_examples=3 * number, database=None)
    def draw(case, training, masked):
        name, options, shape = case
        if len(cases) < number and fits(name, options, shape):
            i, rng = len(cases), np.random.default_rng(len(cases))
            layer, x = made(name, options, shape, seed=i + 1)
            cases.append((name, options, training))
            arrays.update({f"x{i}": x, f"u{i}": rng.normal(size=layer(x).shape)})
            arrays.update({f"w{i}_{j}": w for j, w in enumerate(layer.get_weights())})
            if masked and name in MASKED and options.get("axis", -1) == -1:
                time = -1 if options.get("data_format") == "channels_first" else 1
                mask = rng.random((shape[0], shape[time]) if "Pool" in name else shape[:-1]) < 0.6
                mask[..., rng.integers(0, mask.shape[-1])] = True
                arrays[f"m{i}"] = mask

    draw()
    assert len(cases) == number
    return cases, arrays


def ours(case, arrays, i, dtype):
    """y, dx, the gradients of the trained weights, and the other weights after the call."""
    name, options, training = case
    layer = getattr(layers, name)(**options, dtype=dtype)
    layer.build(arrays[f"x{i}"].shape)
    layer.set_weights([arrays[f"w{i}_{j}"] for j in range(len(layer.weights))])
    mask = {"mask": arrays[f"m{i}"]} if f"m{i}" in arrays else {}
    y = layer(arrays[f"x{i}"].astype(dtype), training=training, record=True, **mask)
    dx = layer.backward(arrays[f"u{i}"].astype(dtype))
    trained, others = layer.trainable_weights, layer.non_trainable_weights
    return [y, dx, *(p.grad for p in trained), *(p.value for p in others)]


def compare(cases, arrays, theirs):
    """Holds each array beside Keras's in float64, relative to its norm or 1: in float64, and in float32.

    Not so noise in float32: the numbers drawn are others than in float64.
    """
    errors = [str(message) for key, message in theirs.items() if key.startswith("error")]
    assert not errors, "\n".join(errors)
    for i, case in enumerate(cases):
        for dtype, within in (("float64", EXACT), ("float32", SINGLE))[: 1 if "seed" in case[1] else 2]:
            for j, array in enumerate(ours(case, arrays, i, dtype)):
                other = theirs[f"a{i}_{j}"]
                message = f"{case}, mask {f'm{i}' in arrays}, {dtype}, array {j}"
                assert array.shape == other.shape, message
                error = np.linalg.norm(array - other) / max(1, np.linalg.norm(other))
                assert error <= within, f"{message}: {error:.1e}"


def keras_can(name, options, shape):
    """Keras's RMSNormalization takes several axes only if they are the last ones."""
    return not (name == "RMSNormalization" and isinstance(options["axis"], list) and len(shape) > 3)


def tensorflow_can(name, options, shape):
    """False where TensorFlow on a CPU is not able, or not exact, in float64.

    It has no 3-D pooling and no dilated Conv3DTranspose, and few layers with channels first, groups or unequal strides,
    but by XLA. A bilinear resize gives float32. The gradient of an empty max pool is uninitialized memory; Keras makes
    such a pool, with a window one pixel larger than the axis, for one output of an adaptive max pooling.
    """
    if not keras_can(name, options, shape):
        return False
    if "Pooling" in name and "Global" not in name and "3D" in name:
        return False
    if name == "Conv3DTranspose" and options["dilation_rate"] != 1:
        return False
    if name.startswith("AdaptiveMax"):
        sizes = options["output_size"]
        return min([sizes] if isinstance(sizes, int) else sizes) > 1
    if options.get("interpolation") == "bilinear":
        return False
    strides = options.get("strides")
    unequal = isinstance(strides, tuple) and len(set(strides)) > 1 and ("Depthwise" in name or "Separable" in name)
    return (
        not unequal
        and options.get("groups", 1) == 1
        and not ("Conv" in name and options["data_format"] != "channels_last")
    )


MANY = pytest.param(500, marks=pytest.mark.slow)


@pytest.mark.parametrize("number", [60, MANY])
def test_layers_give_what_keras_gives_on_tensorflow(keras64, number):
    cases, arrays = drawn(number, tensorflow_can)
    compare(cases, arrays, keras_side.answers(cases, arrays))


@pytest.mark.slow
def test_layers_give_what_keras_gives_on_jax(tmp_path):
    pytest.importorskip("jax")
    cases, arrays = drawn(500, keras_can)
    theirs = keras_side.answers_on("jax", cases, arrays, tmp_path)
    utils.set_random_seed(1, stream="jax")
    try:
        with config.using(floatx="float64"):  # AlphaDropout draws in it
            compare(cases, arrays, theirs)
    finally:
        utils.set_random_seed(1)


def test_the_configs_are_those_of_keras():
    keras = pytest.importorskip("keras")
    no_arguments = {"filters": 4, "kernel_size": 3, "pool_size": 2, "output_size": 2, "rate": 0.5, "stddev": 0.1}
    no_arguments |= {"dims": (2, 1), "target_shape": (2, 3), "n": 2}
    import inspect

    for name in [n for family in FAMILIES for n in family.__all__ if n != "SpectralNormalization"]:
        theirs = getattr(keras.layers, name)
        needed = [p.name for p in inspect.signature(theirs.__init__).parameters.values() if p.default is p.empty]
        arguments = {n: no_arguments[n] for n in needed if n in no_arguments}
        mine = getattr(layers, name)(**arguments, name="a").get_config()
        assert mine == theirs(**arguments, name="a").get_config(), name


FAMILIES = (layers.convolutional, layers.pooling, layers.normalization, layers.reshaping, layers.regularization)
