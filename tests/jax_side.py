"""Real Keras's losses and activations on JAX in float64, from a process of its own: values and gradients."""

import json
import os
import subprocess
import sys

import numpy as np


def answers(keras, cases, arrays):
    """For case i = (room, name, arguments): y{i}, and dx{i} for the gradient dy{i} of y{i}.

    A loss takes the targets t{i}, x{i} and the weights w{i}; an activation takes x{i}.
    """
    import jax

    def function(i, room, name, arguments):
        if room == "losses":
            loss = getattr(keras.losses, name)(**arguments)
            return lambda x: loss(arrays[f"t{i}"], x, arrays[f"w{i}"])
        return lambda x: getattr(keras.activations, name)(x, **arguments)

    found = {}
    for i, case in enumerate(cases):
        y, back = jax.vjp(function(i, *case), jax.numpy.asarray(arrays[f"x{i}"]))
        found |= {f"y{i}": np.asarray(y), f"dx{i}": np.asarray(back(jax.numpy.asarray(arrays[f"dy{i}"], y.dtype))[0])}
    return found


def answers_on_jax(cases, arrays, folder):
    """:func:`answers`. Keras's table of promotion, which off TensorFlow makes float32 of float64, is set to float64."""
    np.savez(folder / "in.npz", cases=json.dumps(cases), **arrays)
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_ENABLE_X64": "1"}
    subprocess.run([sys.executable, "-m", __name__, str(folder)], env=environment, check=True)
    with np.load(folder / "out.npz") as found:
        return dict(found)


if __name__ == "__main__":
    import keras

    keras.config.set_floatx("float64")
    keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    with np.load(f"{sys.argv[1]}/in.npz") as given:
        everything = dict(given)
    np.savez(f"{sys.argv[1]}/out.npz", **answers(keras, json.loads(str(everything.pop("cases"))), everything))
