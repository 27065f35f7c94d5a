"""What both libraries are asked to do. Every task is a function of the library and plain data, and gives plain data.

The engine runs them here, Keras in its own process (:mod:`parity.worker`).
"""

import time
from typing import Any

import numpy as np

from . import autodiff, specs

Tensors = dict[str, np.ndarray]


def _use(library: Any, dtype: str) -> None:
    """Every layer, loss and optimizer from now on in this dtype. Keras keeps the policy it first made of floatx."""
    library.config.set_floatx(dtype)
    if not specs.is_engine(library):
        library.config.set_dtype_policy(dtype)


def gradients(
    library: Any, spec: specs.Spec, weights: Any, x: Any, y: Any, w: Any, dtype: str, mode: str = "logits"
) -> Tensors:
    """Every layer's output, the loss, and its derivative by every layer's input and weights."""
    _use(library, dtype)
    model = specs.build(library, spec.blank(), mode)
    model.set_weights([np.asarray(value, dtype) for value in weights])
    x, w = np.asarray(x, dtype), None if w is None else np.asarray(w, dtype)
    y = np.asarray(y, dtype) if np.asarray(y).dtype.kind == "f" else y
    differentiate = autodiff.engine if specs.is_engine(library) else autodiff.keras
    return differentiate(model, x, y, w, spec.training)


def update(
    library: Any,
    spec: specs.Spec,
    weights: Any,
    batches: Any,
    dtype: str,
    mode: str = "logits",
    frozen: Any = (),
    class_weight: Any = None,
) -> Tensors:
    """Weights, optimizer slots and loss after each of some steps."""
    _use(library, dtype)
    model = specs.build(library, spec.blank(), mode, run_eagerly=True)
    for i in frozen:
        model.layers[i].trainable = False
    if frozen:
        again = specs.build(library, spec.blank(), mode)
        model.compile(optimizer=again.optimizer, loss=again.loss, run_eagerly=True)
    model.set_weights([np.asarray(value, dtype) for value in weights])
    found: Tensors = {}
    for step, (x, y, w) in enumerate(batches, 1):
        x, w = np.asarray(x, dtype), None if w is None else np.asarray(w, dtype)
        model.train_on_batch(x, y, sample_weight=w, class_weight=class_weight)
        for layer in model.layers:
            for v, value in zip(layer.weights, layer.get_weights(), strict=True):
                found[f"step {step}: {layer.name}/{v.name}"] = value
        for v in model.optimizer.variables:
            value = np.asarray(v.numpy())
            if value.dtype.kind == "f":
                found[f"step {step}: slot {v.path.split('/', 1)[-1].split('_', 1)[-1]}"] = value
    return found


def trajectory(
    library: Any,
    spec: specs.Spec,
    weights: Any,
    data: Any,
    validation: Any,
    epochs: int,
    dtype: str,
    mode: str = "logits",
    jit: bool = False,
    steps: Any = (),
) -> dict[str, Any]:
    """Trains on given batches in a given order; History, and the weights after every epoch and after some steps."""
    _use(library, dtype)
    model = specs.build(library, spec, mode, jit_compile=jit)
    model.set_weights([np.asarray(value, dtype) for value in weights])
    kept: dict[str, list[list[np.ndarray]]] = {"weights": [], "steps": []}

    class Keep(library.callbacks.Callback):
        done = 0

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.done += 1
            if self.done in steps:
                kept["steps"].append(self.model.get_weights())

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            kept["weights"].append(self.model.get_weights())

    start = time.perf_counter()
    (x, y), (vx, vy) = data, validation
    history = model.fit(
        _scaled(x, dtype),
        y,
        batch_size=spec.rows,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        validation_data=(_scaled(vx, dtype), vy),
        callbacks=[Keep()],
    )
    kept["weights"][-1] = model.get_weights()
    return {"history": history.history, **kept, "seconds": time.perf_counter() - start}


def _scaled(x: Any, dtype: str) -> np.ndarray:
    """Pixels 0 … 255 as numbers from 0 to 1."""
    return (x / 255).astype(dtype) if x.dtype == np.uint8 else np.asarray(x, dtype)


def same_seed(
    library: Any,
    data: Any,
    validation: Any,
    epochs: int,
    dtype: str,
    seed: int = 42,
    mode: str = "logits",
    stream: str = "tensorflow",
    test: Any = None,
    jit: bool | str = "auto",
    optimizer: str = "SGD",
) -> dict[str, Any]:
    """The classic program, from its seed alone: no weight and no order is given. ``test``: rows to evaluate at last."""
    _use(library, dtype)
    arguments = {"stream": stream} if specs.is_engine(library) else {}
    library.utils.clear_session()
    library.utils.set_random_seed(seed, **arguments)
    spec = specs.article().but(optimizer={"$": f"optimizers.{optimizer}"})
    model = specs.build(library, spec, mode, jit_compile=jit)
    initial = model.get_weights()
    start = time.perf_counter()
    history = model.fit(
        _scaled(data[0], dtype),
        data[1],
        epochs=epochs,
        verbose=0,
        validation_data=(_scaled(validation[0], dtype), validation[1]),
    )
    seconds = time.perf_counter() - start
    scores = None
    if test is not None:
        scores = model.evaluate(_scaled(test[0], dtype), test[1], verbose=0, return_dict=True)
    return {
        "initial": initial,
        "test": scores,
        "final": model.get_weights(),
        "history": history.history,
        "seconds": seconds,
    }


def saturated(library: Any, logits: Any, label: int, dtype: str, mode: str = "logits") -> Tensors:
    """Loss and dL/dlogits of softmax and cross-entropy at given logits: they are the bias of a layer on x = 0."""
    k = len(logits)
    spec = specs.Spec("saturated", (1,), [specs.dense(k, "softmax")])
    x = np.zeros((1, 1))
    weights = [np.zeros((1, k)), np.asarray(logits)]
    found = gradients(library, spec, weights, x, np.array([label]), None, dtype, mode)
    return {"loss": found["loss"], "dlogits": found["dense_0/bias gradient"]}


def rectified(library: Any, values: Any, dtype: str) -> Tensors:
    """relu at some values, and its derivative and leaky_relu's."""
    _use(library, dtype)
    differentiate = autodiff.engine_layer if specs.is_engine(library) else autodiff.keras_layer
    found: Tensors = {}
    for name in ("relu", "leaky_relu"):
        y, dy = differentiate(library.layers.Activation(name), np.asarray(values, dtype))
        found |= {f"{name}({value:g})": v for value, v in zip(values, y, strict=True)}
        found |= {f"{name}′({value:g})": v for value, v in zip(values, dy, strict=True)}
    return found


def double(library: Any, points: dict[str, Any]) -> Tensors:
    """What some operations give in float64, at given points."""
    _use(library, "float64")
    convert = np.asarray if specs.is_engine(library) else library.ops.convert_to_tensor
    x = {name: convert(np.asarray(value, np.float64)) for name, value in points.items()}
    product = specs.build(library, specs.Spec("product", (2,), [specs.dense(1, use_bias=False)], specs.MSE))
    product.set_weights([np.array([[0.3], [1.1]])])
    found = {name: getattr(library.activations, name)(x[name]) for name in ("tanh", "leaky_relu", "gelu")}
    found["mean of squares"] = library.losses.MeanSquaredError()(x["mean of squares"] * 0, x["mean of squares"])
    found["product"] = product(x["product"])
    return {
        name: np.asarray(value if specs.is_engine(library) else library.ops.convert_to_numpy(value)).ravel()
        for name, value in found.items()
    }


def initializers(library: Any, spec: specs.Spec) -> list[tuple[str, dict[str, Any]]]:
    """The class and the configuration of every kernel's initializer."""
    _use(library, "float32")
    found = [a.kernel_initializer for a in specs.build(library, spec).layers if hasattr(a, "kernel_initializer")]
    return [(type(a).__name__, a.get_config()) for a in found]


def versions(library: Any) -> dict[str, str]:
    """What is installed."""
    result = {"library": getattr(library, "__version__", "?")}
    if not specs.is_engine(library):
        result["backend"] = library.config.backend()
        name = result["backend"]
        result[name] = __import__(name).__version__
    return result


TASKS = {
    f.__name__: f
    for f in (gradients, initializers, update, trajectory, same_seed, saturated, rectified, double, versions)
}
