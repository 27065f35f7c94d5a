"""ActivityRegularization: y = x, with a penalty on x."""

from typing import Any

from ... import regularizers
from ..core.identity import Identity


class ActivityRegularization(Identity):
    """y = x;  dx = dy. Adds (l1 Σ|x| + l2 Σx²) / N to the loss, with N rows.

    >>> from minikeras import layers
    >>> import numpy as np
    >>> layer = layers.ActivityRegularization(l1=0.5)
    >>> y = layer(np.array([[1.0, -2.0], [3.0, 0.0]]))
    >>> float(layer.losses[0])
    1.5
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1, self.l2 = l1, l2

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "l1": self.l1, "l2": self.l2}
        del config["activity_regularizer"]
        return config
