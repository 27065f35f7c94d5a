"""Exceptions, and the two ways of saying that something is missing.

Every exception is also the built-in type that Keras raises in the same place, so that code written for
Keras catches it: wrong shapes and values are ``ValueError``, missing packages ``ImportError``.
"""

import importlib
from collections.abc import Iterable
from types import ModuleType


class ShapeError(ValueError):
    """An array has another shape than the layer, loss or optimizer needs."""


class DataError(ValueError):
    """Data that cannot be used: labels out of range, truncated or corrupted files, lengths that differ."""


class NotCompiledError(ValueError):
    """``fit``, ``evaluate`` or ``train_on_batch`` before ``compile``."""


class NotRecordedError(RuntimeError):
    """``backward`` without a recorded forward pass to go back through."""


class UnsupportedError(ValueError):
    """A file or a config asks for something that Keras has and minikeras has not."""


class MissingExtraError(ImportError):
    """An optional package is not installed; the message names the extra that brings it."""


def nearest(word: str, choices: Iterable[str]) -> str:
    """A sentence naming the choice nearest to a misspelt word, or an empty string.

    >>> nearest("sofmax", ["relu", "softmax"])
    " Did you mean 'softmax'?"
    """
    import difflib

    found = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f" Did you mean {found[0]!r}?" if found else ""


def missing(name: str, reason: str) -> type:
    """A stand-in for a name that Keras has and minikeras has not: it can be imported, and its use raises.

    Args:
        name: the full name in Keras.
        reason: why it is missing, as a sentence.

    Raises:
        UnsupportedError: when it is called; names it and says why.

    >>> missing("keras.utils.FeatureSpace", "It builds graphs of layers.")()
    Traceback (most recent call last):
    minikeras.errors.UnsupportedError: minikeras has no keras.utils.FeatureSpace: It builds graphs of layers.
    """

    def refuse(cls: type, *args: object, **kwargs: object) -> None:
        raise UnsupportedError(f"minikeras has no {name}: {reason}")

    return type(name.rpartition(".")[2], (), {"__new__": refuse, "__doc__": f"Not in minikeras: {reason}"})


def require(module: str, extra: str) -> ModuleType:
    """Imports an optional module where it is used.

    Raises:
        MissingExtraError: if it is not installed; names the extra to install.

    >>> require("math", "plot").floor(2.5)
    2
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"{module!r} is needed here and is not installed. Install it with: pip install 'minikeras[{extra}]'"
        ) from error
