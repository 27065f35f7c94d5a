"""Nested structures: by hand, and as Keras's optree."""

from collections import OrderedDict, defaultdict, deque, namedtuple

import pytest

from minikeras import tree

Pair = namedtuple("Pair", ["left", "right"])

STRUCTURES = [
    1,
    None,
    [],
    (),
    {},
    [None],
    [1, (2, None, {"b": 3, "a": [4]})],
    Pair(1, [2, 3]),
    OrderedDict(z=1, a=(2,)),
    defaultdict(list, {"b": 1, "a": 2}),
    deque([1, [2]]),
    {"x": {"y": Pair(None, "text")}, "w": 5},
]


def test_flatten_by_hand():
    assert tree.flatten({"b": 1, "a": [2, (3, None)]}) == [2, 3, None, 1]
    assert tree.flatten(OrderedDict(b=1, a=2)) == [1, 2]
    assert tree.flatten(5) == [5]


@pytest.mark.parametrize("structure", STRUCTURES, ids=repr)
def test_packing_the_leaves_gives_the_structure_back(structure):
    packed = tree.pack_sequence_as(structure, tree.flatten(structure))
    assert packed == structure
    assert type(packed) is type(structure)


@pytest.mark.parametrize("leaves", [[1], [1, 2, 3]])
def test_a_wrong_number_of_leaves_is_named(leaves):
    with pytest.raises(ValueError, match="expected 2 leaves"):
        tree.pack_sequence_as([0, 0], leaves)


@pytest.mark.parametrize("other", [(1, 2), [1], [1, [2]], {"a": 1}, 5])
def test_another_nesting_is_refused(other):
    with pytest.raises(ValueError, match="same nested structure"):
        tree.assert_same_structure([1, 2], other)


def test_map_structure_up_to_and_same_paths():
    assert tree.map_structure_up_to({"a": 0, "b": 0}, sum, {"a": [1, 2], "b": (3,)}) == {"a": 3, "b": 3}
    tree.assert_same_paths([1, (2,)], (3, [4]))
    with pytest.raises(ValueError, match="Only in `b`"):
        tree.assert_same_paths([1], [1, 2])


def test_none_can_be_skipped():
    assert tree.map_structure(str, [1, None], none_is_leaf=False) == ["1", None]
    assert tree.map_structure(str, [1, None]) == ["1", "None"]


@pytest.mark.keras
def test_as_keras():
    theirs = pytest.importorskip("keras").tree
    for s in STRUCTURES:
        assert tree.flatten(s) == theirs.flatten(s)
        assert tree.is_nested(s) == theirs.is_nested(s)
        assert tree.flatten_with_path(s) == theirs.flatten_with_path(s)
        for name, args in (("lists_to_tuples", ()), ("map_structure", (repr,))):
            ours, expected = (getattr(module, name)(*args, s) for module in (tree, theirs))
            assert ours == expected
            assert type(ours) is type(expected)
        for t in STRUCTURES:
            outcomes = []
            for module in (tree, theirs):
                try:
                    module.assert_same_structure(s, t)
                    outcomes.append("same")
                except ValueError:
                    outcomes.append("different")
            assert outcomes[0] == outcomes[1], (s, t)
