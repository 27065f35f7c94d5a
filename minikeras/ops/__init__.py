"""Functions of arrays under the names of ``keras.ops``, each recorded with its derivative.

>>> from minikeras import ops
>>> ops.matmul([[1.0, 2.0]], [[3.0], [4.0]])
array([[11.]], dtype=float32)

Each function that has a derivative is an :class:`~minikeras.operation.Operation` whose ``call`` and ``backward`` stand
side by side, with the formula above them:
elementwise (:mod:`~minikeras.ops.numpy.elementwise`), of two arrays (:mod:`~minikeras.ops.numpy.arithmetic`),
reductions, shapes, indexing, products, then :mod:`~minikeras.ops.nn`, :mod:`~minikeras.ops.math`,
:mod:`~minikeras.ops.fourier`, :mod:`~minikeras.ops.linalg`, :mod:`~minikeras.ops.core` and, as ``ops.image``,
:mod:`~minikeras.ops.image`. Functions without a derivative are in
:mod:`~minikeras.ops.numpy.plain`.

A function of ``keras.ops`` that is not here raises an AttributeError that says so.
"""

from typing import Any

from ..tensor import functions
from . import core, fourier, image, linalg, math, nn, numpy  # noqa: F401
from .base import functions_of

for _family in (numpy, nn, math, fourier, linalg, core):
    functions.update(functions_of(_family))
globals().update(functions)
__all__ = sorted([*functions, "image", "linalg", "nn", "numpy"])


def __getattr__(name: str) -> Any:
    raise AttributeError(
        f"minikeras.ops has no {name!r}. The functions that it has: dir(minikeras.ops); others can be written as a "
        f"subclass of minikeras.Operation with `call` and `backward`."
    )
