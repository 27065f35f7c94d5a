"""Lambda: a function as a layer."""

from collections.abc import Callable
from inspect import signature
from typing import Any

from ... import custom_objects
from ...errors import UnsupportedError
from ..base import Layer
from ..shapes import is_shape


class Lambda(Layer):
    """y = function(x); its derivative comes from the functions of :mod:`minikeras.ops` that it calls.

    Args (as in Keras):
        function: takes tensors; gets ``mask`` and ``training`` too if it has arguments of these names.
        output_shape: of one output without the batch axis, or a function of the input's shape; found by calling the
            layer on zeros unless given.
        mask: the mask of the outputs, or a function of inputs and mask.
        arguments: further arguments of the function.

    Differs from Keras: its config names the function, and never holds its code; loading such a file needs the function
    in ``custom_objects``.

    >>> Lambda(lambda x: x**2, dtype="float64")([[3.0]])
    array([[9.]])
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(function):
            raise ValueError(f"`function` must be a function; pass the one of a file's name. Received: {function!r}")
        self.function, self.mask, self.arguments = function, mask, arguments or {}
        self.supports_masking = mask is not None
        self._output_shape = output_shape
        try:
            self._takes = set(signature(function).parameters)
        except ValueError:  # a built-in function
            self._takes = set()

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        more = {key: v for key, v in {"mask": mask, "training": training}.items() if key in self._takes}
        return self.function(inputs, **{**self.arguments, **more})

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return self.mask(inputs, previous_mask) if callable(self.mask) else self.mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self._output_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        batch = input_shape[0] if is_shape(input_shape) else input_shape[0][0]
        return (batch, *self._output_shape)

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "function": _named(self.function)}
        if self._output_shape is not None:
            config["output_shape"] = _named(self._output_shape) if callable(self._output_shape) else self._output_shape
        if self.mask is not None:
            config["mask"] = _named(self.mask) if callable(self.mask) else self.mask
        return {**config, "arguments": self.arguments}

    @classmethod
    def from_config(cls, layer_config: dict[str, Any]) -> Any:
        """The layer of a config, whose functions are found by name among the custom objects; code is never read.

        Raises:
            UnsupportedError: for a function that is not there.
        """
        config = dict(layer_config)
        for name in ("function", "output_shape", "mask"):
            if isinstance(config.get(name), dict | str) or (name == "function" and not callable(config.get(name))):
                config[name] = _found(config[name])
        return cls(**{name: value for name, value in config.items() if name not in _OF_KERAS_2})


_OF_KERAS_2 = ("function_type", "module", "output_shape_type", "output_shape_module")


def _found(config: Any) -> Any:
    name = config.get("config") if isinstance(config, dict) else None
    function = custom_objects.found([name, config.get("registered_name") if isinstance(config, dict) else None])
    if function is None or config.get("class_name") != "function":
        raise UnsupportedError(
            f"The config of a Lambda names the function {str(name)[:100]!r}. Only a function that is passed in "
            f"`custom_objects` under its name is taken, never code out of a file."
        )
    return function


def _named(function: Any) -> dict[str, Any]:
    name = getattr(function, "__name__", type(function).__name__)
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
