"""Instructions in the form that the machine runs; and whether cutting them changes any bit."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import kernels
from ..kernels.compiled.blas import products
from .instructions import UPDATES, Compiler, address, waits
from .machine import BLOCK, PARTS, Workers


class Table:
    """The instructions of some calls.

    Args:
        compiler: makes them.
        calls: of kernels.
        moving: arrays of which each step takes the next entry along the first axis; the calls name the first one.
    """

    def __init__(self, compiler: Compiler, calls: list[kernels.Call], moving: Iterable[np.ndarray] = ()) -> None:
        self._calls = calls  # keeps the arrays alive, of which the table has only the addresses
        instructions = compiler.compile(calls)
        parts = range(PARTS)
        self._operations = np.array([[i.operation if i.blocks[part] else 0 for i in instructions] for part in parts])
        self._waits = np.array(waits(instructions))
        self._blocks = np.array([[i.blocks[part] or (0,) * BLOCK for i in instructions] for part in parts])
        self._strides = np.zeros_like(self._blocks)
        for array in moving:
            begin = address(array)
            inside = (self._blocks >= begin) & (self._blocks < begin + array[0].nbytes)
            self._strides[inside] = array.strides[0]
        self._pieces = list(compiler.pieces.values())

    def run(self, workers: Workers, steps: int) -> None:
        """All instructions, some times. Two cores need BLAS to use one thread each: that is the caller's business."""
        for pieces in self._pieces:
            pieces.load()
        workers.run(self._operations, self._waits, self._blocks.copy(), self._strides, steps)
        for pieces in self._pieces:
            pieces.store()


#: What was found about products, by the shapes, orders and dtypes of their arrays.
_ROUNDS_OTHERWISE: dict[tuple[Any, ...], bool] = {}


def changes_bits(calls: list[kernels.Call], workers: Workers, cut: bool) -> bool:
    """True if BLAS rounds any product otherwise when gradients are made some rows at a time; found on random numbers.

    A smaller product may get another kernel of BLAS's, which adds in another order: then many elements differ. That
    depends on shapes and orders alone, so each product is tried once in a process.

    Args:
        cut: True for products that are shared between two cores, too.
    """
    for a, b, out in (arguments for name, arguments in calls if name == "matmul"):
        late = any(name in UPDATES and arguments[UPDATES[name]] is out for name, arguments in calls)
        key = (*((array.shape, array.strides, array.dtype.str) for array in (a, b, out)), late, cut)
        if key not in _ROUNDS_OTHERWISE:
            _ROUNDS_OTHERWISE[key] = _rounds_otherwise(a, b, out, workers, late, cut)
        if _ROUNDS_OTHERWISE[key]:
            return True
    return False


def _rounds_otherwise(
    a: np.ndarray, b: np.ndarray, out: np.ndarray, workers: Workers, late: bool, cut: bool, enough: int = 4096
) -> bool:
    """True if BLAS rounds one product otherwise.

    Args:
        late: True if the product is made where the update uses it.
        enough: elements of the product to compare.
    """
    rng = np.random.default_rng(0)
    found = products(out.dtype)
    if found is None:
        return True
    for _ in range(-(-enough // out.size)):
        a, b = _random(a, rng), _random(b, rng)
        whole, made = np.empty_like(out), np.zeros_like(out)
        Table(Compiler(a.dtype, found, (a, b), False, False), [("matmul", (a, b, whole))]).run(workers, 1)
        asked: list[kernels.Call] = [("matmul", (a, b, made))]
        if late:  # 0 − (−1) · gradient
            gradient = np.empty_like(out)
            asked = [("matmul", (a, b, gradient)), ("sgd", (made, gradient, a.dtype.type(-1)))]
        Table(Compiler(a.dtype, found, (a, b, made), cut), asked).run(workers, 1)
        if not np.array_equal(whole, made):
            return True
    return False


def _random(like: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Normal numbers in an array of the same shape, dtype and order."""
    if like.flags.c_contiguous:
        return rng.standard_normal(like.shape).astype(like.dtype)
    return _random(like.T, rng).T
