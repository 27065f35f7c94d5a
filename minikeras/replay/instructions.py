"""From the kernel calls of a step to instructions for one core or two.

Each call becomes an instruction in two parts: the left columns of what it writes, and the right ones. Columns are the
units of a layer, so each core keeps to its half of every kernel, gradient and activation. Only a product reads all
columns, of its first factor; and a transposed kernel is cut along its rows. There the cores must wait for each other:
:func:`waits` finds out where.

A step cannot be replayed (:class:`NotReplayable`) if it has an unknown kernel, an array in another memory order, or an
input that no recorded call wrote.
"""

import struct
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ..kernels import Call
from ..kernels.compiled.blas import PLAIN, TRANSPOSED, Products
from . import operations
from .machine import BLOCK
from .operations import NUMBERS, UPDATE

#: What kernels do to their arrays: read, write, or update (both).
_ROLES = {
    "add_bias": "ur",
    "sum_rows": "rw",
    "bias_relu": "urw",
    "relu_backward_bias": "rrww",
    "adam": "uuurr",
    "rmsprop": "uur",
    "sgd": "ur",
    "sgd_momentum": "uur",
    "softmax_crossentropy": "rrrwww",
}
_ACTIVATIONS = ("linear", "relu", "selu", "gelu", "gelu_tanh", "silu", "sigmoid", "tanh", "softplus", "softsign")
#: Updates of a parameter, and how many of their arrays stand before the gradient.
UPDATES = {"adam": 3, "rmsprop": 2, "sgd": 1, "sgd_momentum": 2}
_ONLY_UPDATED = [["matmul", update] for update in UPDATES]
_WHOLE, _LEFT = "whole", "left part only"

#: Columns that are worth a core of their own, and to a multiple of which parts are cut.
_NARROWEST, _GRAIN = 32, 16
#: Rows of a gradient that are made and applied at once: few where BLAS takes a product as it is, up to some size; more
#: where it first packs the factors. Multiples of 48: BLAS's kernels take 12, 16 or 24 rows at a time, and the rest in
#: another way, which may round otherwise.
_FEW_ROWS, _MANY_ROWS, _SMALL_PRODUCT = 96, 384, 1_000_000


class NotReplayable(Exception):
    """Why a step cannot be a program."""


class Access(NamedTuple):
    """What an instruction does to an array: its address; which columns; whether it writes there."""

    address: int
    columns: Any
    writes: bool


class Instruction(NamedTuple):
    """One operation.

    Attributes:
        operation: its address.
        blocks: the numbers for each part; None for a part with nothing to do.
        accesses: to arrays.
    """

    operation: int
    blocks: tuple[tuple[int, ...] | None, ...]
    accesses: tuple[Access, ...]


def address(array: np.ndarray) -> int:
    """Where an array begins."""
    return array.__array_interface__["data"][0]


class SplitKernel:
    """A kernel, or a slot of its optimizer, in two pieces, each of which one core has to itself."""

    def __init__(self, array: np.ndarray, parts: tuple[tuple[int, int], ...]) -> None:
        self.array, self._parts = array, parts
        self.pieces = [np.empty((len(array), hi - lo), array.dtype) for lo, hi in parts]

    def load(self) -> None:
        for (lo, hi), piece in zip(self._parts, self.pieces, strict=True):
            piece[...] = self.array[:, lo:hi]

    def store(self) -> None:
        for (lo, hi), piece in zip(self._parts, self.pieces, strict=True):
            self.array[:, lo:hi] = piece


class Compiler:
    """Makes instructions of calls.

    Args:
        dtype: of the model.
        products: BLAS.
        known: the arrays that hold something when a step begins.
        cut: False leaves every instruction whole, for one core.
        late: False leaves the calls in their order: a gradient is written to memory before it is read.
    """

    def __init__(
        self,
        dtype: np.dtype,
        products: Products,
        known: Iterable[np.ndarray],
        cut: bool = True,
        late: bool = True,
    ) -> None:
        self._dtype, self._products, self._cut, self._late = dtype, products, cut, late
        self._known = {address(a) for a in known}
        self.pieces: dict[int, SplitKernel] = {}
        self._addresses: dict[int, int] = {}  # of the arrays of the calls, by identity: each costs 2 µs

    def compile(self, calls: list[Call]) -> list[Instruction]:
        """Instructions for all calls, in their order."""
        arrays = [a for _, arguments in calls for a in arguments if isinstance(a, np.ndarray)]
        self._addresses = {id(a): address(a) for a in arrays}
        late = self._late_gradients(calls) if self._late else {}
        self.pieces = self._own_pieces(calls, late)
        made = []
        for name, arguments in calls:
            if name == "matmul":
                a, b, out = arguments
                if self._at(out) not in late:
                    made.append(self._product(a, b, out))
            elif name in UPDATES and self._at(arguments[UPDATES[name]]) in late:
                made.append(self._product_and_update(*late[self._at(arguments[UPDATES[name]])], name, arguments))
            elif name == "gather":
                made.append(self._gather(*arguments))
            elif name in _ROLES:
                made.append(self._by_rows(name, arguments))
            elif name.removesuffix("_backward") in _ACTIVATIONS:
                made.append(self._activation(name, arguments))
            else:
                raise NotReplayable(f"kernel {name}")
        return made

    def _at(self, array: np.ndarray) -> int:
        found = self._addresses.get(id(array))
        return address(array) if found is None else found

    def _late_gradients(self, calls: list[Call]) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """The factors of gradients that only an update reads: they are made where they are used, in small pieces."""
        readers: dict[int, list[str]] = {}
        for name, arguments in calls:
            for array in (a for a in arguments if isinstance(a, np.ndarray)):
                readers.setdefault(self._at(array), []).append(name)
        return {
            self._at(out): (a, b)
            for name, (a, b, out) in ((name, arguments) for name, arguments in calls if name == "matmul")
            if readers[self._at(out)] in _ONLY_UPDATED and a.T.flags.c_contiguous and b.shape[1] >= _NARROWEST
        }

    def _own_pieces(self, calls: list[Call], late: dict[int, Any]) -> dict[int, "SplitKernel"]:
        """Kernels that are not needed whole, and their slots: where no dx is asked for, each core has its columns."""
        updates = [(arguments, UPDATES[name]) for name, arguments in calls if name in UPDATES and self._cut]
        groups = [arguments[:before] for arguments, before in updates if self._at(arguments[before]) in late]
        found = {self._at(a): SplitKernel(a, self._parts(a.shape[1])) for group in groups for a in group}
        for name, arguments in calls:
            for i, array in enumerate(arguments):
                if not isinstance(array, np.ndarray) or self._at(array) not in found:
                    continue
                as_it_is = array.strides == found[self._at(array)].array.strides  # not transposed: (32, 1) of (1, 32)
                if i >= UPDATES.get(name, 0) and not ((name, i) == ("matmul", 1) and as_it_is):
                    del found[self._at(array)]
        whole = [group for group in groups if any(self._at(a) not in found for a in group)]
        return {at: piece for at, piece in found.items() if not any(piece.array is a for group in whole for a in group)}

    # Cutting.

    def _parts(self, width: int) -> tuple[tuple[int, int], ...]:
        """Columns (from, to) of each part."""
        if not self._cut or width < _NARROWEST:
            return (0, width), (width, width)
        middle = -(-width // (2 * _GRAIN)) * _GRAIN
        return (0, middle), (middle, width)

    def _access(self, array: np.ndarray, columns: Any, role: str) -> Access:
        at = self._at(array)
        if role != "w" and at not in self._known:
            raise NotReplayable("an array comes from elsewhere")
        if role != "r":
            self._known.add(at)
        return Access(at, columns, role != "r")

    def _matrix(self, array: np.ndarray) -> np.ndarray:
        if array.dtype != self._dtype or not array.flags.c_contiguous:
            raise NotReplayable("an array in another order or dtype")
        return array if array.ndim == 2 else array.reshape(-1, array.shape[-1])

    # Instructions.

    def _by_rows(self, name: str, arguments: tuple[Any, ...], operation: Any = None, loop: int = 0) -> Instruction:
        roles = _ROLES[name] if operation is None else "rw" if len(arguments) == 2 else "rrrw"
        arrays, numbers = arguments[: len(roles)], arguments[len(roles) :]
        rows, width = self._matrix(arrays[0]).shape
        parts = self._parts(width)
        if name == "softmax_crossentropy":
            parts = (0, width), (width, width)
        columns = _columns(parts)
        for array in arrays:
            if array.dtype == self._dtype:
                self._matrix(array)
        accesses = tuple(self._access(a, columns, role) for a, role in zip(arrays, roles, strict=True))
        blocks = tuple(
            _block((rows, width, lo, hi, *map(self._at, arrays)), numbers, loop) if hi > lo else None
            for lo, hi in parts
        )
        return Instruction(operations.address(operation or getattr(operations, name), self._dtype), blocks, accesses)

    def _activation(self, name: str, arguments: tuple[Any, ...]) -> Instruction:
        operation = operations.backward if name.endswith("_backward") else operations.forward
        return self._by_rows(name, arguments, operation, operations.loop_address(name, self._dtype))

    def _gather(self, data: np.ndarray, indices: np.ndarray, out: np.ndarray) -> Instruction:
        rows, width = out.reshape(len(out), -1).shape
        accesses = (self._access(out, _columns(self._parts(width)), "w"),)
        blocks = tuple(
            _block((rows, width, lo, hi, self._at(data), self._at(indices), self._at(out)), (), len(data))
            if hi > lo
            else None
            for lo, hi in self._parts(width)
        )
        return Instruction(operations.address(operations.gather, self._dtype, data.dtype), blocks, accesses)

    def _product(self, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> Instruction:
        """out = a b, by columns of b and out; as NumPy would ask BLAS for it."""
        (m, k), n = a.shape, b.shape[1]
        a_order, lda = _order(a)
        b_order, ldb = _order(b)
        accesses = (
            self._access(a, _WHOLE, "r"),
            self._access(b, _columns(self._parts(n)) if b_order == PLAIN else _WHOLE, "r"),
            self._access(self._matrix(out), _columns(self._parts(n)), "w"),
        )
        blocks: list[Any] = []
        own = self.pieces.get(self._at(b))
        if m == 1 and n == 1 and k > 1:
            raise NotReplayable("a row times a column")
        for part, (lo, hi) in enumerate(self._parts(n)):
            at_b, at_out = self._at(b) + lo * b.strides[1], self._at(out) + lo * out.strides[1]
            if own is not None:
                at_b, ldb = self._at(own.pieces[part]), hi - lo
            if hi == lo:
                blocks.append(None)
            elif m == 1 and k > 1:  # a row: bᵀ times it
                stored = (k, hi - lo) if b_order == PLAIN else (hi - lo, k)
                order = TRANSPOSED if b_order == PLAIN else PLAIN
                blocks.append(_block((self._products.gemv, order, *stored, at_b, ldb, self._at(a), at_out)))
            elif n == 1 and k > 1:  # a column
                stored = (m, k) if a_order == PLAIN else (k, m)
                blocks.append(_block((self._products.gemv, a_order, *stored, self._at(a), lda, at_b, at_out)))
            else:
                sizes = (a_order, b_order, m, hi - lo, k, self._at(a), lda, at_b, ldb, at_out, n)
                blocks.append(_block((self._products.gemm, *sizes)))
        operation = operations.gemv if k > 1 and (m == 1 or n == 1) else operations.gemm
        return Instruction(operations.address(operation, self._dtype), tuple(blocks), accesses)

    def _product_and_update(self, a: np.ndarray, b: np.ndarray, name: str, arguments: tuple[Any, ...]) -> Instruction:
        """An update with the gradient a b."""
        (d, k), width = a.shape, b.shape[1]
        parts, roles, before = self._parts(width), _ROLES[name], UPDATES[name]
        arrays, numbers = arguments[: len(roles)], arguments[len(roles) :]
        given = [(array, role) for i, (array, role) in enumerate(zip(arrays, roles, strict=True)) if i != before]
        accesses = [self._access(array, _columns(parts), role) for array, role in ((self._matrix(b), "r"), *given)]
        update = operations.address(getattr(operations, name), self._dtype)
        own = [self.pieces[self._at(a)] for a in arrays[:before] if self._at(a) in self.pieces]
        blocks: list[Any] = []
        for part, (lo, hi) in enumerate(parts):
            columns = hi - lo
            at_once = _FEW_ROWS if _FEW_ROWS * columns * k <= _SMALL_PRODUCT else _MANY_ROWS
            sizes = (self._products.gemm, d, columns, k, self._at(a), self._at(b) + lo * b.itemsize, d, width, at_once)
            its_block = _block((d, width, lo, hi, *map(self._at, arrays)), numbers)
            if own:
                places = [self._at(own[i].pieces[part]) if i < before else self._at(a) for i, a in enumerate(arrays)]
                its_block = _block((d, columns, 0, columns, *places), numbers)
            blocks.append(_block((*sizes, update, before), update=its_block) if columns else None)
        accesses = [self._access(a, _WHOLE, "r"), *accesses]
        return Instruction(operations.address(operations.gemm_update, self._dtype), tuple(blocks), tuple(accesses))


def waits(instructions: list[Instruction]) -> list[bool]:
    """Before which instructions the cores must wait for each other, when the list is run again and again.

    Since the last wait, one may have written what the other now reads, or read what the other now writes. That is so
    for two accesses to one array, one of them writing, unless both are cut alike.
    """
    found = [False] * len(instructions)
    since: list[Access] = []
    for i, instruction in [*enumerate(instructions)] * 2:  # the second time knows how the first one ended
        for now in instruction.accesses:
            found[i] |= any(
                now.address == then.address
                and (now.writes or then.writes)
                and (now.columns != then.columns or now.columns == _WHOLE)
                for then in since
            )
        since = [*instruction.accesses] if found[i] else [*since, *instruction.accesses]
    return found


def _columns(parts: tuple[tuple[int, int], ...]) -> Any:
    """What two accesses have in common if they are cut alike."""
    lo, width = parts[1]
    return _LEFT if lo == width else width


def _order(a: np.ndarray) -> tuple[int, int]:
    """How BLAS sees a matrix: plain or transposed, and the length of a row in memory."""
    if a.flags.c_contiguous:
        return PLAIN, a.shape[1]
    if a.T.flags.c_contiguous:
        return TRANSPOSED, a.shape[0]
    raise NotReplayable("a matrix in another order")


def _block(
    sizes: tuple[int, ...], numbers: tuple[Any, ...] = (), last: int = 0, update: tuple[int, ...] = ()
) -> tuple[int, ...]:
    """A block: integers from the front, numbers from :data:`NUMBERS`, and one more integer at the end.

    Args:
        update: the beginning of another block, that of an update, to be the second half of this one.
    """
    block = [*sizes, *[0] * (BLOCK - len(sizes))]
    for i, number in enumerate(numbers):
        block[NUMBERS + i] = struct.unpack("<q", struct.pack("<d", float(number)))[0]
    if last:
        block[BLOCK - 1] = last
    if update:
        block[UPDATE:] = update[:UPDATE]
    return tuple(block)
