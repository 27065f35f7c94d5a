"""One call on the arrays of many parameters gives what one call for each would."""

import numpy as np
import pytest

from minikeras.kernels import recorded, reference
from minikeras.kernels.together import LONG, Together

SHAPES = [(), (1,), (7,), (3, 5), (2, 3, 4)]
LISTS = {"sgd": "wg", "sgd_momentum": "wvg", "adam": "wmv-g", "adam with amsgrad": "wmvag"}
NUMBERS = {"sgd": (0.1,), "sgd_momentum": (0.1, 0.9, True), "adam": (0.1, 0.2, 0.3, 1e-3)}


def drawn(kernel, dtype, shapes, seed=0):
    rng = np.random.default_rng(seed)
    draw = {"v": lambda shape: rng.random(shape), "a": lambda shape: rng.random(shape)}
    lists = []
    for name in LISTS[kernel]:
        values = [np.asarray(draw.get(name, rng.standard_normal)(shape), dtype) for shape in shapes]
        lists.append(None if name == "-" else values)
    name = kernel.split()[0]
    return lists, name, tuple(x if isinstance(x, bool) else np.dtype(dtype).type(x) for x in NUMBERS[name])


def one_by_one(kernel, lists, numbers):
    """Copies of the arrays after the readable kernel ran on those of each parameter."""
    made = [arrays and [a.copy() for a in arrays] for arrays in lists]
    for i in range(len(lists[0])):
        getattr(reference, kernel)(*(None if arrays is None else arrays[i] for arrays in made), *numbers)
    return made


def assert_close(got, wanted, dtype):
    for a, b in zip((a for arrays in got if arrays for a in arrays), (b for c in wanted if c for b in c), strict=True):
        np.testing.assert_allclose(a, b, rtol=4 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kernel", LISTS)
def test_all_parameters_are_updated(kernel, dtype):
    lists, name, numbers = drawn(kernel, dtype, SHAPES)
    wanted = one_by_one(name, lists, numbers)
    Together(lists).run(name, numbers)
    assert_close(lists, wanted, dtype)


@pytest.mark.parametrize("shapes", [[(LONG,), (3,)], [(LONG + 5,)]], ids=["long and short", "long"])
def test_long_arrays_are_updated_to_their_end(shapes):
    lists, name, numbers = drawn("sgd", "float32", shapes)
    wanted = one_by_one(name, lists, numbers)
    Together(lists).run(name, numbers)
    assert_close(lists, wanted, "float32")


def test_a_gradient_in_another_order_is_read_as_it_is():
    lists, name, numbers = drawn("sgd", "float64", [(3, 5), (4,)])
    lists[1][0] = np.asfortranarray(lists[1][0])
    wanted = one_by_one(name, lists, numbers)
    Together(lists).run(name, numbers)
    assert_close(lists, wanted, "float64")


def test_numbers_of_another_type_change_no_other_memory():
    lists, name, _ = drawn("sgd", "float32", [(6,), (6,)])
    block = np.zeros(18, "float32")  # zeros after each array show what is written behind its end
    block[:6], block[9:15] = lists[0]
    lists[0] = [block[:6], block[9:15]]
    wanted = one_by_one(name, lists, (0.5,))
    Together(lists).run(name, (0.5,))  # a Python number, as wide as a float64
    assert_close(lists, wanted, "float32")
    assert not block[6:9].any()
    assert not block[15:].any()


def test_it_knows_its_arrays():
    lists, _, _ = drawn("adam", "float32", SHAPES)
    together = Together(lists)
    assert together.is_of([arrays and [*arrays] for arrays in lists])
    assert not together.is_of([[a.copy() for a in lists[0]], *lists[1:]])
    assert not together.is_of([*lists[:4], lists[4][::-1]])


def test_there_is_no_dtype_of_several():
    assert Together([[np.ones(2), np.ones(2, "float32")], [np.ones(2), np.ones(2, "float32")]]).dtype is None


def test_a_recording_notes_a_call_for_each_parameter():
    lists, name, numbers = drawn("sgd", "float32", SHAPES)
    wanted = one_by_one(name, lists, numbers)
    with recorded() as calls:
        Together(lists).run(name, numbers)
    assert [(kernel, arguments[0].shape) for kernel, arguments in calls] == [("sgd", shape) for shape in SHAPES]
    assert_close(lists, wanted, "float32")
