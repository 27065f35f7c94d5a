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

from collections.abc import Callable
from typing import Any, Self

import numpy as np

from .. import config, console
from .. import layers as layers_module
from ..errors import nearest
from ..layers.base import Layer, Shape
from ..layers.input_layer import InputLayer
from ..training.trainer import Trainer
from .summary import summary


class Sequential(Trainer):
    """A plain stack of layers.

    It is built (its parameters made) as soon as the input shape is known: from an ``Input`` or an
    ``input_shape`` argument of the first layer, from ``build(input_shape)``, or from the first batch.

    Args:
        layers: the layers, lowest first.
        trainable: False freezes them all.
        name: default "sequential", numbered.
    """

    takes_arrays = True
    supports_masking = True

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
            self.dtype = self._layers[0].dtype if self._layers else self._input.dtype
        self.built = False
        if rebuild:
            self._maybe_build()

    def pop(self, rebuild: bool = True) -> Layer | None:
        """Takes the top layer off and returns it."""
        layer = self._layers.pop() if self._layers else None
        self.built = False
        if rebuild:
            self._maybe_build()
        return layer

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name or index.

        Raises:
            ValueError: if there is none, or not exactly one of both is given.
        """
        if (name is None) == (index is None):
            raise ValueError(f"Provide either a layer name or an index. Received: name={name}, index={index}")
        if index is not None:
            if not -len(self._layers) <= index < len(self._layers):
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has {len(self._layers)} layers."
                )
            return self._layers[index]
        names = [layer.name for layer in self._layers]
        if name not in names:
            raise ValueError(f"No such layer: {name}. Existing layers are: {names}.{nearest(str(name), names)}")
        return self._layers[names.index(name)]

    # Building.

    def _maybe_build(self) -> None:
        if self._input is not None and self._layers:
            self.build(self._input.batch_shape)

    def build(self, input_shape: Any = None) -> None:
        """Makes the parameters of every layer for an input shape with the batch axis (None) in front."""
        shape: Shape = tuple(input_shape if input_shape is not None else (self._input or self).batch_shape)  # type: ignore[union-attr]
        if not self._layers:
            raise ValueError(f"Sequential model '{self.name}' cannot be built because it has no layers.")
        build_shape = shape
        with self._inside():
            for layer in self._layers:
                if not layer.built:
                    layer._ensure_built(shape)
                shape = layer.compute_output_shape(shape)
        self.mark_built(build_shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        for layer in self._layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    @property
    def input_shape(self) -> Shape:
        """(None, …), once known."""
        if self._build_shape is None:
            raise ValueError(f"Sequential model '{self.name}' is not built yet: it has no input shape.")
        return self._build_shape

    @property
    def output_shape(self) -> Shape:
        """(None, …), once known."""
        return self.compute_output_shape(self.input_shape)

    @property
    def last_layer(self) -> Layer | None:
        """The layer that gives the outputs; None if it is called at another place, too."""
        last = self._layers[-1] if self._layers else None
        return None if last is None or sum(layer is last for layer in self._layers) > 1 else last

    def check_input(self, shape: tuple[int, ...]) -> None:
        self._layers[0].check_input(shape)

    def _cast(self, x: Any) -> Any:
        x = super()._cast(x)
        return self._with_input_rank(x) if isinstance(x, np.ndarray) else x

    def _with_input_rank(self, x: np.ndarray) -> np.ndarray:
        """x with an axis of length 1 added or taken off at its end, where the model's input needs it, as in Keras."""
        wanted = self._build_shape or x.shape
        if x.ndim == len(wanted) - 1 and wanted[-1] == 1:
            return x[..., None]
        return x[..., 0] if x.ndim == len(wanted) + 1 and x.shape[-1] == 1 else x

    def call(self, x: Any) -> Any:
        for layer in self._layers:
            x = layer(x)
        return x

    # Files.

    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None) -> None:  # type: ignore[override]
        """Writes the whole model to a ``.keras`` file: :func:`minikeras.saving.save_model`."""
        from .. import saving

        saving.save_model(self, filepath, overwrite, zipped)

    def save_weights(self, filepath: Any, overwrite: bool = True) -> None:
        """Writes the weights to a ``.weights.h5`` or ``.npz`` file: :func:`minikeras.saving.save_weights`."""
        from .. import saving

        saving.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False) -> None:
        """Reads them back: :func:`minikeras.saving.load_weights`."""
        from .. import saving

        saving.load_weights(self, filepath, skip_mismatch)

    # Looking at it, and configs.

    def summary(
        self,
        line_length: int | None = None,
        print_fn: Callable[[str], Any] | None = None,
        show_trainable: bool = False,
    ) -> None:
        """Prints the table of layers, shapes and parameters as Keras does."""
        (print_fn or console.show)(summary(self, line_length, show_trainable))

    def get_config(self) -> dict[str, Any]:
        below: list[Layer] = [self._input] if self._input else []
        result = {
            **super().get_config(),
            "layers": [layers_module.serialize(x) for x in below + self._layers],
        }
        if self._build_shape is not None:
            result["build_input_shape"] = self._build_shape
        return result

    @classmethod
    def from_config(cls, model_config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        """A new model with fresh parameters from :meth:`get_config`'s dictionary."""
        model = cls(name=model_config.get("name"))
        for layer_config in model_config["layers"]:
            model.add(layers_module.deserialize(layer_config, custom_objects), rebuild=False)
        shape = model_config.get("build_input_shape")
        if model._input is not None:
            model._maybe_build()
        elif shape is not None:
            model.build(shape)
        if model_config.get("trainable") is False:
            model.trainable = False
        return model


def clone_model(model: Sequential) -> Sequential:
    """A model of the same layers with freshly initialised parameters, as Keras's ``clone_model``."""
    with config.using(floatx=model.dtype):
        return Sequential.from_config(model.get_config())
