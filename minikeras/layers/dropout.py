"""Dropout: while training, each entry is zero with probability ``rate``."""

from typing import Any

import numpy as np

from .. import kernels, random
from ..errors import ShapeError
from .base import Layer, Shape


class Dropout(Layer):
    """Zeroes entries at random and scales the others by 1 / (1 − rate), so that the expected output is x.

    With a mask m of zeros and ones, P(m = 1) = 1 − rate, drawn anew at every call::

        y = x ⊙ m / (1 − rate)          dx = dy ⊙ m / (1 − rate)

    and y = x, dx = dy when not training, or with rate 0. Input and output (N, …).

    Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, "Dropout: a simple way to prevent
    neural networks from overfitting", JMLR 15, 2014.

    Args: Keras's.
        rate: probability of zero, in [0, 1].
        noise_shape: shape of the mask, which is broadcast over x; None in it is x's size on that axis.
        seed: an integer, or None for the next default seed.

    Raises:
        ValueError: for another rate or noise_shape.

    >>> layer = Dropout(0.5, seed=7, dtype="float64")
    >>> x = np.ones((2, 3))
    >>> bool((layer(x) == x).all())
    True
    >>> y = layer(x, training=True, record=True)
    >>> sorted(set(y.ravel().tolist()))
    [0.0, 2.0]
    >>> bool((layer.backward(x) == y).all())                # the same entries go back
    True
    """

    needs_floats = True
    supports_masking = True
    quantities = {
        "keep": ("m: 1 where an entry is kept", "m"),
        "y": ("y = x ⊙ m / (1 − rate)", r"y = x \odot m / (1 - r)"),
        "dx": (
            "dx = dy ⊙ m / (1 − rate)",
            r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y} \odot m / (1 - r)",
        ),
    }

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 <= rate <= 1:
            raise ValueError(
                f"Invalid value received for argument `rate`. Expected a float value between 0 and 1. "
                f"Received: rate={rate}"
            )
        self.rate = rate
        self.seed = seed
        self.noise_shape = _checked_noise_shape(noise_shape)
        if rate > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self._scale = 1 / (1 - rate) if rate < 1 else 0.0
        self.built = True

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        if not training or self.rate == 0:
            self.save(keep=None)
            return x
        drawn = random.dropout_mask(self.seed_generator, self._mask_shape(x.shape), self.rate, x.real.dtype)
        keep = np.broadcast_to(drawn, x.shape)
        self.save(keep=keep)
        return self._drop(x, keep, "y")

    def backward(self, dy: np.ndarray) -> np.ndarray:
        keep = self.saved()["keep"]
        return dy if keep is None else self._drop(dy, keep, "dx")

    def _drop(self, x: np.ndarray, keep: np.ndarray, name: str) -> np.ndarray:
        y = self.buffer(name, x.shape)
        kernels.select(x.dtype).dropout(x, keep, self._scale, y)
        return y

    def _mask_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if self.noise_shape is None:
            return shape
        fits = len(self.noise_shape) == len(shape)
        if not fits or any(m not in (None, 1, s) for m, s in zip(self.noise_shape, shape, strict=True)):
            raise ShapeError(
                f"Layer '{self.name}' (Dropout): noise_shape {self.noise_shape} cannot be broadcast over an "
                f"input of shape {shape}; each entry must be None, 1 or the input's size."
            )
        return tuple(s if m is None else m for m, s in zip(self.noise_shape, shape, strict=True))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}
        return {**super().get_config(), **own}


def _checked_noise_shape(noise_shape: Any) -> tuple[int | None, ...] | None:
    if noise_shape is None:
        return None
    sizes = tuple(noise_shape) if isinstance(noise_shape, list | tuple) else None
    if sizes is None or not all(s is None or (isinstance(s, int) and s > 0) for s in sizes):
        raise ValueError(
            f"Invalid value received for argument `noise_shape`. Expected a tuple or list of positive "
            f"integers or None. Received: noise_shape={noise_shape}"
        )
    return sizes
