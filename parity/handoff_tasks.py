"""What :mod:`parity.handoff` asks of both libraries: to write model files, to write them again, to train on.

Each task is a function of the library, paths and plain data, as those of :mod:`parity.tasks`.
"""

from typing import Any

import numpy as np

from . import specs
from .tasks import _use


def write(library: Any, path: str, spec: specs.Spec, metric: dict[str, Any] | None, dtype: str) -> None:
    """Saves the model of a spec and a metric, with numbers drawn by its seed in every weight and optimizer slot."""
    _use(library, dtype)
    more: dict[str, Any] = {} if metric is None else {"metrics": [specs.resolve(library, metric)]}
    model = specs.build(library, spec, **more)
    model.optimizer.build(model.trainable_weights)
    rng = np.random.default_rng(spec.seed)
    for variable in (*model.weights, *model.optimizer.variables):
        if variable.name == "iteration":
            variable.assign(spec.seed)
        elif variable.name != "learning_rate":
            variable.assign(rng.normal(size=variable.shape).astype(dtype))
    model.save(path)


def write_again(library: Any, files: list[tuple[str, str, str]]) -> list[str]:
    """Loads each first file and saves the second; gives what went wrong, or an empty string, for each.

    Keras gives a model, and rounds its learning rate to, the floatx of the moment it is loaded: the third entry.
    """
    found = []
    for source, target, dtype in files:
        if not specs.is_engine(library):
            _use(library, dtype)
        try:
            library.saving.load_model(source).save(target)
            found.append("")
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}"[:300])
    return found


def train_on(
    library: Any, source: str, target: str, x: Any, y: Any, batch_size: int, epochs: int, devices: int = 0
) -> dict[str, Any]:
    """Loads a file, trains, saves another; gives the losses of all steps, and on how many devices.

    Args:
        devices: split each batch among so many: on JAX with ``keras.distribution.DataParallel``, on TensorFlow with
            ``tf.distribute.MirroredStrategy``; 0 for none.
    """
    losses: list[float] = []

    class Losses(library.callbacks.Callback):  # type: ignore[misc, name-defined]
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            losses.append(logs["loss"])

    def run() -> Any:
        model = library.saving.load_model(source)
        model.fit(x, y, batch_size=batch_size, epochs=epochs, shuffle=False, verbose=0, callbacks=[Losses()])
        return model

    count = 1
    if devices and library.config.backend() == "jax":
        distribution = library.distribution.DataParallel(devices=library.distribution.list_devices()[:devices])
        count = distribution.device_mesh.devices.size
        with distribution.scope():
            model = run()
    elif devices:
        import tensorflow as tf

        (cpu, *_) = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * devices)
        strategy = tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(devices)])
        count = strategy.num_replicas_in_sync
        with strategy.scope():
            model = library.saving.load_model(source)
        model.fit(x, y, batch_size=batch_size, epochs=epochs, shuffle=False, verbose=0, callbacks=[Losses()])
    else:
        model = run()
    model.save(target)
    return {"losses": losses, "devices": count}


TASKS = {f.__name__: f for f in (write, write_again, train_on)}
