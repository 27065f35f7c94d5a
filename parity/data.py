"""The images that both libraries train on."""

from typing import Any

import numpy as np


def images(rows: int, validation: int, path: str | None = None) -> tuple[Any, Any]:
    """Fashion-MNIST as ((x, y), (validation x, validation y)), pixels uint8.

    The embedded sample serves where it has enough rows; otherwise the whole set is loaded, of whose 60,000
    training images the first 5,000 are for validation, as in the classic program.

    Args:
        path: where the four files of the set are, if not in one of the usual places.
    """
    from minikeras import datasets

    if path is None:
        sample = datasets.fashion_mnist.load_sample()
        (x, y), (vx, vy) = ((np.asarray(a) for a in pair) for pair in sample)
        if len(x) >= rows and len(vx) >= validation:
            return (x[:rows], y[:rows]), (vx[:validation], vy[:validation])
    (x, y), _ = datasets.fashion_mnist.load_data(path)
    return (x[5000 : 5000 + rows], y[5000 : 5000 + rows]), (x[:validation], y[:validation])


def held_out_images(path: str | None = None) -> Any:
    """The 10,000 test images and labels."""
    from minikeras import datasets

    return datasets.fashion_mnist.load_data(path)[1]
