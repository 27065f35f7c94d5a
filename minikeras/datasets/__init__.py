"""Data sets under Keras's names, every file of them verified.

=================  ========================================  =============================
data set           arrays of ``load_data()``                 offline
=================  ========================================  =============================
``fashion_mnist``  (60000, 28, 28) and (10000, 28, 28)       ``load_sample()``, embedded
``mnist``          (60000, 28, 28) and (10000, 28, 28)       -
=================  ========================================  =============================
"""

from . import fashion_mnist, mnist

__all__ = ["fashion_mnist", "mnist"]
