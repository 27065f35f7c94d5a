"""Dropout: some entries are zero, the others grow so that the mean stays.

==========  =========  ======================================
x, dx       any shape  input, ∂L/∂x
y, dy       as x       output, ∂L/∂y
keep        as x       which entries stay (bool)
scale       scalar     1 / (1 − rate)
==========  =========  ======================================
"""

import numpy as np


def dropout(x: np.ndarray, keep: np.ndarray, scale: float, y: np.ndarray) -> None:
    """y = scale · x where kept, else 0. Writes y.

    It is linear in x, so backward is the same function on dy: dx = scale · dy where kept, else 0.
    """
    y[...] = np.where(keep, scale * x, 0)
