"""CIFAR-100: 60,000 colour images of 32 × 32 in a hundred classes, which form 20 groups.

Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
"""

from . import sources
from .cifar import load_batches
from .sources import Arrays

URL = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
SHA256 = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"
NAMES = ("cifar-100-python.tar.gz", "cifar-100-python-target_archive")


def load_data(label_mode: str = "fine") -> Arrays:
    """CIFAR-100 from Keras's cache, minikeras's, or a verified download.

    Args (as in Keras):
        label_mode: "fine" for the hundred classes, "coarse" for the 20 groups.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: images uint8, (50000, 32, 32, 3) and (10000, 32, 32, 3); labels
        int64, (50000, 1) and (10000, 1).

    Raises:
        ValueError: for another ``label_mode``.
        DataError: if the archive is to be had nowhere; names every place and what helps.
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError(f'`label_mode` must be one of `"fine"`, `"coarse"`. Received: label_mode={label_mode}.')
    archive = sources.fetch("CIFAR-100", NAMES, URL, SHA256)
    train, test = (
        load_batches(archive, [f"cifar-100-python/{part}"], f"{label_mode}_labels") for part in ("train", "test")
    )
    return train, test
