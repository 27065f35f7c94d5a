"""Every convolution, pooling, normalization and reshaping layer against live Keras in float64, in two batches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import layers

from .drawing import convolutions, made, normalizations, poolings, reshapings
from .keras_side import answers, answers_on

pytestmark = pytest.mark.keras


def drawn(number, fits):
    """Cases (name, options, training) that fit, the layers, and all arrays."""
    cases, ours, arrays = [], [], {}

    @given(st.one_of(convolutions(), convolutions(), poolings(), normalizations(), reshapings()), st.booleans())
    @settings(max_examples=2 * number, database=None)
    def draw(case, training):
        name, options, shape = case
        if len(cases) < number and fits(name, options, shape):
            i = len(cases)
            layer, x = made(name, options, shape, seed=i)
            cases.append((name, options, training))
            ours.append(layer)
            arrays.update({f"x{i}": x, f"u{i}": np.random.default_rng(i).normal(size=layer(x).shape)})
            arrays.update({f"w{i}_{j}": w for j, w in enumerate(layer.get_weights())})

    draw()
    return cases, ours, arrays


def compare(cases, ours, arrays, theirs):
    errors = [str(message) for key, message in theirs.items() if key.startswith("error")]
    assert not errors, "\n".join(errors)
    for i, ((name, options, training), layer) in enumerate(zip(cases, ours, strict=True)):
        y = layer(arrays[f"x{i}"], training=training, record=True)
        dx = layer.backward(arrays[f"u{i}"])
        gradients = [p.grad for p in layer.weights if p.trainable]
        mine = [y, dx, *gradients, *(p.value for p in layer.weights if not p.trainable)]
        for j, array in enumerate(mine):
            other = theirs[f"a{i}_{j}"]
            message = f"{name} {options} {'training' if training else ''}, array {j}"
            assert array.shape == other.shape, message
            np.testing.assert_allclose(array, other, rtol=1e-10, atol=1e-12, err_msg=message)


def keras_can(name, options, shape):
    """Keras's RMSNormalization takes several axes only if they are the last ones."""
    return not (name == "RMSNormalization" and isinstance(options["axis"], list) and len(shape) > 3)


def tensorflow_can(name, options, shape):
    """TensorFlow on a CPU has no float64 3-D pooling, and few layers with channels first or groups, but by XLA."""
    if not keras_can(name, options, shape):
        return False
    if "3D" in name and "Pooling" in name and not name.startswith("Global"):
        return False
    strides = options.get("strides")
    unequal = isinstance(strides, tuple) and len(set(strides)) > 1 and ("Depthwise" in name or "Separable" in name)
    return (
        not unequal
        and options.get("groups", 1) == 1
        and not ("Conv" in name and options["data_format"] != "channels_last")
    )


def test_layers_give_what_keras_gives_on_tensorflow(keras64):
    cases, ours, arrays = drawn(60, tensorflow_can)
    compare(cases, ours, arrays, answers(cases, arrays))


@pytest.mark.slow
def test_layers_give_what_keras_gives_on_jax(tmp_path):
    pytest.importorskip("jax")
    cases, ours, arrays = drawn(40, keras_can)
    compare(cases, ours, arrays, answers_on("jax", cases, arrays, tmp_path))


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
