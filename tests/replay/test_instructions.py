"""Where cores must wait for each other, and what cannot be a program: cases worked out by hand."""

import numpy as np
import pytest

from minikeras import kernels
from minikeras.kernels.compiled.blas import Products
from minikeras.replay.instructions import Access, Compiler, Instruction, NotReplayable, waits

LEFT, WHOLE = "left part only", "whole"


def instructions(*accesses):
    return [Instruction(0, (), tuple(Access(*a) for a in each)) for each in accesses]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        # Each core reads the columns that it wrote.
        ([[(1, 64, True)], [(1, 64, False)]], [False, False]),
        # A product reads all columns of what was just written; and the next step may not write while it is read.
        ([[(1, 64, True)], [(1, WHOLE, False)]], [True, True]),
        # Once they have waited, what came before is settled.
        ([[(1, 64, True)], [(1, WHOLE, False), (2, 64, True)], [(2, WHOLE, False)]], [False, True, True]),
        # Reading together is free.
        ([[(1, WHOLE, False)], [(1, WHOLE, False)], [(1, 64, False)]], [False, False, False]),
        # One core's work is seen by the other, and the other way round.
        ([[(1, LEFT, True)], [(1, 64, False)]], [True, True]),
        ([[(1, LEFT, True)], [(1, LEFT, False)]], [False, False]),
        # Cut at another place.
        ([[(1, 64, True)], [(1, 128, False)]], [True, True]),
        # Different arrays.
        ([[(1, 64, True)], [(2, WHOLE, False)]], [False, False]),
    ],
)
def test_waits(program, expected):
    assert waits(instructions(*program)) == expected


def compiler(*known, cut=True, late=True):
    return Compiler(np.dtype("float32"), Products(1, 2), known, cut, late)


def arrays(*shapes, dtype="float32"):
    return [np.zeros(shape, dtype) for shape in shapes]


def test_both_parts_together_are_all_columns_once():
    z, b = arrays((4, 300), 300)
    (instruction,) = compiler(z, b).compile([("add_bias", (z, b))])
    (_, width, _, middle), (_, _, again, end) = (block[:4] for block in instruction.blocks)
    assert (width, middle, again, end) == (300, 160, 160, 300)


def test_what_is_narrow_is_for_one_core():
    z, b = arrays((4, 31), 31)
    (instruction,) = compiler(z, b).compile([("add_bias", (z, b))])
    assert instruction.blocks[0][2:4] == (0, 31)
    assert instruction.blocks[1] is None


def test_a_gradient_that_only_an_update_reads_is_made_there():
    x, dz, g, w, m, v, alpha = arrays((8, 50), (8, 64), *[(50, 64)] * 4, 1)
    for update in (
        ("sgd", (w, g, 0.1)),
        ("sgd_momentum", (w, v, g, 0.1, 0.9, False)),
        ("rmsprop", (w, v, g, 0.1, 0.9, 0.1, 0.0, 1e-7)),
        ("adam", (w, m, v, g, alpha, 0.1, 0.001, 1e-7)),
    ):
        calls, known = [("matmul", (x.T, dz, g)), update], (x, dz, w, m, v, alpha)
        assert len(compiler(*known).compile(calls)) == 1
        assert len(compiler(*known, cut=False).compile(calls)) == 1
        assert len(compiler(*known, late=False).compile(calls)) == 2
        read = [calls[0], ("relu", (g, g)), update]  # another kernel reads it
        assert len(compiler(*known).compile(read)) == 3


def test_a_kernel_lies_in_two_pieces_unless_somebody_needs_it_whole():
    x, z, dz, dx, g, w = arrays((8, 50), (8, 64), (8, 64), (8, 50), (50, 64), (50, 64))
    forward, update = ("matmul", (x, w, z)), [("matmul", (x.T, dz, g)), ("sgd", (w, g, np.float32(0.1)))]
    lowest, higher = compiler(x, dz, w), compiler(x, dz, w)
    lowest.compile([forward, *update])
    higher.compile([forward, ("matmul", (dz, w.T, dx)), *update])
    assert [pieces.array is w for pieces in lowest.pieces.values()] == [True]
    assert not higher.pieces


@pytest.mark.parametrize(
    ("why", "call"),
    [
        ("kernel dropout", lambda z, b: ("dropout", (z, z > 0, 2.0, z))),
        ("elsewhere", lambda z, b: ("add_bias", (z, b.copy()))),
        ("order or dtype", lambda z, b: ("add_bias", (np.asfortranarray(z), b))),
        ("order or dtype", lambda z, b: ("add_bias", (z.astype("float64"), b))),
        ("another order", lambda z, b: ("matmul", (z[:, ::2], z, z))),
    ],
)
def test_what_cannot_be_known_is_refused(why, call):
    z, b = np.ones((4, 40), "float32"), np.ones(40, "float32")
    with pytest.raises(NotReplayable, match=why):
        compiler(z, b).compile([call(z, b)])


def test_calls_are_noted_in_their_order_and_only_inside():
    z, b, y = arrays((2, 3), 3, (2, 3))
    run = kernels.select(z.dtype)
    with kernels.recorded() as calls:
        kernels.select(z.dtype).add_bias(z, b + 1)
        kernels.select(z.dtype).relu(z, y)
        run.add_bias(z, b)  # taken before: not noted
    kernels.select(z.dtype).add_bias(z, b)
    assert [name for name, _ in calls] == ["add_bias", "relu"]
    assert calls[0][1][0] is z
    assert np.array_equal(y, np.ones((2, 3)))
