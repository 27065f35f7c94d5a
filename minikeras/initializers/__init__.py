"""Initial weights.

An initializer is called with a shape and gives an array: ``initializer(shape, dtype=None)``. With fan_in
and fan_out the number of inputs and outputs of a unit, and n = fan_in, fan_out or their mean:

    VarianceScaling: variance scale/n; uniform in ±√(3·scale/n), or normal, or truncated at two deviations
    Glorot: scale 1, n the mean      He: scale 2, n = fan_in      Lecun: scale 1, n = fan_in

Initializers are seeded when they are made: one left without a seed draws it from Python's ``random`` then,
as Keras does, so the same program starts from the same weights. Called twice, an initializer gives the same
array twice, unless its seed is a :class:`minikeras.random.SeedGenerator`.

Sources: Glorot and Bengio 2010; He et al. 2015; LeCun et al. 1998; Saxe et al. 2014.

>>> weights = GlorotUniform(seed=7)((300, 100))
>>> print(f"{weights.std():.3f} {(2 / 400) ** 0.5:.3f}")
0.071 0.071
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import config
from ..errors import ShapeError
from ..registry import Registry
from .constant_initializers import STFT, Constant, Identity, Ones, Zeros
from .initializer import Initializer
from .random_initializers import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Orthogonal,
    RandomInitializer,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    compute_fans,
)

constant = Constant
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
identity = Identity
lecun_normal = LecunNormal
lecun_uniform = LecunUniform
ones = Ones
orthogonal = Orthogonal
random_normal = RandomNormal
random_uniform = RandomUniform
stft = STFT
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
zeros = Zeros
IdentityInitializer = Identity
OrthogonalInitializer = Orthogonal
STFTInitializer = STFT

_registry = Registry("initializer", "keras.initializers")
_registry.add(Initializer, "initializer")
_registry.add(Constant, "constant")
_registry.add(GlorotNormal, "glorot_normal")
_registry.add(GlorotUniform, "glorot_uniform")
_registry.add(HeNormal, "he_normal")
_registry.add(HeUniform, "he_uniform")
_registry.add(Identity, "identity", "IdentityInitializer")
_registry.add(LecunNormal, "lecun_normal")
_registry.add(LecunUniform, "lecun_uniform")
_registry.add(Ones, "ones", "one")
_registry.add(Orthogonal, "orthogonal", "OrthogonalInitializer")
_registry.add(RandomNormal, "random_normal", "normal")
_registry.add(RandomUniform, "random_uniform", "uniform")
_registry.add(STFT, "stft", "STFTInitializer")
_registry.add(TruncatedNormal, "truncated_normal")
_registry.add(VarianceScaling, "variance_scaling")
_registry.add(Zeros, "zeros", "zero")
serialize = _registry.serialize
deserialize = _registry.deserialize


def get(identifier: Any, custom_objects: dict[str, Any] | None = None) -> Callable[..., np.ndarray] | None:
    """The initializer that a name, a config, a class, a function or an array means; None stays None.

    An array becomes an initializer that gives this array, if asked for its shape.

    Raises:
        ValueError: for an unknown name or anything else.

    >>> get("he_normal").get_config()
    {'seed': None, 'input_axes': None, 'output_axes': None}
    """
    if isinstance(identifier, (np.ndarray, np.generic)):
        return _given(np.asarray(identifier))
    return _registry.get(identifier, custom_objects)


def _given(array: np.ndarray) -> Callable[..., np.ndarray]:
    def initialize(shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        if tuple(shape) != array.shape:
            raise ShapeError(
                f"Expected `shape` to be {array.shape} for direct tensor as initializer. Received shape={shape}"
            )
        return array.astype(dtype or config.floatx())

    return initialize


__all__ = [
    "STFT",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "IdentityInitializer",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "OrthogonalInitializer",
    "RandomInitializer",
    "RandomNormal",
    "RandomUniform",
    "STFTInitializer",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "compute_fans",
    "constant",
    "deserialize",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "serialize",
    "stft",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]
