"""SwapEMAWeights: evaluates and saves with the moving averages of the weights, trains with the weights."""

from typing import Any

import numpy as np

from .base import Callback


class SwapEMAWeights(Callback):
    """Swaps the model's weights with the moving averages that an optimizer with ``use_ema=True`` keeps.

    Every evaluation and prediction runs with the averages, also the validation inside ``fit``. With ``swap_on_epoch``
    they are in the model from the end of each epoch to the beginning of the next, so that a
    :class:`~minikeras.callbacks.ModelCheckpoint` that comes after this callback saves them.

    Args (as in Keras):
        swap_on_epoch: whether to swap at the end of each epoch too.

    Raises:
        ValueError: if the optimizer keeps no averages.
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._ema_weights_in_model = False

    def _pairs(self) -> list[tuple[Any, Any]]:
        """Each trained weight with its average."""
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        optimizers = getattr(optimizer, "optimizers", None)
        keeping = [o for o in optimizers or [optimizer] if optimizers is None or getattr(o, "use_ema", False)]
        if not keeping or not all(hasattr(o, "_model_variables_moving_average") for o in keeping):
            raise ValueError(
                f"SwapEMAWeights must be used when `use_ema=True` is set on the optimizer. "
                f"Received: use_ema={getattr(optimizer, 'use_ema', False)}"
            )
        return [
            pair
            for o in keeping
            for pair in zip(o._trainable_variables, o._model_variables_moving_average, strict=True)
        ]

    def _put_in(self, averages: bool) -> None:
        if self._ema_weights_in_model == averages:
            return
        for weight, average in self._pairs():
            kept = np.array(weight.value)
            weight.assign(np.asarray(average.value))
            average.assign(kept)
        self._ema_weights_in_model = averages

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self.swap_on_epoch:
            self._put_in(averages=False)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.swap_on_epoch and not self._ema_weights_in_model:
            self._put_in(averages=True)
            if epoch == self.params["epochs"] - 1:  # the optimizer writes the averages over the weights after this
                for weight, average in self._pairs():
                    average.assign(np.array(weight.value))

    def on_test_begin(self, logs: Any = None) -> None:
        self._put_in(averages=True)

    def on_test_end(self, logs: Any = None) -> None:
        self._put_in(averages=False)

    def on_predict_begin(self, logs: Any = None) -> None:
        self._put_in(averages=True)

    def on_predict_end(self, logs: Any = None) -> None:
        self._put_in(averages=False)
