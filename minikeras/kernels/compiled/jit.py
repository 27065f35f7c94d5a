"""How a loop becomes a kernel: Numba compiles it at its first call, and keeps the result on disk for the next process.

Where there is no folder to keep it in (a read-only installation without a home directory), every process compiles
anew. Several processes may compile at once: Numba writes its files under another name and renames them.
``NUMBA_CACHE_DIR`` names another folder.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, njit, types
from numba.core import cgutils
from numba.extending import intrinsic as _intrinsic

from ... import threads

intrinsic: Any = _intrinsic

#: Entries of an array that are worth a core.
WORTH = 1 << 17


def kernel(loop: Callable[..., Any], **options: Any) -> Any:
    """The compiled loop: without the GIL, and with NaN and infinity as IEEE 754 has them (no ``fastmath``)."""
    try:
        return njit(cache=True, nogil=True, **options)(loop)
    except RuntimeError:  # no folder can be written to
        return njit(nogil=True, **options)(loop)


@intrinsic
def call(typing, address, arguments):
    """Calls the C function at an address, without result, with the numbers in a tuple."""

    def generate(context, builder, signature, values):
        kinds = [context.get_value_type(kind) for kind in signature.args[1].types]
        function = builder.inttoptr(values[0], ir.FunctionType(ir.VoidType(), kinds).as_pointer())
        builder.call(function, cgutils.unpack_tuple(builder, values[1]))
        return context.get_dummy_value()

    return types.void(address, arguments), generate


@intrinsic
def pointer(typing, address):
    """An address as what ``numba.carray`` takes."""

    def generate(context, builder, signature, values):
        return builder.inttoptr(values[0], cgutils.voidptr_t)

    return types.voidptr(address), generate


@intrinsic
def power_of_two(typing, shifted):
    """2ⁿ from the float n + 1.5 · 2ᵐ, m the mantissa's bits: the low bits of such a float are n's."""
    bits, mantissa, bias = (32, 23, 127) if shifted == types.float32 else (64, 52, 1023)

    def generate(context, builder, signature, values):
        whole = ir.IntType(bits)
        n = builder.add(builder.bitcast(values[0], whole), ir.Constant(whole, bias))
        return builder.bitcast(builder.shl(n, ir.Constant(whole, mantissa)), values[0].type)

    return shifted(shifted), generate


@kernel
def flushed(x):
    """x; 0 in place of what is below the smallest normal number, with which processors calculate slowly."""
    return type(x)(0) if abs(x) < np.finfo(type(x)).tiny else x


@kernel
def entries(row, i, like):
    """Array i of a row of :class:`~minikeras.kernels.together.Together`'s table, flat, of the type of a number."""
    return carray(pointer(row[1 + i]), (row[0],), type(like))


def elementwise(loop: Callable[..., Any]) -> Any:
    """A kernel on arrays of any shape and layout from a loop over flat ones."""
    compiled = kernel(loop, error_model="numpy")
    output = 3 if loop.__name__.endswith("_backward") else 1

    @wraps(loop)
    def on_any_shape(*arguments: Any) -> None:
        flat = [a.reshape(-1) if isinstance(a, np.ndarray) else a for a in arguments]
        compiled(*flat)
        out = arguments[output]
        if not out.flags.c_contiguous:  # then flattening it made a copy
            out[...] = flat[output].reshape(out.shape)

    on_any_shape.loop = compiled  # type: ignore[attr-defined]
    return on_any_shape


def flat(loop: Callable[..., Any]) -> Any:
    """A kernel over the entries of arrays of one shape, of which none depends on another: the loop sees them flat.

    The cores share out the entries of large arrays. ``.loop`` is the compiled loop.
    """
    compiled = kernel(loop, error_model="numpy")

    @wraps(loop)
    def run(*arguments: Any) -> None:
        if arguments[0].ndim != 1:
            arguments = tuple([a.reshape(-1) if isinstance(a, np.ndarray) else a for a in arguments])
        if arguments[0].size < 2 * WORTH:
            compiled(*arguments)
            return

        def some(part: slice) -> None:
            compiled(*[a[part] if isinstance(a, np.ndarray) else a for a in arguments])

        threads.share_rows(some, arguments[0].size, WORTH)

    run.loop = compiled  # type: ignore[attr-defined]
    return run
