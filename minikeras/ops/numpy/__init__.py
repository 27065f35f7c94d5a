"""Functions of arrays under NumPy's names, by family."""

from .arithmetic import *
from .elementwise import *
from .indexing import *
from .plain import *
from .products import *
from .reductions import *
from .shapes import *
