"""What runs a program: a compiled loop over its instructions, on one core or on two at once.

An instruction is the address of an operation (:mod:`minikeras.replay.operations`) and a block of numbers for it:
addresses of arrays, sizes, a learning rate. Where an instruction needs what the other core has written, the two wait
for each other; they do so by looking at each other's counter, since a wait is far shorter than what it takes to sleep.
Numba has neither calls to addresses nor such counters, so the few lines of LLVM for them are here.
"""

import ctypes
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
from numba import types

from ..kernels.compiled.jit import call, intrinsic, kernel

#: Numbers in the block of an instruction, and parts that it is cut into.
BLOCK, PARTS = 32, 2
#: Looks at the other's counter before the core is offered to somebody else.
_LOOKS = 2000
_APART = 32  # numbers between the two counters, so that they share no cache line


def _element(context, builder, signature, values):
    array = context.make_array(signature.args[0])(context, builder, values[0])
    return builder.gep(array.data, [values[1]])


@intrinsic
def _look(typing, counters, i):
    """counters[i], as the other core has it now, with all that it wrote before."""

    def generate(context, builder, signature, values):
        return builder.load_atomic(_element(context, builder, signature, values), "acquire", 8)

    return types.int64(counters, i), generate


@intrinsic
def _show(typing, counters, i, value):
    """counters[i] = value, for the other core to see after all that was written before."""

    def generate(context, builder, signature, values):
        builder.store_atomic(values[2], _element(context, builder, signature, values), "release", 8)
        return context.get_dummy_value()

    return types.void(counters, i, value), generate


@kernel
def _meet(counters, me, times, give_way):
    """Goes on when both cores are here for the time that ``times`` counts."""
    _show(counters, _APART * me, times)
    looks = 0
    while _look(counters, _APART * (1 - me)) < times:
        looks += 1
        if looks > _LOOKS:
            call(give_way, ())


@kernel
def _run(operations, waits, blocks, strides, steps, first, last, counters, give_way):
    """All instructions, ``steps`` times, for the parts from ``first`` to ``last``; blocks advance by their strides."""
    times = 0
    for _ in range(steps):
        for i in range(len(waits)):
            if waits[i] and last - first < PARTS:
                times += 1
                _meet(counters, first, times, give_way)
            for part in range(first, last):
                if operations[part, i] != 0:
                    call(operations[part, i], (blocks[part, i].ctypes.data,))
        for part in range(first, last):
            for i in range(len(waits)):
                for j in range(BLOCK):
                    blocks[part, i, j] += strides[part, i, j]


class Workers:
    """One core, or two.

    Attributes:
        cores: how many work, 1 or 2; the results are the same bits.
    """

    def __init__(self) -> None:
        self.cores = 1
        self._helper = ThreadPoolExecutor(1, thread_name_prefix="minikeras")

    def use(self, cores: int) -> None:
        """So many from now on."""
        self.cores = cores

    def run(
        self, operations: np.ndarray, waits: np.ndarray, blocks: np.ndarray, strides: np.ndarray, steps: int
    ) -> None:
        """Executes a table of instructions some times.

        Args:
            operations: addresses (part, instruction); 0 where a part has nothing to do.
            waits: whether both cores must have come to an instruction before either begins it.
            blocks: (part, instruction, BLOCK); changed.
            strides: what is added to them after each step.
        """
        counters = np.zeros(2 * _APART, np.int64)
        common = (operations, waits, blocks, strides, steps)
        if self.cores == 1:
            _run(*common, 0, PARTS, counters, _give_way())
        else:
            other = self._helper.submit(lambda: _run(*common, 1, 2, counters, _give_way()))
            _run(*common, 0, 1, counters, _give_way())
            other.result()

    def close(self) -> None:
        """Lets the second thread go."""
        self._helper.shutdown(wait=False)


@cache
def _give_way() -> int:
    """The address of the system's function that offers the core to another thread."""
    if os.name == "nt":
        function = ctypes.WinDLL("kernel32").SwitchToThread  # type: ignore[attr-defined]
    else:
        function = ctypes.CDLL(None).sched_yield
    return ctypes.cast(function, ctypes.c_void_p).value or 0
