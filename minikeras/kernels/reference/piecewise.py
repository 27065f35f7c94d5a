"""Activations made of straight lines and parabolas: y = f(z), dz = f′(z) · dy.

The letters, the rules for NaN, infinity and complex numbers are those of
:mod:`minikeras.kernels.reference.activations`. At a kink the derivative is the one of Keras on TensorFlow; the
docstring says which.

Sources: Howard et al., "Searching for MobileNetV3", ICCV 2019 (hard_sigmoid, hard_silu); Donoho & Johnstone, "Ideal
spatial adaptation by wavelet shrinkage", Biometrika 1994 (soft_shrink, hard_shrink); Martins & Astudillo, "From
softmax to sparsemax", ICML 2016 (whose two-class case is sparse_sigmoid, the derivative of sparse_plus).
"""

import numpy as np

from .activations import quiet


@quiet
def hard_sigmoid(z: np.ndarray, y: np.ndarray) -> None:
    """y = min(max(z + 3, 0), 6) / 6."""
    y[...] = _clipped(z + 3, 0, 6) / 6


@quiet
def hard_sigmoid_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = dy / 6 where −3 < z < 3, else 0, at z = ±3 too."""
    dz[...] = np.where(_strictly_within(z, 3), dy / 6, 0)


@quiet
def hard_silu(z: np.ndarray, y: np.ndarray) -> None:
    """y = z h(z), with h the hard_sigmoid."""
    y[...] = z * (_clipped(z + 3, 0, 6) / 6)


@quiet
def hard_silu_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = (h(z) + z h′(z)) · dy, with h′ = 1/6 where −3 < z < 3, else 0: at z = 3 dz = dy, at z = −3 dz = 0."""
    h = _clipped(z + 3, 0, 6) / 6
    dz[...] = np.where(_strictly_within(z, 3), h + z / 6, h) * dy


@quiet
def hard_tanh(z: np.ndarray, y: np.ndarray) -> None:
    """y = min(max(z, −1), 1)."""
    y[...] = _clipped(z, -1, 1)


@quiet
def hard_tanh_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = dy where −1 ≤ z ≤ 1, else 0."""
    dz[...] = np.where(np.abs(z.real) <= 1, dy, 0)


@quiet
def hard_shrink(z: np.ndarray, y: np.ndarray, threshold: float) -> None:
    """y = z where |z| > θ, else 0. NaN is kept, which Keras makes 0."""
    y[...] = np.where(np.abs(z.real) <= threshold, 0, z)


@quiet
def hard_shrink_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, threshold: float) -> None:
    """dz = dy where |z| > θ, else 0, at |z| = θ too."""
    dz[...] = np.where(np.abs(z.real) > threshold, dy, 0)


@quiet
def soft_shrink(z: np.ndarray, y: np.ndarray, threshold: float) -> None:
    """y = z − θ where z > θ, z + θ where z < −θ, else 0. NaN is kept, which Keras makes 0."""
    outside = np.where(z.real > threshold, z - threshold, z + threshold)
    y[...] = np.where((z.real <= threshold) & (z.real >= -threshold), 0, outside)


@quiet
def soft_shrink_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, threshold: float) -> None:
    """dz = dy where z > θ or z < −θ, else 0, at |z| = θ too."""
    dz[...] = np.where((z.real > threshold) | (z.real < -threshold), dy, 0)


@quiet
def threshold(z: np.ndarray, y: np.ndarray, threshold: float, default_value: float) -> None:
    """y = z where z > θ, else the default value. NaN is kept, which Keras makes the default value."""
    y[...] = np.where(z.real <= threshold, default_value, z)


@quiet
def threshold_backward(
    dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, threshold: float, default_value: float
) -> None:
    """dz = dy where z > θ, else 0, at z = θ too."""
    dz[...] = np.where(z.real > threshold, dy, 0)


@quiet
def sparse_plus(z: np.ndarray, y: np.ndarray) -> None:
    """y = 0 where z ≤ −1, (z + 1)²/4 where −1 < z < 1, z where z ≥ 1."""
    y[...] = np.where(z.real <= -1, 0, np.where(z.real < 1, (z + 1) * (z + 1) / 4, z))


@quiet
def sparse_plus_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = s(z) · dy, with s the sparse_sigmoid; it has no jump."""
    dz[...] = _clipped((z + 1) / 2, 0, 1) * dy


@quiet
def sparse_sigmoid(z: np.ndarray, y: np.ndarray) -> None:
    """y = min(max((z + 1)/2, 0), 1)."""
    y[...] = _clipped((z + 1) / 2, 0, 1)


@quiet
def sparse_sigmoid_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = dy/2 where −1 < z < 1, else 0, at z = ±1 too."""
    dz[...] = np.where(_strictly_within(z, 1), dy / 2, 0)


def _clipped(z: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.where(z.real <= low, low, np.where(z.real >= high, high, z))


def _strictly_within(z: np.ndarray, bound: float) -> np.ndarray:
    return (z.real > -bound) & (z.real < bound)
