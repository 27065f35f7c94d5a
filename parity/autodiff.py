"""Derivatives of one batch's loss: the engine's by its formulas, Keras's by its backend's automatic differentiation."""

from collections.abc import Callable
from typing import Any

import numpy as np

Tensors = dict[str, np.ndarray]


def engine(model: Any, x: np.ndarray, y: Any, w: Any) -> Tensors:
    """Outputs, loss, dW, db, dX, by the engine's own backward pass."""
    found: Tensors = {}
    value = x
    for layer in model.layers:
        value = layer(value)
        found[f"{layer.name} output"] = value
    dx: Tensors = {}

    def watch(layer: Any, method: str) -> None:
        backward = getattr(layer, method)

        def watched(dy: np.ndarray) -> np.ndarray:
            result = backward(dy)
            dx[layer.name] = np.array(result)
            return result

        setattr(layer, method, watched)

    watched = [(a, m) for a in model.layers for m in ("backward", "backward_logits") if hasattr(a, m)]
    for layer, method in watched:
        watch(layer, method)
    try:
        loss, gradients = model.compute_gradients(x, y, w)
    finally:
        for layer, method in watched:
            delattr(layer, method)
    found["loss"] = np.asarray(loss, x.dtype)
    for layer in model.layers:
        found[f"{layer.name} dX"] = dx[layer.name]
        for p in layer.trainable_weights:
            found[f"{layer.name}/{p.name} gradient"] = gradients[p.path]
    return found


def keras(model: Any, x: np.ndarray, y: Any, w: Any) -> Tensors:
    """The same, by Keras's backend."""
    import keras as library

    outputs, loss, dx, dv = _BACKENDS[library.config.backend()](model, x, y, w)
    numpy = library.ops.convert_to_numpy
    found = {f"{a.name} output": numpy(v) for a, v in zip(model.layers, outputs, strict=True)}
    found["loss"] = numpy(loss)
    found |= {f"{a.name} dX": numpy(v) for a, v in zip(model.layers, dx, strict=True)}
    names = [f"{a.name}/{v.name} gradient" for a in model.layers for v in a.trainable_variables]
    return found | {name: numpy(v) for name, v in zip(names, dv, strict=True)}


def _tensorflow(model: Any, x: Any, y: Any, w: Any) -> tuple[Any, Any, Any, Any]:
    import tensorflow as tf

    values = [tf.convert_to_tensor(x)]
    with tf.GradientTape() as tape:
        tape.watch(values[0])
        for layer in model.layers:
            values.append(layer(values[-1]))
        loss = model.compute_loss(x, y, values[-1], w)
    variables = [v.value for v in model.trainable_variables]
    zero = tf.UnconnectedGradients.ZERO
    dx, dv = tape.gradient(loss, (values[:-1], variables), unconnected_gradients=zero)
    return values[1:], loss, dx, dv


def _jax(model: Any, x: Any, y: Any, w: Any) -> tuple[Any, Any, Any, Any]:
    import jax
    import jax.numpy as jnp
    import keras as library

    variables = model.trainable_variables

    def run(values: Any, shifts: Any) -> tuple[Any, Any]:
        """The loss with a zero added to every layer's input, so that one can differentiate by it."""
        with library.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            value, outputs = jnp.asarray(x), []
            for i, layer in enumerate(model.layers):
                value = layer(value if shifts is None else value + shifts[i])
                outputs.append(value)
            return model.compute_loss(x, y, value, w), outputs

    values = [v.value for v in variables]
    _, outputs = jax.eval_shape(run, values, None)
    shifts = [jnp.zeros(v.shape, v.dtype) for v in (x, *outputs[:-1])]
    (loss, outputs), (dv, dx) = jax.value_and_grad(run, argnums=(0, 1), has_aux=True)(values, shifts)
    return outputs, loss, dx, dv


def _torch(model: Any, x: Any, y: Any, w: Any) -> tuple[Any, Any, Any, Any]:
    import keras as library
    import torch

    values = [library.ops.convert_to_tensor(x).requires_grad_()]
    variables = [v.value for v in model.trainable_variables]
    for layer in model.layers:
        values.append(layer(values[-1]))
    loss = model.compute_loss(x, library.ops.convert_to_tensor(y), values[-1], w)
    found = torch.autograd.grad(loss, [*values[:-1], *variables])
    n = len(values) - 1
    return [v.detach() for v in values[1:]], loss.detach(), found[:n], found[n:]


_BACKENDS: dict[str, Callable[..., tuple[Any, Any, Any, Any]]] = {
    "tensorflow": _tensorflow,
    "jax": _jax,
    "torch": _torch,
}
