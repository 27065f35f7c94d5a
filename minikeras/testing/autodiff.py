"""Real Keras's derivatives, by the automatic differentiation of its backend.

Keras and its backend are imported when a function here is called, and not before.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import UnsupportedError, require

Stages = Sequence[Callable[[Any], Any]]
Derivatives = tuple[Any, Any, Any, Any]


def differentiate(
    model: Any, x: Any, y: Any, sample_weight: Any = None, stages: Stages | None = None
) -> tuple[list[np.ndarray], np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Runs a compiled Keras model on one batch and differentiates its loss, penalties included.

    Args:
        model: a ``keras.Sequential``.
        stages: functions whose chain is the model; by default its layers.

    Returns:
        The output of each stage, the loss, ∂L/∂ the input of each stage, ∂L/∂ each trained variable.

    Raises:
        UnsupportedError: if Keras runs on a backend without derivatives, such as NumPy.
    """
    keras = require("keras", "parity")
    found = _of_backend(keras, _BACKENDS)(keras, model, x, y, sample_weight, list(stages or model.layers))
    outputs, loss, dx, dv = found
    numpy = keras.ops.convert_to_numpy
    return [numpy(v) for v in outputs], numpy(loss), [numpy(v) for v in dx], [numpy(v) for v in dv]


def gradients(model: Any, x: Any, y: Any, sample_weight: Any = None) -> list[np.ndarray]:
    """∂L/∂ each trained variable of any compiled Keras model in a training step, penalties and added losses included.

    Args:
        x, y, sample_weight: one batch, in the structures that the model takes.

    Raises:
        UnsupportedError: if Keras runs on a backend without derivatives, such as NumPy.
    """
    keras = require("keras", "parity")
    x, y, w = keras.tree.map_structure(
        lambda a: None if a is None else keras.ops.convert_to_tensor(a), (x, y, sample_weight)
    )

    def loss() -> Any:
        return model.compute_loss(x, y, model(x, training=True), w)

    found = _of_backend(keras, _GRADIENTS)(keras, loss, model.trainable_variables)
    return [keras.ops.convert_to_numpy(g) for g in found]


def _of_backend(keras: Any, functions: dict[str, Any]) -> Any:
    backend = keras.config.backend()
    if backend not in functions:
        raise UnsupportedError(f"Keras on {backend} has no derivatives; {', '.join(functions)} have.")
    return functions[backend]


def _tensorflow_gradients(keras: Any, loss: Callable[[], Any], variables: Any) -> Any:
    tf = require("tensorflow", "parity")
    with tf.GradientTape() as tape:
        value = loss()
    return tape.gradient(value, [v.value for v in variables], unconnected_gradients=tf.UnconnectedGradients.ZERO)


def _jax_gradients(keras: Any, loss: Callable[[], Any], variables: Any) -> Any:
    def at(values: Any) -> Any:
        with keras.StatelessScope(list(zip(variables, values, strict=True)), collect_losses=True):
            return loss()

    return require("jax", "parity").grad(at)([v.value for v in variables])


def _torch_gradients(keras: Any, loss: Callable[[], Any], variables: Any) -> Any:
    torch = require("torch", "parity")
    found = torch.autograd.grad(loss(), [v.value for v in variables], allow_unused=True)
    return [torch.zeros_like(v.value) if g is None else g for v, g in zip(variables, found, strict=True)]


def _tensorflow(keras: Any, model: Any, x: Any, y: Any, w: Any, stages: Stages) -> Derivatives:
    tf = require("tensorflow", "parity")
    values = [tf.convert_to_tensor(x)]
    with tf.GradientTape() as tape:
        tape.watch(values[0])
        for stage in stages:
            values.append(stage(values[-1]))
        loss = model.compute_loss(x, y, values[-1], w)
    variables = [v.value for v in model.trainable_variables]
    zero = tf.UnconnectedGradients.ZERO
    dx, dv = tape.gradient(loss, (values[:-1], variables), unconnected_gradients=zero)
    return values[1:], loss, dx, dv


def _jax(keras: Any, model: Any, x: Any, y: Any, w: Any, stages: Stages) -> Derivatives:
    jax, jnp = require("jax", "parity"), require("jax.numpy", "parity")
    variables = model.trainable_variables

    def run(values: Any, shifts: Any, x: Any, y: Any, w: Any) -> tuple[Any, Any]:
        """The loss with a zero added to every stage's input, so that one can differentiate by it."""
        with keras.StatelessScope(list(zip(variables, values, strict=True)), collect_losses=True):
            value, outputs = jnp.asarray(x), []
            for i, stage in enumerate(stages):
                value = stage(value if shifts is None else value + shifts[i])
                outputs.append(value)
            return model.compute_loss(x, y, value, w), outputs

    values = [v.value for v in variables]
    _, outputs = jax.eval_shape(run, values, None, x, y, w)
    shifts = [np.zeros(v.shape, v.dtype) for v in (x, *outputs[:-1])]
    once = jax.jit(jax.value_and_grad(run, argnums=(0, 1), has_aux=True), compiler_options=_COMPILE_QUICKLY)
    (loss, outputs), (dv, dx) = once(values, shifts, x, y, w)
    return outputs, loss, dx, dv


_COMPILE_QUICKLY = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
"""For XLA: what is compiled here runs once, so compiling is nearly all the time."""


def _torch(keras: Any, model: Any, x: Any, y: Any, w: Any, stages: Stages) -> Derivatives:
    torch = require("torch", "parity")
    values = [keras.ops.convert_to_tensor(x).requires_grad_()]
    variables = [v.value for v in model.trainable_variables]
    for stage in stages:
        values.append(stage(values[-1]))
    loss = model.compute_loss(x, keras.ops.convert_to_tensor(y), values[-1], w)
    found = torch.autograd.grad(loss, [*values[:-1], *variables])
    n = len(values) - 1
    return [v.detach() for v in values[1:]], loss.detach(), found[:n], found[n:]


_GRADIENTS = {"tensorflow": _tensorflow_gradients, "jax": _jax_gradients, "torch": _torch_gradients}
_BACKENDS: dict[str, Callable[..., Derivatives]] = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
