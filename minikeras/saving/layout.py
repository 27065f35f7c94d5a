"""Where Keras keeps each array of a model: one walk over its layers, the layers inside them, and its optimizers.

A path is made of attributes. In a list or a dictionary, layers are called by their classes, numbered from the second
one on::

    layers/dense/vars/0                      the first array of the first Dense of a Sequential or functional model
    layers/sequential/layers/dense/vars/0    the same, one model deeper
    encoder/vars/0, blocks/block_1/vars/0    of a custom model with self.encoder = …, self.blocks = [Block(), Block()]
    layers/lstm/cell/vars/0                  of the layer that is the attribute `cell` of an LSTM
    optimizer/vars/1                         the optimizer's learning rate

An object stands at the first path that leads to it. "layers" of a Sequential or functional model comes first, then
attributes by name, those with an underscore last.
"""

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from .. import config
from ..errors import DataError, ShapeError
from ..layers.base import Layer
from ..layers.within import allowed
from ..optimizers import Optimizer
from ..parameter import Parameter
from ..registry import registries

OPTIMIZER = "optimizer/vars"


class Arrays(dict[str, np.ndarray]):
    """Arrays by place.

    Attributes:
        names: for a group such as "optimizer/vars", the name that its owner had.
    """

    def __init__(self, *arrays: Any, names: dict[str, str] | None = None) -> None:
        super().__init__(*arrays)
        self.names = names or {}


class Place(NamedTuple):
    """A layer or an optimizer, and the path of its arrays."""

    path: str
    owner: Any

    @property
    def group(self) -> str:
        """The path of the folder that the arrays are in."""
        return joined(self.path, "vars")


def joined(*parts: str) -> str:
    return "/".join(part for part in parts if part)


def walk(model: Any) -> Iterator[Place]:
    """Every layer and optimizer, with its path, in Keras's order."""
    seen: set[int] = set()

    def visit(value: Any, path: str, around: tuple[int, ...] = ()) -> Iterator[Place]:
        if isinstance(value, list | tuple | dict) and id(value) not in around:
            items = [v for v in (value.values() if isinstance(value, dict) else value) if isinstance(v, _VISITED)]
            for name, item in zip(slot_names(map(_kind, items)), items, strict=True):
                yield from visit(item, joined(path, name), (*around, id(value)))
        elif isinstance(value, Layer | Optimizer) and id(value) not in seen:
            seen.add(id(value))
            yield Place(path, value)
            for name, part in _attributes(value):
                yield from visit(part, joined(path, name))

    return visit(model, "")


_BASES = tuple(
    f"minikeras.{room}" for room in ("layers.base", "layers.own", "models", "operation", "optimizers", "training")
)
_VISITED = (Layer, Optimizer, list, tuple, dict)
_NOT_PARTS = {"_layers", "_input", "_graph", "_spec", "_parameters", "_top", "_inbound_nodes"}


def _kind(value: Any) -> str:
    return type(value).__name__ if isinstance(value, Layer | Optimizer) else "container"


def _attributes(owner: Any) -> Iterator[tuple[str, Any]]:
    """Names and values of what may hold layers: the attributes and the properties, but for those of every layer."""
    has_layers = hasattr(owner, "compiled")  # a model
    if has_layers and (owner._graph is not None or "_layers" in vars(owner)):
        yield "layers", owner.layers
    own = [cls for cls in type(owner).__mro__ if not cls.__module__.startswith(_BASES)]
    properties = [name for cls in own for name, value in vars(cls).items() if isinstance(value, property)]
    names = ({*vars(owner), *properties} | ({"layers"} if has_layers else set())) - _NOT_PARTS
    for name in sorted(names, key=lambda name: f"~{name}" if name.startswith("_") else name):
        try:
            yield name, getattr(owner, name)
        except Exception:  # a property that is not ready to be asked
            continue


#: Classes that Keras itself calls otherwise than in its interface.
_KERAS_NAMES = {"GroupQueryAttention": "GroupedQueryAttention"}


def slot_names(class_names: Iterable[str]) -> Iterator[str]:
    """Keras's folder for each layer: the class in snake case, numbered from the second on.

    >>> list(slot_names(["Dense", "LeakyReLU", "Dense"]))
    ['dense', 'leaky_re_lu', 'dense_1']
    """
    seen: dict[str, int] = {}
    for name in (config.snake_case(_KERAS_NAMES.get(name, name)) for name in class_names):
        count = seen[name] = seen.get(name, -1) + 1
        yield f"{name}_{count}" if count else name


# Writing.


def arrays_of(model: Any) -> Arrays:
    """Every array of a model and its optimizers, by place."""
    arrays = Arrays()
    for place in walk(model):
        own: dict[str, Any] = {}
        if isinstance(place.owner, Optimizer):
            own = {str(i): variable.value for i, variable in enumerate(place.owner.variables)}
        else:
            place.owner.save_own_variables(own)
        arrays.names[place.group] = place.owner.name
        arrays |= {joined(place.group, key): np.asarray(getattr(a, "value", a)) for key, a in own.items()}
    return arrays


# Reading.


@contextmanager
def only_what_is_in(arrays: Arrays) -> Iterator[None]:
    """Layers that are built inside the ``with`` block get arrays of those shapes only which a file has, each once.

    A config alone can then not ask for memory.
    """
    left = Counter(array.shape for array in arrays.values())

    def check(layer: Any, shape: tuple[int, ...]) -> None:
        if not left[shape]:
            raise DataError(f"{layer.name!r} needs an array of shape {shape}; the file has none, or not enough of them")
        left[shape] -= 1

    token = allowed.set(check)
    try:
        yield
    finally:
        allowed.reset(token)


def assign(model: Any, arrays: Arrays, skip_mismatch: bool = False, optimizer_may_differ: bool = False) -> None:
    """Writes the arrays into the model, or none of them if one does not fit.

    An optimizer's may be absent; saved before its first step, they are only its iteration and learning rate. If
    there are more, the optimizer is built first.

    Args:
        skip_mismatch: what does not fit stays as it is, with a warning.
        optimizer_may_differ: an optimizer that the arrays do not fit stays as it is, with a warning.

    Raises:
        DataError: names the first array that does not fit.
    """
    stores: dict[str, dict[str, np.ndarray]] = {}
    for place, array in arrays.items():
        group, _, key = place.rpartition("/")
        stores.setdefault(group, {})[key] = array
    before: list[tuple[Parameter, np.ndarray]] = []
    try:
        for group, owner in [(place.group, place.owner) for place in walk(model)]:
            is_optimizer = isinstance(owner, Optimizer)
            try:
                if not is_optimizer:
                    before += [(p, p.numpy()) for p in owner._own_variables]
                    owner.load_own_variables(stores.get(group, {}))
                elif group in stores:
                    _check_class(owner, arrays.names.get(group))
                    variables = _of_optimizer(model, owner, group, stores[group])
                    before += [(p, p.numpy()) for p in variables]
                    for i, variable in enumerate(variables):
                        variable.assign(stores[group][str(i)])
            except (DataError, KeyError, ShapeError) as error:
                if not (skip_mismatch or (is_optimizer and optimizer_may_differ)):
                    raise DataError(f"{group}: {error}") from error
                warnings.warn(f"{group}: {error}; left as it was", stacklevel=4)
    except Exception:
        for parameter, value in before:
            parameter.assign(value)
        raise


def _check_class(optimizer: Optimizer, name: str | None) -> None:
    """Refuses the state of another class, which may have arrays of the same shapes but another meaning."""
    others = {config.snake_case(cls): cls for cls in registries["keras.optimizers"] if cls[0].isupper()}
    own = config.snake_case(type(optimizer).__name__)
    kind = (
        others.get(config.snake_case(name.rstrip("0123456789").rstrip("_")))
        if name and name != optimizer.name
        else None
    )
    if kind is not None and config.snake_case(kind) != own:
        raise DataError(f"these are the variables of {kind}; the model's optimizer is {type(optimizer).__name__}")


def _of_optimizer(model: Any, optimizer: Optimizer, group: str, store: dict[str, np.ndarray]) -> list[Parameter]:
    """The optimizer's variables that a file has to fit: without slots if the file was written before the first step."""
    unbuilt = [p for p in optimizer.variables if p.name in ("iteration", "learning_rate")]
    if len(store) == len(unbuilt) and "0" in store and not np.any(store["0"]):
        variables = unbuilt
    else:
        if not optimizer.built and model.built and group == OPTIMIZER:
            optimizer.build(model.trainable_weights)
        variables = optimizer.variables
    if len(store) != len(variables):
        raise DataError(f"{optimizer.name!r} has {len(variables)} arrays; the file has {len(store)}")
    for i, variable in enumerate(variables):
        if store[str(i)].shape != variable.shape:
            raise DataError(
                f"{optimizer.name!r} needs the array {i} of shape {variable.shape}; it has {store[str(i)].shape}"
            )
    return variables
