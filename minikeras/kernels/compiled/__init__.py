"""The compiled kernels: the names of :mod:`minikeras.kernels.reference` as Numba loops over float32 and float64."""

from typing import Any

from ..names import kernels_of

globals().update(kernels_of(__name__))


def __getattr__(name: str) -> Any:
    raise AttributeError(f"There is no kernel {name!r}. The names of all: minikeras.kernels.names.FILES")
