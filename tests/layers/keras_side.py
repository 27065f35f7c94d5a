"""Real Keras's outputs and gradients of layers, in this process or, on another backend, in one of its own."""

import json
import os
import subprocess
import sys

import numpy as np


def answers(cases, arrays):
    """For case i = (name, options, training): y, dx, the gradients of the trained weights, the other weights after.

    ``arrays`` has x{i}, u{i} and w{i}_{j}, and m{i} where there is a mask; attention is self-attention. The result
    has a{i}_{j}, or error{i} for what the backend cannot do.
    """
    import keras

    results = {}
    for i, (name, options, training) in enumerate(cases):
        layer = made(keras.layers, name, options)
        x, u = arrays[f"x{i}"], arrays[f"u{i}"]
        given = {"training": training} if layer._call_has_training_arg else {}
        if f"m{i}" in arrays:
            given["value_mask" if "Attention" in name else "mask"] = arrays[f"m{i}"]
        try:
            layer.build(*[x.shape] * (2 if "Attention" in name else 1))
            layer.set_weights([arrays[f"w{i}_{j}"] for j in range(len(layer.weights))])
            answer = (_tensorflow if keras.backend.backend() == "tensorflow" else _jax)(layer, x, u, given, name)
        except Exception as error:
            results[f"error{i}"] = np.array(f"{name} {options}: {type(error).__name__} {str(error)[:200]}")
            continue
        results |= {f"a{i}_{j}": np.asarray(a) for j, a in enumerate(answer)}
    return results


def made(library, name, options):
    """A float64 layer; "Bidirectional X" is a wrapped one, and "before GRU" has ``reset_after=False``."""
    outer, name = name.split(" ") if " " in name else (None, name)
    if outer == "before":
        options = {**options, "reset_after": False}
    layer = getattr(library, name)(**options, dtype="float64")
    return library.Bidirectional(layer, dtype="float64") if outer == "Bidirectional" else layer


def inputs(name, x):
    """The arguments of the call."""
    return (x, x) if "Attention" in name else (x,)


def _tensorflow(layer, x, u, given, name):
    import tensorflow as tf

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(*inputs(name, x), **given)
        loss = tf.reduce_sum(y * u)
    trained = [v.value for v in layer.trainable_variables]
    gradients = tape.gradient(loss, [x, *trained])
    return [y, *gradients, *(w.numpy() for w in layer.non_trainable_weights)]


def _jax(layer, x, u, given, name):
    import jax

    state = [v.value for v in layer.non_trainable_variables]

    @jax.jit
    def run(x, trained, u):
        def output(x, trained):
            return layer.stateless_call(trained, state, *inputs(name, x), **given)

        y, back, after = jax.vjp(output, x, trained, has_aux=True)
        return y, *back(u), after

    y, dx, gradients, after = run(x, [v.value for v in layer.trainable_variables], u)
    return [y, dx, *gradients, *after[: len(layer.non_trainable_weights)]]


def answers_on(backend, cases, arrays, folder):
    """:func:`answers` by a process of its own."""
    np.savez(folder / "in.npz", cases=json.dumps(cases), **arrays)
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_ENABLE_X64": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "tests.layers.keras_side", str(folder)]
    subprocess.run(command, env=environment, check=True)
    with np.load(folder / "out.npz") as found:
        return dict(found)


if __name__ == "__main__":
    import keras

    keras.config.set_floatx("float64")
    keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # else means and sums are rounded
    with np.load(f"{sys.argv[1]}/in.npz") as given:
        everything = dict(given)
    np.savez(f"{sys.argv[1]}/out.npz", **answers(json.loads(str(everything.pop("cases"))), everything))
