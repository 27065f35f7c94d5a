"""Real Keras's outputs and gradients of layers, in this process or, on another backend, in one of its own."""

import json
import os
import subprocess
import sys

import numpy as np


def answers(cases, arrays):
    """For case i = (name, options, training, …): outputs, dx, gradients of states and weights, other weights after.

    ``arrays`` has x{i}, u{i} and w{i}_{j}; m{i} where there is a mask, s{i}_{j} for first states, and u{i}_{j} for
    further outputs. Attention is self-attention; a fourth entry of a case has further arguments of the call. The result
    has a{i}_{j}, or error{i} for what the backend cannot do.
    """
    import keras

    results = {}
    for i, (name, options, training, *more) in enumerate(cases):
        layer = made(keras.layers, name, options)
        x, us = arrays[f"x{i}"], [arrays[f"u{i}"], *_numbered(arrays, f"u{i}_")]
        given = {"training": training} if layer._call_has_training_arg else {}
        given |= call_arguments(name, arrays.get(f"m{i}"), *more)
        try:
            _build(layer, name, x.shape)
            layer.set_weights([arrays[f"w{i}_{j}"] for j in range(len(layer.weights))])
            backend = _tensorflow if keras.backend.backend() == "tensorflow" else _jax
            answer = backend(layer, x, us, _numbered(arrays, f"s{i}_"), given, name)
        except Exception as error:
            results[f"error{i}"] = np.array(f"{name} {options}: {type(error).__name__} {str(error)[:200]}")
            continue
        results |= {f"a{i}_{j}": np.asarray(a) for j, a in enumerate(answer)}
    return results


def _numbered(arrays, name):
    return [arrays[f"{name}{j}"] for j in range(sum(key.startswith(name) for key in arrays))]


def _build(layer, name, shape):
    if name in ("Attention", "AdditiveAttention"):
        layer.build([shape, shape])
    else:
        layer.build(*[shape] * (2 if "Attention" in name else 1))


def made(library, name, options):
    """A float64 layer; "Bidirectional X" is a wrapped one, "before GRU" has ``reset_after=False``, "stacked" two cells.

    "TimeDistributed X" is X for each step.
    """
    outer, name = name.split(" ") if " " in name else (None, name)
    common = {"dtype": options.get("dtype", "float64")}
    options = {**options, **common}
    if outer == "before":
        options["reset_after"] = False
    if outer == "Bidirectional":
        common["merge_mode"] = options.pop("merge_mode")
    if outer == "stacked":
        of_rnn = ("return_sequences", "return_state", "go_backwards")
        of_cells = {key: value for key, value in options.items() if key not in of_rnn}
        cell = getattr(library, f"{name}Cell")
        cells = library.StackedRNNCells([cell(**of_cells), library.SimpleRNNCell(2, **common)], **common)
        return library.RNN(cells, **{key: options[key] for key in of_rnn}, **common)
    layer = getattr(library, name)(**options)
    return getattr(library, outer)(layer, **common) if outer in ("Bidirectional", "TimeDistributed") else layer


def inputs(name, x):
    """The arguments of the call."""
    if name in ("Attention", "AdditiveAttention"):
        return ([x, x],)
    return (x, x) if "Attention" in name else (x,)


def call_arguments(name, mask=None, more=()):
    """Further arguments of the call, without the states."""
    given = {key: value for key, value in dict(more).items() if key != "states"}
    if mask is not None and name in ("Attention", "AdditiveAttention"):
        given["mask"] = [None, mask]
    elif mask is not None:
        given["value_mask" if "Attention" in name else "mask"] = mask
    return given


def _tensorflow(layer, x, us, states, given, name):
    import tensorflow as tf

    x, states = tf.constant(x), [tf.constant(s) for s in states]
    given = given | ({"initial_state": states} if states else {})
    with tf.GradientTape() as tape:
        tape.watch([x, *states])
        y = tf.nest.flatten(layer(*inputs(name, x), **given))
        loss = sum(tf.reduce_sum(a * u) for a, u in zip(y, us, strict=True))
    trained = [v.value for v in layer.trainable_variables]
    gradients = tape.gradient(loss, [x, *states, *trained], unconnected_gradients="zero")
    return [*y, *gradients, *(w.numpy() for w in layer.non_trainable_weights)]


def _jax(layer, x, us, states, given, name):
    import jax

    state = [v.value for v in layer.non_trainable_variables]

    @jax.jit
    def run(x, states, trained, us):
        def output(x, states, trained):
            more = given | ({"initial_state": states} if states else {})
            y, after = layer.stateless_call(trained, state, *inputs(name, x), **more)
            return jax.tree_util.tree_leaves(y), after

        y, back, after = jax.vjp(output, x, states, trained, has_aux=True)
        return y, back(us), after

    y, (dx, dstates, gradients), after = run(x, states, [v.value for v in layer.trainable_variables], list(us))
    return [*y, dx, *dstates, *gradients, *after[: len(layer.non_trainable_weights)]]


def answers_on(backend, cases, arrays, folder):
    """:func:`answers` by a process of its own."""
    np.savez(folder / "in.npz", cases=json.dumps(cases), **arrays)
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_ENABLE_X64": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment["XLA_FLAGS"] = "--xla_backend_optimization_level=0"  # each case is compiled, and runs once
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
