"""The reference kernels: plain NumPy, any dtype, each written like its equation."""

from typing import Any

from ..names import kernels_of

globals().update(kernels_of(__name__))


def __getattr__(name: str) -> Any:
    raise AttributeError(f"There is no kernel {name!r}. The names of all: minikeras.kernels.names.FILES")
