"""Sequential: a list of layers.

Forward, layer after layer: x₀ = x, xᵢ = fᵢ(xᵢ₋₁), y = x_L. Backward, in reverse, by the chain rule:
dx_L = dy, dxᵢ₋₁ = (∂fᵢ/∂xᵢ₋₁)ᵀ dxᵢ, every layer filling the gradients of its own parameters on the way.

>>> from minikeras import layers
>>> model = Sequential([layers.Dense(1, kernel_initializer="ones", input_shape=(2,), dtype="float64")])
>>> model(np.array([[1.0, 2.0]]), record=True)
array([[3.]])
>>> model.backward(np.array([[1.0]]))
array([[1., 1.]])
>>> model.layers[0].kernel.grad.ravel()
array([1., 2.])
"""

from typing import Any, Self

import numpy as np

from .. import config
from ..dtype_policies import dtype_name
from ..graph import Graph
from ..layers.base import Layer
from ..layers.input_layer import InputLayer
from ..layers.shapes import Shape
from ..tensor import KerasTensor
from .graph_configs import deserialize, models, serialize
from .inputs import with_rank_of
from .model import Model


class Sequential(Model):
    """A plain stack of layers.

    It is built (its parameters made) as soon as the input shape is known: from an ``Input`` or an
    ``input_shape`` argument of the first layer, from ``build(input_shape)``, or from the first batch.

    Args:
        layers: the layers, lowest first.
        trainable: False freezes them all.
        name: default "sequential", numbered.
    """

    takes_arrays = True

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(trainable=trainable, name=name, dtype=dtype)
        self._input: InputLayer | None = None
        self._layers: list[Layer] = []
        for layer in layers or []:
            self.add(layer, rebuild=False)
        self._maybe_build()

    # The list.

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the Input."""
        return list(self._layers)

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Puts a layer on top.

        Raises:
            ValueError: for anything but a Layer, or for a name already taken.
        """
        if isinstance(layer, KerasTensor) and layer._keras_history is not None:
            origin = layer._keras_history.operation
            layer = origin if isinstance(origin, InputLayer) else layer
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Only instances of `minikeras.layers.Layer` can be added to a Sequential model. "
                f"Received: {layer!r} (of type {type(layer)})"
            )
        if isinstance(layer, InputLayer):
            if self._layers or self._input:
                raise ValueError(f"Sequential model '{self.name}' has layers already; Input has to come first.")
            self._input = layer
        else:
            if any(layer.name == other.name for other in self._layers):
                raise ValueError(
                    f"All layers added to a Sequential model should have unique names. Name '{layer.name}' is "
                    f"already the name of a layer in this model. Update the `name` argument to pass a unique name."
                )
            if not self._layers and not self._input and layer.input_shape_argument:
                self._input = InputLayer(batch_shape=layer.input_shape_argument, dtype=layer.dtype)
            if not self._layers and not self._input:
                self.dtype = layer.dtype
            self._layers.append(layer)
        if self._input is not None:
            self.dtype = self._layers[0].dtype if self._layers else dtype_name(self._input.dtype)
        self.built = False
        if rebuild:
            self._maybe_build()
        else:
            self._graph = None

    def pop(self, rebuild: bool = True) -> Layer | None:
        """Takes the top layer off and returns it."""
        layer = self._layers.pop() if self._layers else None
        self.built, self._graph = False, None
        if rebuild:
            self._maybe_build()
        return layer

    # Building.

    def _maybe_build(self) -> None:
        first = self._layers[0] if self._layers else None
        if self._input is not None and first is not None:
            self.build(self._input.batch_shape)
        elif isinstance(first, Model) and first._graph is not None and len(first.inputs) == 1 and len(self._layers) > 1:
            self.build(first.input_shape)

    def build(self, input_shape: Any = None) -> None:
        """Makes the parameters of every layer for an input shape with the batch axis (None) in front."""
        shape: Shape = tuple(input_shape if input_shape is not None else (self._input or self).batch_shape)  # type: ignore[union-attr]
        if not self._layers:
            raise ValueError(f"Sequential model '{self.name}' cannot be built because it has no layers.")
        done = self._graph if self._graph is not None and self.input_shape == shape else None
        below = self._layers[: len(done.nodes) - 1] if done is not None else []  # those that add() was called after
        x = inputs = done.inputs if done is not None else self._first_symbol(shape)
        if done is not None:
            x = done.outputs
        with self._inside():
            for layer in self._layers[len(below) :]:
                x = layer(x)
        self._graph = Graph(inputs, x)
        config.unique_name("Functional")  # Keras numbers the graph inside of a Sequential among the functional models
        self.mark_built(shape)

    def _first_symbol(self, shape: Shape) -> KerasTensor:
        if self._input is not None and self._input.batch_shape == shape:
            return self._input.output
        return InputLayer(batch_shape=shape, dtype=self._layers[0].dtype).output

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        for layer in self._layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def check_input(self, shape: tuple[int, ...]) -> None:
        self._layers[0].check_input(shape)

    def _cast(self, x: Any) -> Any:
        x = Layer._cast(self, x)
        return self._with_input_rank(x) if isinstance(x, np.ndarray) else x

    def _cast_arguments(self, args: Any) -> Any:
        return Layer._cast_arguments(self, args)

    def _with_input_rank(self, x: np.ndarray) -> np.ndarray:
        return with_rank_of(self._build_shape or x.shape, x)

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The layers, one after the other."""
        if mask is not None:
            self._set_masks(inputs, mask)
        x = inputs
        for layer in self._layers:
            x = layer(x)
        return x

    # Configs.

    def get_config(self) -> dict[str, Any]:
        below: list[Layer] = [self._input] if self._input else []
        result = {
            **super().get_config(),
            "layers": [serialize(x) for x in below + self._layers],
        }
        if self._build_shape is not None:
            result["build_input_shape"] = self._build_shape
        return result

    @classmethod
    def from_config(cls, model_config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        """A new model with fresh parameters from :meth:`get_config`'s dictionary."""
        model = cls(name=model_config.get("name"))
        for layer_config in model_config["layers"]:
            model.add(deserialize(layer_config, custom_objects), rebuild=False)
        shape = model_config.get("build_input_shape")
        if model._input is not None:
            model._maybe_build()
        elif shape is not None:
            model.build(shape)
        if model_config.get("trainable") is False:
            model.trainable = False
        return model


models.add(Sequential)
