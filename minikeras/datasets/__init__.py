"""Data sets under Keras's names, every file of them verified.

======================  ==========================================  =============================
data set                ``x_train`` of ``load_data()``              offline
======================  ==========================================  =============================
``boston_housing``      (404, 13)                                   -
``california_housing``  (16512, 8)                                  -
``cifar10``             (50000, 32, 32, 3)                          -
``cifar100``            (50000, 32, 32, 3)                          -
``fashion_mnist``       (60000, 28, 28)                             ``load_sample()``, embedded
``imdb``                25,000 lists                                -
``mnist``               (60000, 28, 28)                             -
``reuters``             8,982 lists                                 -
======================  ==========================================  =============================
"""

from . import boston_housing, california_housing, cifar10, cifar100, fashion_mnist, imdb, mnist, reuters

__all__ = [
    "boston_housing",
    "california_housing",
    "cifar10",
    "cifar100",
    "fashion_mnist",
    "imdb",
    "mnist",
    "reuters",
]
