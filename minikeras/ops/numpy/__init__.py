"""Functions of arrays under NumPy's names, by family."""

from ..base import functions_of
from . import arithmetic, elementwise, indexing, plain, products, reductions, shapes

for _family in (arithmetic, elementwise, indexing, plain, products, reductions, shapes):
    globals().update(functions_of(_family))
