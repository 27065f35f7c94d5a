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

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import config, random
from .errors import ShapeError
from .random import SeedGenerator
from .registry import Registry

_registry = Registry("initializer", "keras.initializers")
# The standard deviation of a standard normal truncated at ±2.
_TRUNCATED_STDDEV = 0.87962566103423978


class Initializer:
    """The base of all initializers: ``__call__(shape, dtype=None)`` and ``get_config()``."""

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        raise NotImplementedError("Initializer subclasses must implement the `__call__()` method.")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal initializer."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Initializer":
        """The initializer that a config describes."""
        return cls(**config)

    def clone(self) -> "Initializer":
        """A new one of the same config (and so, if unseeded, with another seed)."""
        return self.from_config(self.get_config())


class Zeros(Initializer):
    """All 0."""

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        return np.zeros(shape, dtype or config.floatx())


class Ones(Initializer):
    """All 1."""

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        return np.ones(shape, dtype or config.floatx())


class Constant(Initializer):
    """All ``value``, a number or an array that broadcasts to the shape."""

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        return np.full(shape, self.value, dtype or config.floatx())

    def get_config(self) -> dict[str, Any]:
        value = self.value
        if isinstance(value, np.ndarray):
            value = {
                "class_name": "__numpy__",
                "config": {"value": value.tolist(), "dtype": value.dtype.name},
            }
        return {"value": value}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Constant":
        value = config["value"]
        if isinstance(value, dict):
            value = np.array(value["config"]["value"], value["config"]["dtype"])
        return cls(value)


class Identity(Initializer):
    """``gain`` on the diagonal, 0 elsewhere; matrices only.

    Differs from Keras: the config keeps a ``gain`` other than 1, which Keras's forgets.

    >>> Identity(2.0)((2, 3))
    array([[2., 0., 0.],
           [0., 2., 0.]], dtype=float32)
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        if len(shape) != 2:
            raise ShapeError(
                f"Identity matrix initializer can only be used for 2D matrices. Received: shape={shape} "
                f"of rank {len(shape)}."
            )
        return self.gain * np.eye(*shape, dtype=dtype or config.floatx())

    def get_config(self) -> dict[str, Any]:
        return {} if self.gain == 1.0 else {"gain": self.gain}


class RandomInitializer(Initializer):
    """The base of those with a seed.

    Args:
        seed: an integer, a :class:`minikeras.random.SeedGenerator`, or None for one drawn now.

    Raises:
        ValueError: for any other seed.
    """

    def __init__(self, seed: Any = None) -> None:
        self._init_seed = seed
        if seed is None:
            seed = random.make_default_seed()
        elif isinstance(seed, dict):
            seed = SeedGenerator.from_config(seed["config"])
        elif not isinstance(seed, (int, SeedGenerator)):
            raise ValueError(
                f"`seed` argument should be an instance of `keras.random.SeedGenerator()` or an integer. "
                f"Received: seed={seed}"
            )
        self.seed: int | SeedGenerator = seed

    def get_config(self) -> dict[str, Any]:
        seed = self._init_seed
        if isinstance(seed, SeedGenerator):
            seed = {
                "module": "keras.random",
                "class_name": "SeedGenerator",
                "config": seed.get_config(),
                "registered_name": None,
            }
        return {"seed": seed}


class RandomNormal(RandomInitializer):
    """Normal with ``mean`` and ``stddev``."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        self.mean, self.stddev = mean, stddev
        super().__init__(seed)

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        return random.normal(shape, self.mean, self.stddev, dtype, self.seed)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomNormal):
    """Normal with ``mean`` and ``stddev``, nothing further than two ``stddev`` from the mean."""

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        return random.truncated_normal(shape, self.mean, self.stddev, dtype, self.seed)


class RandomUniform(RandomInitializer):
    """Uniform in [minval, maxval)."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None) -> None:
        self.minval, self.maxval = minval, maxval
        super().__init__(seed)

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        return random.uniform(shape, self.minval, self.maxval, dtype, self.seed)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"minval": self.minval, "maxval": self.maxval}


class VarianceScaling(RandomInitializer):
    """Random numbers of variance scale/n, n by ``mode``.

    Args:
        scale: positive.
        mode: "fan_in", "fan_out" or "fan_avg".
        distribution: "truncated_normal" (also "normal"), "untruncated_normal" or "uniform".
        input_axes, output_axes: which axes of the shape are inputs and outputs; see :func:`compute_fans`.

    Raises:
        ValueError: for anything else.
    """

    MODES = ("fan_in", "fan_out", "fan_avg")
    DISTRIBUTIONS = ("uniform", "truncated_normal", "untruncated_normal")

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        if scale <= 0.0:
            raise ValueError(f"Argument `scale` must be positive float. Received: scale={scale}")
        if mode not in self.MODES:
            raise ValueError(f"Invalid `mode` argument: {mode}. Please use one of {self.MODES}")
        distribution = distribution.lower()
        if distribution == "normal":
            distribution = "truncated_normal"
        if distribution not in self.DISTRIBUTIONS:
            raise ValueError(f"Invalid `distribution` argument: {distribution}. Please use one of {self.DISTRIBUTIONS}")
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.input_axes, self.output_axes = input_axes, output_axes
        super().__init__(seed)

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        variance = self.scale / max(1.0, n)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return random.uniform(shape, -limit, limit, dtype, self.seed)
        if self.distribution == "untruncated_normal":
            return random.normal(shape, 0.0, math.sqrt(variance), dtype, self.seed)
        return random.truncated_normal(shape, 0.0, math.sqrt(variance) / _TRUNCATED_STDDEV, dtype, self.seed)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }


class _Named(VarianceScaling):
    """A VarianceScaling with fixed scale, mode and distribution."""

    SCALE: float
    MODE: str
    DISTRIBUTION: str

    def __init__(
        self,
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(self.SCALE, self.MODE, self.DISTRIBUTION, seed, input_axes, output_axes)

    def get_config(self) -> dict[str, Any]:
        fixed = ("scale", "mode", "distribution")
        return {key: value for key, value in super().get_config().items() if key not in fixed}


class GlorotUniform(_Named):
    """Uniform in ±√(6/(fan_in + fan_out)), after Glorot and Bengio 2010."""

    SCALE, MODE, DISTRIBUTION = 1.0, "fan_avg", "uniform"


class GlorotNormal(_Named):
    """Truncated normal of deviation √(2/(fan_in + fan_out)), after Glorot and Bengio 2010."""

    SCALE, MODE, DISTRIBUTION = 1.0, "fan_avg", "truncated_normal"


class HeUniform(_Named):
    """Uniform in ±√(6/fan_in), after He et al. 2015."""

    SCALE, MODE, DISTRIBUTION = 2.0, "fan_in", "uniform"


class HeNormal(_Named):
    """Truncated normal of deviation √(2/fan_in), after He et al. 2015."""

    SCALE, MODE, DISTRIBUTION = 2.0, "fan_in", "truncated_normal"


class LecunUniform(_Named):
    """Uniform in ±√(3/fan_in), after LeCun et al. 1998."""

    SCALE, MODE, DISTRIBUTION = 1.0, "fan_in", "uniform"


class LecunNormal(_Named):
    """Truncated normal of deviation √(1/fan_in), after LeCun et al. 1998."""

    SCALE, MODE, DISTRIBUTION = 1.0, "fan_in", "truncated_normal"


class Orthogonal(RandomInitializer):
    """A matrix with orthonormal columns (or rows, if it has fewer rows), times ``gain``; Saxe et al. 2014.

    Q of the QR decomposition of a normal matrix, its columns turned so that R has a positive diagonal.
    More than two axes are flattened to (shape[0]·…·shape[−2], shape[−1]).

    Differs from Keras: equal to about 1e-6 (float32) or 1e-15 (float64), as the decomposition is LAPACK's.
    """

    def __init__(self, gain: float = 1.0, seed: Any = None) -> None:
        self.gain = gain
        super().__init__(seed)

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        if len(shape) < 2:
            raise ShapeError(
                f"The tensor to initialize must be at least two-dimensional. Received: shape={shape} "
                f"of rank {len(shape)}."
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        a = random.normal((max(rows, columns), min(rows, columns)), dtype=dtype, seed=self.seed)
        q, r = np.linalg.qr(a)
        q *= np.sign(np.diag(r))
        return self.gain * (q.T if rows < columns else q).reshape(shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"gain": self.gain}


def compute_fans(
    shape: tuple[int, ...],
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight: a (D, K) matrix, or a (…, D, K) convolution kernel.

    With both ``input_axes`` and ``output_axes``, the product of the sizes along them.

    >>> compute_fans((784, 300)), compute_fans((3, 3, 16, 32)), compute_fans((2, 3, 5), [0, 1], [2])
    ((784, 300), (144, 288), (6, 5))
    """
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[a] for a in input_axes), math.prod(shape[a] for a in output_axes)
    if len(shape) < 2:
        size = math.prod(shape)
        return size, size
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


def _snake_case(name: str) -> str:
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


_ALIASES = {
    RandomNormal: ("normal",),
    RandomUniform: ("uniform",),
    Ones: ("one",),
    Zeros: ("zero",),
    Identity: ("IdentityInitializer",),
    Orthogonal: ("OrthogonalInitializer",),
}
for _class in (
    Initializer,
    Zeros,
    Ones,
    Constant,
    Identity,
    RandomNormal,
    TruncatedNormal,
    RandomUniform,
    VarianceScaling,
    GlorotUniform,
    GlorotNormal,
    HeUniform,
    HeNormal,
    LecunUniform,
    LecunNormal,
    Orthogonal,
):
    _registry.add(_class, _snake_case(_class.__name__), *_ALIASES.get(_class, ()))

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
