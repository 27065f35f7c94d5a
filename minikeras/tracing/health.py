"""GradientHealth: follows gradients during ``fit`` and names the first number that goes wrong."""

from typing import Any

import numpy as np

from ..callbacks import Callback
from ..errors import DataError


class GradientHealth(Callback):
    """Notes, once an epoch, how each trained parameter's gradient is doing; looks at every step for NaN.

    Args:
        check_every: steps between two looks for NaN or infinity.

    Attributes:
        history: for each path, lists over the epochs of ``gradient_norm``, ‖g‖ of the last step; ``update_ratio``,
            ‖Δw‖ / ‖w‖ over the epoch; and ``zero_share``, the share of units whose whole gradient is 0 in the last
            step (dead ReLUs show here).

    Raises:
        DataError: at the first NaN or infinity, with the epoch, the step, the parameter and which of value or
            gradient it is in.

    >>> from minikeras import Sequential, layers
    >>> model = Sequential([layers.Dense(1, input_shape=(2,), name="d")], name="m")
    >>> model.compile("sgd", "mse")
    >>> health = GradientHealth()
    >>> _ = model.fit(np.eye(2), np.ones((2, 1)), epochs=3, verbose=0, callbacks=[health])
    >>> len(health.history["m/d/kernel"]["gradient_norm"])
    3
    """

    def __init__(self, check_every: int = 1) -> None:
        super().__init__()
        self.check_every = check_every
        self.history: dict[str, dict[str, list[float]]] = {}

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch
        self._start = {p.path: p.value.copy() for p in self.model.trainable_weights}

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if batch % self.check_every:
            return
        for p in self.model.trainable_weights:
            for what, array in (("gradient", p.grad), ("value", p.value)):
                if not np.isfinite(array).all():
                    raise DataError(
                        f"First NaN or infinity: the {what} of {p.path}, epoch {self._epoch + 1}, step {batch}."
                    )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        for p in self.model.trainable_weights:
            entry = self.history.setdefault(p.path, {"gradient_norm": [], "update_ratio": [], "zero_share": []})
            before = self._start.get(p.path, p.value)
            size = float(np.linalg.norm(before))
            columns = p.grad.reshape(-1, p.grad.shape[-1]) if p.grad.ndim else p.grad.reshape(1, 1)
            entry["gradient_norm"].append(float(np.linalg.norm(p.grad)))
            entry["update_ratio"].append(float(np.linalg.norm(p.value - before)) / size if size else float("inf"))
            entry["zero_share"].append(float((columns == 0).all(axis=0).mean()))
