"""Pipeline: preprocessing layers one after the other."""

from typing import Any, Self

from ...running import running
from ..base import Layer


class Pipeline(Layer):
    """Preprocessing layers, one after the other, as one layer; input and output as theirs.

    Args (as in Keras):
        layers: the layers.

    >>> import numpy as np
    >>> from minikeras.layers import CenterCrop, Rescaling
    >>> Pipeline([CenterCrop(1, 1), Rescaling(0.5)])(np.full((1, 3, 3, 1), 8.0)).ravel()
    array([4.], dtype=float32)
    """

    takes_arrays = True
    _casts_inputs = False

    def __init__(self, layers: Any, name: str | None = None) -> None:
        super().__init__(name=name)
        self._pipeline_layers = list(layers)
        self.built = True

    @property
    def layers(self) -> list[Layer]:
        return self._pipeline_layers

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("training") is None and running() is None:
            kwargs["training"] = True
        return super().__call__(*args, **kwargs)

    def call(self, inputs: Any, training: bool = True) -> Any:
        for layer in self._pipeline_layers:
            inputs = layer(inputs, training=training)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        for layer in self._pipeline_layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        from .. import serialize

        return {"layers": [serialize(layer) for layer in self._pipeline_layers], "name": self.name}

    @classmethod
    def from_config(cls, layer_config: dict[str, Any]) -> Self:
        from .. import deserialize

        return cls([deserialize(inner) for inner in layer_config["layers"]], layer_config.get("name"))
