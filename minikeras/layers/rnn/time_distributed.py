"""TimeDistributed: one layer applied to each step of a sequence; its gradients are the sum over the steps."""

from typing import Any

import numpy as np

from ...errors import ShapeError
from ...running import running
from ..base import Layer
from ..core.wrapper import Wrapper


class TimeDistributed(Wrapper):
    """Applies a layer to every step on its own: (N, T, …) → (N, T, …), y[:, t] = layer(x[:, t]).

    Args (as in Keras):
        layer: the layer, called once a step.

    Differs from Keras: an ``activity_regularizer`` of the inner layer has an effect; Keras 3.15 drops it here.

    >>> from minikeras import layers
    >>> inner = layers.Dense(1, use_bias=False, kernel_initializer="ones", dtype="float64")
    >>> TimeDistributed(inner, dtype="float64")(np.array([[[1.0, 2.0], [3.0, 4.0]]]))
    array([[[3.], [7.]]])
    """

    supports_masking = True
    chains = True

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(f"Please initialize `TimeDistributed` layer with a layer instance. Received: {layer}")
        super().__init__(layer, **kwargs)

    def build(self, input_shape: Any = None) -> None:
        if len(input_shape) < 3:
            raise ShapeError(
                "`TimeDistributed` Layer should be passed an `input_shape` with at least 3 dimensions, "
                f"received: {input_shape}"
            )
        self.layer._ensure_built((input_shape[0], *input_shape[2:]))

    def call(self, inputs: np.ndarray, training: bool = False, mask: Any = None) -> np.ndarray:
        call, outputs = running(), []
        steps = [np.ascontiguousarray(inputs[:, t]) for t in range(inputs.shape[1])]
        if call is not None and call.over.record and call.wants_dx:
            call.over.live.update(map(id, steps))
        masked = mask is not None and "mask" in self.layer._accepted
        for t, x in enumerate(steps):
            outputs.append(self.layer(x, mask=np.asarray(mask)[:, t]) if masked else self.layer(x))
        self.save(call=call, steps=steps, outputs=outputs)
        return np.stack(outputs, axis=1)

    def backward(self, dy: np.ndarray) -> Any:
        frame = self.saved()
        each = [np.ascontiguousarray(dy[:, t]) for t in range(dy.shape[1])]
        dx = frame["call"].chain(each, of=frame["outputs"], to=frame["steps"])
        return None if dx is None else np.stack(dx, axis=1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        inner = self.layer.compute_output_shape((input_shape[0], *input_shape[2:]))
        return (inner[0], input_shape[1], *inner[1:])
