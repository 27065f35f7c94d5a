"""The config of a layer: what it was made of, as data.

A custom layer without a ``get_config`` of its own has its constructor's arguments in it, if they are plain data: with
``def __init__(self, factor=2, **kwargs)``, the config of ``Times(3)`` has the entry ``"factor": 3``.
"""

from inspect import Parameter as Argument
from inspect import signature
from typing import Any, Self

from .. import regularizers
from ..tree import flatten


class Configured:
    """The part of a layer that tells how to make another one like it."""

    name: str
    dtype: Any
    trainable: Any
    activity_regularizer: Any
    _constructed_with: Any  # the constructor's arguments, or None if they are no plain data

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        made = super().__new__(cls)
        if cls.get_config is Configured.get_config and not cls.__module__.startswith("minikeras."):
            vars(made)["_constructed_with"] = _plain_arguments(cls, args, kwargs)
        return made

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, in Keras's form.

        Raises:
            NotImplementedError: for a custom layer with arguments that are no plain data, which has to override it.
        """
        given = vars(self).get("_constructed_with", {})
        if given is None:
            raise NotImplementedError(
                f"Object {type(self).__name__} was created by passing non-serializable argument values in "
                f"`__init__()`, and therefore the object must override `get_config()` in order to be serializable. "
                f"Please implement `get_config()`."
            )
        policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": self.dtype}}
        own = {"name": self.name, "trainable": self.trainable, "dtype": {**policy, "registered_name": None}}
        if self.activity_regularizer is not None:
            own["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        return {**given, **own}

    @classmethod
    def from_config(cls, layer_config: dict[str, Any]) -> Self:
        """A new, unbuilt layer from :meth:`get_config`'s dictionary."""
        return cls(**layer_config)


def _plain_arguments(cls: type, args: Any, kwargs: dict[str, Any]) -> dict[str, Any] | None:
    """The arguments of a constructor by name, those by default among them; None if some are no plain data."""
    if str(cls.__init__.__module__).startswith("minikeras."):  # type: ignore[misc]  # the config has these anyway
        return {}
    parameters = signature(cls.__init__)  # type: ignore[misc]
    try:
        bound = parameters.bind(None, *args, **kwargs)
    except TypeError:  # the constructor will say what is wrong
        return {}
    bound.apply_defaults()
    found: dict[str, Any] = {}
    for argument, value in list(zip(parameters.parameters.values(), bound.arguments.values(), strict=True))[1:]:
        if argument.kind is Argument.VAR_KEYWORD:
            found |= value
        elif argument.kind in (Argument.VAR_POSITIONAL, Argument.POSITIONAL_ONLY):
            if value or argument.kind is Argument.POSITIONAL_ONLY:
                return None
        else:
            found[argument.name] = value
    plain = all(isinstance(leaf, str | int | float | bool | None) for leaf in flatten(found))
    return found if plain else None
