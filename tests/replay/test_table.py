"""Whether a product in pieces is found to have other bits, with a stand-in for BLAS that gives them."""

import ctypes
from ctypes import c_double, c_int64

import numpy as np
import pytest

from minikeras.kernels.compiled.blas import Products
from minikeras.replay import table
from minikeras.replay.machine import Workers

DIMENSIONS, UNITS = 100, 64  # a late gradient is made 96 rows at a time, a cut one 32 columns
GEMM = ctypes.CFUNCTYPE(None, *[c_int64] * 6, c_double, *[c_int64] * 4, c_double, *[c_int64] * 2)


def gemm(rounding):
    """A product of which each entry is rounding(rows, columns), whatever the factors."""

    def product(order, a_order, b_order, rows, columns, k, one, a, lda, b, ldb, zero, out, width):
        for row in range(rows):
            entries = (c_double * columns).from_address(out + row * width * ctypes.sizeof(c_double))
            entries[:] = [rounding(rows, columns)] * columns

    return GEMM(product)


@pytest.fixture
def workers(monkeypatch):
    monkeypatch.setattr(table, "_ROUNDS_OTHERWISE", {})
    workers = Workers()
    yield workers
    workers.close()


@pytest.mark.parametrize(
    ("rounding", "found_when"),
    [
        (lambda rows, columns: 1 / 3, []),
        (lambda rows, columns: 1 / columns, ["cut", "cut and late"]),
        (lambda rows, columns: 1 / rows, ["late", "cut and late"]),
    ],
)
def test_a_product_with_other_bits_in_pieces_is_found(monkeypatch, workers, rounding, found_when):
    stand_in = gemm(rounding)
    address = ctypes.cast(stand_in, ctypes.c_void_p).value
    monkeypatch.setattr(table, "products", lambda dtype: Products(address, 0))
    x, dz, gradient, w = (np.zeros(shape) for shape in ((8, DIMENSIONS), (8, UNITS), *[(DIMENSIONS, UNITS)] * 2))
    product, update = ("matmul", (x.T, dz, gradient)), ("sgd", (w, gradient, 0.1))
    asked = {
        "whole": ([product], False),
        "late": ([product, update], False),
        "cut": ([product], True),
        "cut and late": ([product, update], True),
    }
    for _ in range(2):  # the second time from memory
        assert [when for when, (calls, cut) in asked.items() if table.changes_bits(calls, workers, cut)] == found_when
