"""Parameter: one array for life, and a gradient beside it."""

import numpy as np
import pytest

from minikeras import Parameter
from minikeras.errors import ShapeError


def test_assign_writes_into_the_same_array():
    p = Parameter(np.zeros((2, 3)), "kernel", "dense/kernel")
    array = p.value
    p.assign(np.ones((2, 3)))
    assert p.value is array
    np.testing.assert_array_equal(array, 1)


@pytest.mark.parametrize("shape", [(3,), (1, 3), (3, 2), ()])
def test_assign_refuses_other_shapes_even_if_they_would_broadcast(shape):
    p = Parameter(np.zeros((2, 3)), "kernel", "dense/kernel")
    with pytest.raises(ShapeError, match=r"dense/kernel.*\(2, 3\)"):
        p.assign(np.ones(shape))
    assert not p.value.any()


def test_what_it_hands_out_is_a_copy():
    p = Parameter(np.zeros(2))
    p.numpy()[:] = 1
    np.array(p)[:] = 1
    assert not p.value.any()
    assert p.grad is p.grad
