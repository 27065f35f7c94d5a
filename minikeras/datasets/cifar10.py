"""CIFAR-10: 60,000 colour images of 32 × 32 in ten classes.

=====  ==========  =====  ======
label  class       label  class
=====  ==========  =====  ======
0      airplane    5      dog
1      automobile  6      frog
2      bird        7      horse
3      cat         8      ship
4      deer        9      truck
=====  ==========  =====  ======

Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
"""

import numpy as np

from . import sources
from .cifar import load_batches
from .sources import Arrays

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
NAMES = ("cifar-10-python.tar.gz", "cifar-10-batches-py-target_archive", "cifar-10-batches-py.tar.gz")


def load_data() -> Arrays:
    """CIFAR-10 from Keras's cache, minikeras's, or a verified download.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: uint8, (50000, 32, 32, 3), (50000, 1), (10000, 32, 32, 3), (10000, 1).

    Raises:
        DataError: if the archive is to be had nowhere; names every place and what helps.
    """
    archive = sources.fetch("CIFAR-10", NAMES, URL, SHA256)
    folder = "cifar-10-batches-py"
    x_train, y_train = load_batches(archive, [f"{folder}/data_batch_{i}" for i in range(1, 6)], "labels")
    x_test, y_test = load_batches(archive, [f"{folder}/test_batch"], "labels")
    return (x_train, y_train.astype(np.uint8)), (x_test, y_test.astype(np.uint8))
