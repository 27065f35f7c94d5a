"""An activation that is a plain function: its derivative is the chain rule over the operations that it calls.

>>> from minikeras import ops
>>> cube = Recorded(lambda x: ops.power(x, 3))
>>> z, dy = np.array([-1.0, 2.0]), np.array([1.0, 10.0])
>>> y, dz = np.empty(2), np.empty(2)
>>> cube.forward(z, y), cube.backward(dy, z, y, dz), y, dz         # dz = 3 z² dy
(None, None, array([-1.,  8.]), array([  3., 120.]))
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arithmetic import value
from ..calls import Call, Pass
from ..errors import ShapeError
from ..tensor import wrapped
from .base import Activation


class Recorded(Activation):
    """y = f(z) for a function of :mod:`minikeras.ops` or of the user;  dz by the chain rule, for which f runs again.

    Args:
        function: from a tensor to one of the same shape.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(getattr(function, "__name__", type(function).__name__))
        self.function = function

    def __call__(self, x: Any, *args: Any, **params: Any) -> Any:
        return self.function(x, *args, **params)

    def forward(self, z: np.ndarray, y: np.ndarray) -> None:
        with Call.root(Pass()):
            found = np.asarray(value(self.function(wrapped(z))))
        if found.shape != y.shape:
            raise ShapeError(
                f"The activation {self.__name__} must return the shape that it gets. Received: shape {found.shape} "
                f"for an input of shape {z.shape}"
            )
        y[...] = found

    def backward(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
        over = Pass(record=True)
        over.live.add(id(z))
        with Call.root(over) as root:
            root.inputs, root.wants_dx = z, True
            root.outputs = value(self.function(wrapped(z)))
            dx = root.chain(dy)
        dz[...] = 0 if dx is None else dx
