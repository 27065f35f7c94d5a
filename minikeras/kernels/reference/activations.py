"""Activations that work entry by entry: y = f(z), dz = f′(z) · dy.

=========  =========  ==================================
z, dz      any shape  pre-activation, ∂L/∂z
y, dy      as z       output, ∂L/∂y
=========  =========  ==================================

Each forward writes y, each backward writes dz; both stand next to each other. They follow IEEE arithmetic
without warnings: an overflow is ∞, ∞ − ∞ and 0 · ∞ are NaN, and NaN in z is NaN in y. At a kink, where f′
does not exist, they take the side that Keras on TensorFlow takes; the docstring says which.

Complex arguments are for the complex step. They take the branch of their real part, and |z| there means
±z, which is the analytic continuation of either side.
"""

import math

import numpy as np

from .magnitude import magnitude

SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717

GELU_CUBIC = 0.044715

quiet = np.errstate(all="ignore")


def linear(z: np.ndarray, y: np.ndarray) -> None:
    """y = z."""
    y[...] = z


def linear_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = dy."""
    dz[...] = dy


def relu(z: np.ndarray, y: np.ndarray) -> None:
    """y = max(z, 0), and +0 for −0. NaN is kept, which ``z if z > 0 else 0`` would not do.

    Source: Nair & Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.
    """
    y[...] = np.where(z.real <= 0, 0, z)


def relu_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = dy where z > 0, else 0, so relu′(0) = relu′(NaN) = 0."""
    dz[...] = np.where(z.real > 0, dy, 0)


@quiet
def leaky_relu(z: np.ndarray, y: np.ndarray, slope: float) -> None:
    """y = z where z > 0, else slope · z.

    Source: Maas, Hannun & Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML 2013.
    """
    y[...] = np.where(z.real > 0, z, slope * z)


@quiet
def leaky_relu_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, slope: float) -> None:
    """dz = dy where z > 0, else slope · dy, at z = 0 too."""
    dz[...] = np.where(z.real > 0, dy, slope * dy)


@quiet
def relu_general(z: np.ndarray, y: np.ndarray, slope: float, max_value: float, threshold: float) -> None:
    """The relu with all of Keras's parameters (θ the threshold; max_value ∞ for none).

    (1) p = z where z > θ, else 0;  with a max_value also p ← min(max(p, 0), max_value)
    (2) y = p − slope · max(θ − z, 0)
    """
    p = np.where(z.real <= threshold, 0, z)  # (1)
    if max_value < np.inf:
        p = np.where(p.real <= 0, 0, np.where(p.real > max_value, max_value, p))
    if slope:
        p = p - slope * np.where(z.real < threshold, threshold - z, 0)  # (2)
    y[...] = p


@quiet
def relu_general_backward(
    dy: np.ndarray,
    z: np.ndarray,
    y: np.ndarray,
    dz: np.ndarray,
    slope: float,
    max_value: float,
    threshold: float,
) -> None:
    """dz = dy where θ < z ≤ max_value (and z ≥ 0 with a max_value), slope · dy where z < θ, 0 elsewhere.

    At z = θ that is 0, and at z = max_value it is dy, but 0 for max_value = 6 with θ = 0, which Keras hands
    to TensorFlow's relu6.
    """
    z = z.real
    passes = (z > threshold) & (z <= max_value)
    if max_value < np.inf:
        passes &= z >= 0
    if max_value == 6 and threshold == 0:
        passes &= z < 6
    dz[...] = np.where(passes, dy, np.where(z < threshold, slope * dy, 0))


@quiet
def elu(z: np.ndarray, y: np.ndarray, alpha: float) -> None:
    """y = z where z > 0, else α (eᶻ − 1).

    Source: Clevert, Unterthiner & Hochreiter, "Fast and accurate deep network learning by exponential linear
    units (ELUs)", ICLR 2016.
    """
    y[...] = np.where(z.real > 0, z, alpha * np.expm1(z))


@quiet
def elu_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, alpha: float) -> None:
    """dz = dy where z > 0, else α eᶻ · dy, which is α · dy at z = 0."""
    dz[...] = np.where(z.real > 0, dy, alpha * np.exp(z) * dy)


@quiet
def selu(z: np.ndarray, y: np.ndarray) -> None:
    """y = s z where z > 0, else s α (eᶻ − 1), with s = 1.0507… and α = 1.6732….

    Source: Klambauer, Unterthiner, Mayr & Hochreiter, "Self-normalizing neural networks", NeurIPS 2017. With
    these two numbers, mean 0 and variance 1 of the inputs of a layer come out as mean 0 and variance 1.
    """
    y[...] = np.where(z.real > 0, SELU_SCALE * z, SELU_SCALE * SELU_ALPHA * np.expm1(z))


@quiet
def selu_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = s α eᶻ · dy where z < 0, else s · dy, at z = 0 too."""
    dz[...] = np.where(z.real < 0, SELU_SCALE * SELU_ALPHA * np.exp(z), SELU_SCALE) * dy


@quiet
def gelu(z: np.ndarray, y: np.ndarray) -> None:
    """y = z Φ(z), with Φ(z) = ½ (1 + erf(z/√2)) the normal distribution function.

    Source: Hendrycks & Gimpel, "Gaussian error linear units (GELUs)", 2016.
    """
    y[...] = z * _normal_cdf(z)


@quiet
def gelu_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = (Φ(z) + z φ(z)) · dy, with φ(z) = Φ′(z) = exp(−z²/2) / √(2π)."""
    dz[...] = (_normal_cdf(z) + z * _normal_pdf(z)) * dy


@quiet
def gelu_tanh(z: np.ndarray, y: np.ndarray) -> None:
    """y = ½ z (1 + tanh u) = z σ(2u), with u = √(2/π) (z + c z³) and c = 0.044715.

    The two forms are one function, as ½ (1 + tanh u) = σ(2u); the second keeps its digits where tanh u ≈ −1.
    """
    y[...] = z * _sigmoid(2 * _gelu_u(z))


@quiet
def gelu_tanh_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = (σ(2u) + z σ(2u) σ(−2u) · 2u′) · dy, with u′ = √(2/π) (1 + 3c z²), since σ′(x) = σ(x) σ(−x)."""
    u = _gelu_u(z)
    s = _sigmoid(2 * u)
    w = z * s * _sigmoid(-2 * u)  # multiplied by z² from the left, it is 0 and not 0 · ∞ for large z
    dz[...] = (s + 2 * math.sqrt(2 / math.pi) * (w + 3 * GELU_CUBIC * w * z * z)) * dy


@quiet
def silu(z: np.ndarray, y: np.ndarray) -> None:
    """y = z σ(z).

    Sources: Hendrycks & Gimpel, 2016, who name it; Ramachandran, Zoph & Le, "Searching for activation
    functions", 2017, as swish.
    """
    y[...] = z * _sigmoid(z)


@quiet
def silu_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = (σ(z) + z σ(z) σ(−z)) · dy."""
    s = _sigmoid(z)
    dz[...] = (s + z * s * _sigmoid(-z)) * dy


@quiet
def sigmoid(z: np.ndarray, y: np.ndarray) -> None:
    """y = σ(z) = 1 / (1 + e⁻ᶻ), computed as eᶻ / (1 + eᶻ) where z < 0, so that no exp overflows."""
    y[...] = _sigmoid(z)


@quiet
def sigmoid_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = y (1 − y) · dy."""
    dz[...] = y * (1 - y) * dy


def tanh(z: np.ndarray, y: np.ndarray) -> None:
    """y = tanh z."""
    np.tanh(z, out=y)


@quiet
def tanh_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = (1 − y²) · dy."""
    dz[...] = (1 - y * y) * dy


@quiet
def softplus(z: np.ndarray, y: np.ndarray) -> None:
    """y = log(1 + eᶻ) = max(z, 0) + log(1 + e^(−|z|)).

    Source: Dugas, Bengio, Bélisle, Nadeau & Garcia, "Incorporating second-order functional knowledge for
    better option pricing", NIPS 2000.
    """
    y[...] = np.where(z.real < 0, 0, z) + np.log1p(np.exp(-magnitude(z)))


@quiet
def softplus_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = σ(z) · dy."""
    dz[...] = _sigmoid(z) * dy


@quiet
def softsign(z: np.ndarray, y: np.ndarray) -> None:
    """y = z / (1 + |z|).

    Source: Bergstra, Desjardins, Lamblin & Bengio, "Quadratic polynomials learn better image features", 2009.
    """
    y[...] = z / (1 + magnitude(z))


@quiet
def softsign_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = dy / (1 + |z|)²."""
    dz[...] = dy / (1 + magnitude(z)) ** 2


@quiet
def exponential(z: np.ndarray, y: np.ndarray) -> None:
    """y = eᶻ."""
    np.exp(z, out=y)


@quiet
def exponential_backward(dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz = y · dy."""
    dz[...] = y * dy


def _sigmoid(z: np.ndarray) -> np.ndarray:
    e = np.exp(-magnitude(z))
    return np.where(z.real < 0, e, 1) / (1 + e)


def _gelu_u(z: np.ndarray) -> np.ndarray:
    return math.sqrt(2 / math.pi) * (z + GELU_CUBIC * z * z * z)


def _normal_pdf(z: np.ndarray) -> np.ndarray:
    return np.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def _normal_cdf(z: np.ndarray) -> np.ndarray:
    """Φ(z) = ½ erfc(−z/√2), which keeps its digits where erf ≈ −1.

    NumPy has no erf of complex numbers: Φ(a + ib) ≈ Φ(a) + ib φ(a), exact for the tiny b of a complex step.
    """
    cdf = (_erfc(-z.real / math.sqrt(2)) / 2).astype(z.real.dtype)
    return cdf + 1j * z.imag * _normal_pdf(z.real) if np.iscomplexobj(z) else cdf


_erfc = np.vectorize(math.erfc, otypes=[np.float64])
