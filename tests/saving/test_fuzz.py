"""Damaged files of every kind: only ``ValueError``s that name the file, and no half-loaded model."""

import json
import random
import time

import numpy as np
import pytest

import minikeras
from minikeras import saving
from minikeras.saving import archive

from .attacks import members_of
from .models import stack, step

VALUES = [
    None,
    True,
    False,
    0,
    -1,
    1e308,
    10**30,
    float("nan"),
    float("inf"),
    "",
    "x",
    "__lambda__",
    "Dense",
    [],
    {},
    [1],
]
VALUES += [
    {"class_name": "Dense", "config": {}},
    {"class_name": []},
    [[[]]],
    "../../x",
    "\ud800",
    2**31,
    0.5,
    "float32",
]


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good")
    model = stack(minikeras, momentum=0.0)
    step(model)
    model.save(folder / "m.keras")
    model.save_weights(folder / "m.weights.h5")
    model.save_weights(folder / "m.npz")
    return {path.name: path.read_bytes() for path in folder.iterdir()} | {"members": members_of(folder / "m.keras")}


def damaged(data, rng):
    """Flipped, cut, moved, repeated bytes."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        p = rng.randrange(len(data)) if data else 0
        kind = rng.randrange(10)
        if not data:
            break
        if kind < 5:
            data[p] = rng.choice((rng.randrange(256), data[p] ^ 1 << rng.randrange(8), 0, 255))
        elif kind == 5:
            del data[p:]
        elif kind == 6:
            del data[p : p + rng.randrange(1, 64)]
        else:
            q, size = rng.randrange(len(data)), rng.randrange(1, 64)
            if kind == 7:
                data[p:p] = data[q : q + size]
            else:
                data[p : p + size], data[q : q + size] = data[q : q + size], data[p : p + size]
    return bytes(data)


def mutated(tree, rng):
    """One to three values of a JSON tree exchanged, renamed, removed or doubled."""
    tree = json.loads(json.dumps(tree))
    for _ in range(rng.choice((1, 1, 2, 3))):
        spots, waiting = [], [tree]
        while waiting:
            node = waiting.pop()
            pairs = list(node.items()) if isinstance(node, dict) else list(enumerate(node))
            spots += [(node, key) for key, _ in pairs]
            waiting += [child for _, child in pairs if isinstance(child, dict | list)]
        if not spots:
            break
        node, key = rng.choice(spots)
        kind = rng.randrange(6)
        if kind < 3:
            node[key] = rng.choice(VALUES)
        elif kind == 3:
            other, other_key = rng.choice(spots)
            node[key] = json.loads(json.dumps(other[other_key]))
        elif kind == 4:
            del node[key]
        elif isinstance(node, dict):
            node[rng.choice(("x", "name", "dtype", "config", "seed", "class_name"))] = node.pop(key)
        else:
            node.append(node[key])
    return tree


def write(sources, rng, folder):
    """A damaged file: its bytes, or those of a member under good checksums, or its config's values."""
    kind = rng.randrange(8)
    if kind < 3:
        name = ("m.keras", "m.weights.h5", "m.npz")[kind]
        data = damaged(sources[name], rng)
        (folder / name).write_bytes(data)
        return folder / name
    members = dict(sources["members"])
    if kind == 3:
        victim = rng.choice(list(members))
        members[victim] = damaged(members[victim], rng)
    elif kind == 4:
        members["model.weights.h5"] = damaged(members["model.weights.h5"], rng)
    else:
        members["config.json"] = json.dumps(mutated(json.loads(members["config.json"]), rng)).encode()
    with open(folder / "m.keras", "wb") as file:
        archive.write_members(file, members)
    return folder / "m.keras"


def complaint(read, path):
    """The message of the ValueError that reading raises, if it does; any other error fails the test."""
    try:
        read(path)
    except ValueError as error:
        return str(error)
    return ""


def fuzz(sources, count, seed, folder):
    rng = random.Random(seed)
    model = stack(minikeras, momentum=0.0)
    model.optimizer.build(model.trainable_weights)
    refused = 0
    for number in range(count):
        path = write(sources, rng, folder)
        before = [w.copy() for w in model.get_weights()]
        start = time.perf_counter()
        load = saving.load_model if path.suffix == ".keras" else model.load_weights
        if message := complaint(load, path):
            refused += 1
            assert path.name in message
            for p, q in zip(before, model.get_weights(), strict=True):
                np.testing.assert_array_equal(p, q)
        if number % 4 == 0 and (message := complaint(saving.inspect, path)):
            assert path.name in message
        assert time.perf_counter() - start < 10
    return refused


@pytest.mark.filterwarnings("ignore")
def test_two_hundred_damaged_files(sources, in_memory):
    assert 80 < fuzz(sources, 200, 1, in_memory) < 200


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_twenty_thousand_damaged_files(sources, in_memory):
    refused = fuzz(sources, 20_000, 2, in_memory)
    print(refused, "of 20,000 refused")
    assert refused > 8_000
