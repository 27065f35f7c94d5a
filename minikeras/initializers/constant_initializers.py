"""Initializers without chance."""

import math
from typing import Any

import numpy as np

from .. import config
from ..errors import ShapeError
from .initializer import Initializer


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


class STFT(Initializer):
    """A kernel (frame_length, 1, fft_length) whose convolution is one side of the short-time Fourier transform.

    With t a sample of the frame, f a frequency, F = 2 (fft_length − 1), and w the window::

        side "real":  w[t] cos(−2π t f/F) / c        side "imag":  w[t] sin(−2π t f/F) / c

    c is √Σ w² for scaling "density", Σ |w| for "spectrum", and 1 for None or without a window.

    Args (as in Keras):
        side: "real" or "imag".
        window: a name that ``scipy.signal.get_window`` knows, an array of frame_length numbers, or None.
        scaling: "density", "spectrum" or None.
        periodic: True makes the window one period of a periodic one; else it is symmetric.

    Raises:
        ValueError: for another side, scaling or window.
        ImportError: for a window by name, if SciPy is missing.

    >>> STFT("real", window=None)((4, 1, 3))[::2, 0].round(3)  # cos 0 and cos 2πf/4 · 2, f = 0, 1, 2
    array([[ 1.,  1.,  1.],
           [ 1., -1.,  1.]], dtype=float32)
    """

    def __init__(
        self, side: str = "real", window: Any = "hann", scaling: str | None = "density", periodic: bool = False
    ) -> None:
        if side not in ("real", "imag"):
            raise ValueError(f"side should be 'real' or 'imag', not {side}")
        if scaling not in (None, "density", "spectrum"):
            raise ValueError(
                f"Scaling is invalid, it must be `None`, 'density' or 'spectrum'. Received scaling={scaling}"
            )
        self.side, self.window, self.scaling, self.periodic = side, window, scaling, periodic
        if isinstance(window, str):
            _window(window, 1, periodic)

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        dtype = np.dtype(dtype or config.floatx())
        frame_length, _, fft_length = shape
        t = np.arange(frame_length, dtype=dtype).reshape(-1, 1, 1)
        f = np.arange(fft_length, dtype=dtype) / dtype.type((fft_length - 1) * 2)
        angle = -2 * t * f * dtype.type(math.pi)
        kernel = np.cos(angle) if self.side == "real" else np.sin(angle)
        if self.window is None:
            return kernel
        window = self.window
        if isinstance(window, str):
            window = _window(window, frame_length, self.periodic)
        window = np.asarray(window, dtype)
        if window.shape != (frame_length,):
            raise ShapeError(
                f"The shape of `window` must be equal to [frame_length]. Received: window shape={window.shape}"
            )
        scale = {"density": np.sqrt(np.sum(window**2)), "spectrum": np.sum(np.abs(window)), None: dtype.type(1)}
        return kernel * window.reshape(-1, 1, 1) / scale[self.scaling]

    def get_config(self) -> dict[str, Any]:
        return {"side": self.side, "window": self.window, "periodic": self.periodic, "scaling": self.scaling}


def _window(name: str, size: int, periodic: bool) -> np.ndarray:
    try:
        from scipy.signal import get_window
    except ImportError as error:
        raise ImportError(
            f"The STFT initializer with window={name!r} needs SciPy (`pip install scipy`). "
            f"Without it, give the window as an array, or window=None."
        ) from error
    return get_window(name, size, periodic)
