"""The config of a graph in Keras's form, and back."""

from inspect import Parameter as Argument
from inspect import signature
from typing import Any

from .. import layers


def serialize(operation: Any) -> dict[str, Any]:
    """A layer's or a model's config with its class, in Keras's form."""
    return layers.serialize(operation)


def takes_symbols(cls: type) -> bool:
    """True for a class that is made as ``cls(inputs, outputs, name=…)``."""
    arguments = list(signature(cls.__init__).parameters.values())[1:]
    kinds = {a.kind for a in arguments}
    return {Argument.VAR_POSITIONAL, Argument.VAR_KEYWORD} <= kinds or [a.name for a in arguments[:2]] == [
        "inputs",
        "outputs",
    ]


def describe(model: Any) -> dict[str, Any]:
    raise NotImplementedError("a graph's config")


def rebuilt(cls: Any, config: dict[str, Any], custom_objects: Any) -> Any:
    raise NotImplementedError("a graph's config")
