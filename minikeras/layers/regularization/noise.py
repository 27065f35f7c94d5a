"""GaussianNoise, GaussianDropout and AlphaDropout: noise while training, and y = x otherwise.

With ε standard normal and m a mask of zeros and ones, P(m = 1) = 1 − rate, drawn anew at every call::

    GaussianNoise     y = x + σ ε                         dx = dy
    GaussianDropout   y = x (1 + √(rate/(1 − rate)) ε)    dx = dy (1 + √(rate/(1 − rate)) ε)
    AlphaDropout      y = a (x m + α′ (1 − m)) + b        dx = a m dy

α′ = −λα is the least value of SELU, and a, b keep mean 0 and variance 1: a = ((1 − rate)(1 + rate α′²))^(−1/2) and
b = −a α′ rate.

Sources: Srivastava et al., JMLR 15, 2014 (section 10); Klambauer et al., "Self-normalizing neural networks", 2017.

>>> x = np.full((2, 2), 3.0)
>>> bool((GaussianNoise(0.1)(x) == x).all()), bool((GaussianNoise(0.1)(x, training=True) == x).any())
(True, False)
"""

import math
from typing import Any

import numpy as np

from ... import random
from ..base import Layer, Shape


class _Noise(Layer):
    """What these layers share: an amount in [0, 1], its seed, and that nothing happens outside training.

    A subclass draws y = factor · x + shift in :meth:`_draw`.
    """

    amount: str

    def __init__(self, value: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 <= value <= 1:
            raise ValueError(
                f"Invalid value received for argument `{self.amount}`. Expected a float value between 0 and 1. "
                f"Received: {self.amount}={value}"
            )
        setattr(self, self.amount, value)
        self.seed = seed
        if value > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.built = True

    def _draw(self, shape: tuple[int, ...], dtype: Any) -> tuple[Any, Any]:
        """Factor and shift for one call."""
        raise NotImplementedError(f"Layer {type(self).__name__} does not have a `_draw()` method implemented.")

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        if not training or getattr(self, self.amount) == 0:
            self.save(factor=1.0)
            return x
        factor, shift = self._draw(x.shape, x.real.dtype)
        y = self.buffer("y", x.shape)
        np.multiply(x, factor, out=y)
        y += shift
        self.save(factor=factor)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        factor = self.saved()["factor"]
        if isinstance(factor, float):
            return dy
        return np.multiply(dy, factor, out=self.buffer("dx", dy.shape))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), self.amount: getattr(self, self.amount), "seed": self.seed}


class GaussianNoise(_Noise):
    """y = x + σ ε while training.

    Args (as in Keras):
        stddev: σ, in [0, 1].
        seed: an integer, or None for the next default seed.
    """

    amount = "stddev"
    stddev: float

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(stddev, seed, **kwargs)

    def _draw(self, shape: tuple[int, ...], dtype: Any) -> tuple[Any, Any]:
        return 1.0, random.normal(shape, 0.0, self.stddev, dtype, self.seed_generator)


class GaussianDropout(_Noise):
    """y = x (1 + √(rate/(1 − rate)) ε) while training.

    Args (as in Keras):
        rate: in [0, 1).
        seed: an integer, or None for the next default seed.

    Differs from Keras: rate 1, for which there is no such y, is refused here and not at the first training call.
    """

    amount = "rate"
    rate: float

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(rate, seed, **kwargs)
        if rate == 1:
            raise ValueError(
                "Invalid value received for argument `rate`. Expected a float value below 1. Received: rate=1"
            )

    def _draw(self, shape: tuple[int, ...], dtype: Any) -> tuple[Any, Any]:
        stddev = math.sqrt(self.rate / (1.0 - self.rate))
        return random.normal(shape, 1.0, stddev, dtype, self.seed_generator), 0.0


class AlphaDropout(_Noise):
    """y = a (x m + α′ (1 − m)) + b while training: dropout that keeps what SELU keeps.

    Args (as in Keras):
        rate: probability of dropping, in [0, 1).
        noise_shape: shape of the mask, which is broadcast over x; None in it is x's size on that axis.
        seed: an integer, or None for the next default seed.

    Differs from Keras: rate 1 is refused here and not at the first training call.
    """

    amount = "rate"
    rate: float

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(rate, seed, **kwargs)
        if rate == 1:
            raise ValueError(
                "Invalid value received for argument `rate`. Expected a float value below 1. Received: rate=1"
            )
        self.noise_shape = noise_shape

    def _draw(self, shape: tuple[int, ...], dtype: Any) -> tuple[Any, Any]:
        own = self.noise_shape or shape
        mask_shape = tuple(size if wanted is None else wanted for size, wanted in zip(shape, own, strict=True))
        lowest = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946
        a = ((1 - self.rate) * (1 + self.rate * lowest**2)) ** -0.5
        b = -a * lowest * self.rate
        u = random.uniform(mask_shape, seed=self.seed_generator)  # in floatx, as in Keras, whatever the layer's dtype
        keep = u >= u.dtype.type(self.rate)
        return (a * keep).astype(dtype), (a * lowest * ~keep + b).astype(dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "noise_shape": self.noise_shape}
