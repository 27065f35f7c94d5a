"""Functions of arrays under NumPy's names, by family."""

from ..base import functions_of
from . import arithmetic, composed, discrete, elementwise, indexing, plain, products, reductions, shapes

for _family in (arithmetic, composed, discrete, elementwise, indexing, plain, products, reductions, shapes):
    globals().update(functions_of(_family))
