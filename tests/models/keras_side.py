"""Real Keras's outputs and gradients of random graphs, from a process of its own on TensorFlow or JAX."""

import json
import os
import subprocess
import sys

import numpy as np

from .random_graphs import kit_of, random_model


def numbers(model, seed):
    """Weights, inputs, and the outputs' weights u in the loss Σ ⟨u, y⟩."""
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=tuple(w.shape)) * 0.7 for w in model.weights]
    return weights, *(
        [rng.normal(size=(3, *s.shape[1:])) for s in symbols] for symbols in (model.inputs, model.outputs)
    )


def answers(keras, seeds):
    """The arrays "SEED y 0", "SEED dx 0", "SEED dw 0", … of :func:`numbers`."""
    kit, found = kit_of(keras), {}
    back = _tensorflow if keras.backend.backend() == "tensorflow" else _jax
    for seed in seeds:
        keras.utils.clear_session()
        model = random_model(np.random.default_rng(seed), kit)
        weights, x, u = numbers(model, seed)
        model.set_weights(weights)
        for kind, arrays in zip(("y", "dx", "dw"), back(keras, model, x, u), strict=True):
            found |= {f"{seed} {kind} {i}": np.asarray(a) for i, a in enumerate(arrays)}
    return found


def _tensorflow(keras, model, x, u):
    import tensorflow as tf

    x = [tf.constant(a) for a in x]
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = keras.tree.flatten(model(x))
        loss = sum(tf.reduce_sum(a * b) for a, b in zip(y, u, strict=True))
    dx, dw = tape.gradient(loss, [x, list(model.weights)], unconnected_gradients="zero")
    return y, dx, dw


def _jax(keras, model, x, u):
    import jax

    def outputs(weights, x):
        return keras.tree.flatten(model.stateless_call(weights, [], x)[0])

    y, back = jax.vjp(outputs, [v.value for v in model.trainable_variables], x)
    dw, dx = back([jax.numpy.asarray(a) for a in u])
    return y, dx, dw


def answers_on(backend, seeds, folder):
    """:func:`answers` by a process of its own; Keras's rounding of mixed operands to float32 off TensorFlow is off."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_ENABLE_X64": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", __name__, str(folder / "found.npz"), json.dumps(list(seeds))]
    subprocess.run(command, env=environment, check=True)
    with np.load(folder / "found.npz") as found:
        return dict(found)


if __name__ == "__main__":
    import keras

    keras.config.set_floatx("float64")
    keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    np.savez(sys.argv[1], **answers(keras, json.loads(sys.argv[2])))
