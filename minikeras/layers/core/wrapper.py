"""Wrapper: the base of layers that hold another layer."""

from typing import Any

from ..base import Layer


class Wrapper(Layer):
    """Holds a layer, builds it for its own input, and writes it into its config.

    Args:
        layer: the layer.

    >>> from minikeras import layers
    >>> import numpy as np
    >>> class Twice(Wrapper):
    ...     def call(self, x):
    ...         return self.layer(x) * 2
    >>> Twice(layers.Activation("relu"))(np.array([[-1.0, 3.0]]))
    array([[0., 6.]], dtype=float32)
    """

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Layer {layer} supplied to Wrapper isn't a supported layer type. Please ensure wrapped layer is a "
                f"valid Keras layer."
            )
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        self.layer._ensure_built(input_shape)

    def get_config(self) -> dict[str, Any]:
        from .. import serialize

        return {**super().get_config(), "layer": serialize(self.layer)}

    @classmethod
    def from_config(cls, layer_config: dict[str, Any]) -> Any:
        from .. import deserialize

        return cls(**{**layer_config, "layer": deserialize(layer_config["layer"])})
