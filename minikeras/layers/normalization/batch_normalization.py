"""BatchNormalization: each channel gets mean 0 and variance 1 over the batch.

========  ===========  ============================================================================
x, h, y   any shape    input, normalized input, output; C channels on one axis, M entries of each
μ, v      (C,)         mean and variance: of the batch in training, the moving ones otherwise
γ, β      (C,)         ``gamma``, ``beta``
========  ===========  ============================================================================

Forward in training, with sums over the M entries of a channel, ε = ``epsilon`` and m = ``momentum``::

    (1)  μ = Σ x / M,   v = Σ (x − μ)² / M,   r = 1 / √(v + ε)
    (2)  h = (x − μ) r
    (3)  y = γ h + β
    (4)  moving mean ← m · moving mean + (1 − m) μ,   moving variance likewise with v

Backward. x reaches h directly, through μ, and through v. With dh = γ dy::

    (5)  dβ = Σ dy,   dγ = Σ dy h
    (6)  dx = r (dh − Σ dh / M − h Σ dh h / M)

for: ∂L/∂v = −½ r² Σ dh h, as ∂h/∂v = −½ h r²; ∂L/∂μ = −r Σ dh; and x has a share of 1/M in μ and of 2 (x − μ) / M in v.
So dx has no part along a constant or along h: y does not change if x is shifted or scaled. Outside training, or with
``trainable=False``, μ and v are constants: dx = r dh.

>>> from minikeras.layers import BatchNormalization
>>> layer = BatchNormalization(epsilon=0.0, dtype="float64")
>>> x = np.array([[1.0], [3.0]])
>>> layer(x, training=True, record=True).ravel()               # μ = 2, v = 1
array([-1.,  1.])
>>> layer.backward(np.array([[1.0], [0.0]])).ravel().tolist()  # two entries have nothing but shift and scale
[0.0, 0.0]
>>> layer.moving_mean.value.round(2), layer.moving_variance.value.round(2)
(array([0.02]), array([1.]))

Source: Ioffe & Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
shift", ICML 2015.
"""

from typing import Any

import numpy as np

from ... import config, kernels
from ...errors import ShapeError, UnsupportedError
from ...parameter import Parameter
from ..arguments import ALL
from ..base import Shape
from .base import Normalization


class BatchNormalization(Normalization):
    """Batch normalization over all axes but one.

    Args (as in Keras):
        axis: of the channels.
        momentum: m, of the moving statistics.
        epsilon: ε, added to the variance.
        center, scale: whether there are β and γ.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer, beta_regularizer,
        gamma_regularizer, beta_constraint, gamma_constraint: of the weights.

    Call arguments: ``mask``, of x's shape without its last axis: which entries count for μ and v.

    Its weights are gamma, beta, moving_mean and moving_variance; the last two are not trained.

    Differs from Keras: ``renorm`` and ``synchronized`` are refused, with an UnsupportedError.
    """

    quantities = {
        "mean": ("μ, the mean of each channel", r"\mu_c = \frac{1}{M}\sum x_c"),
        "variance": ("v, the variance of each channel", r"v_c = \frac{1}{M}\sum (x_c - \mu_c)^2"),
        "r": ("r = 1 / √(v + ε)", r"r = \frac{1}{\sqrt{v + \epsilon}}"),
        "h": ("h = (x − μ) r", r"h = (x - \mu)\, r"),
        "y": ("y = γ h + β", r"y = \gamma h + \beta"),
        "dgamma": ("dγ = Σ dy h", r"\d{\gamma} = \sum \d{y} h"),
        "dbeta": ("dβ = Σ dy", r"\d{\beta} = \sum \d{y}"),
        "dx": (
            "dx = γ r (dy − dβ / M − h dγ / M)",
            r"\d{x} = \gamma r \Big(\d{y}"
            r" - \frac{1}{M}\d{\beta} - \frac{h}{M}\d{\gamma}\Big)",
        ),
    }
    roles = {
        "beta": ALL,
        "gamma": ALL,
        "moving_mean": ("initializer",),
        "moving_variance": ("initializer",),
    }
    moving_mean: Parameter
    moving_variance: Parameter

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        arguments = dict(locals())
        super().__init__(**kwargs)
        for argument in ("renorm", "synchronized"):
            if arguments[argument]:
                raise UnsupportedError(f"BatchNormalization does not support `{argument}` in minikeras.")
        self.axis, self.momentum, self.epsilon = axis, float(momentum), float(epsilon)
        self.center, self.scale = center, scale
        self.renorm_clipping, self.renorm_momentum = renorm_clipping, renorm_momentum
        self._set_roles(arguments)

    def build(self, input_shape: Shape) -> None:
        self._add_scale_and_center(input_shape)
        shape = (input_shape[self.axis],)
        self.moving_mean = self._add("moving_mean", shape, trainable=False)  # type: ignore[arg-type]
        self.moving_variance = self._add("moving_variance", shape, trainable=False)  # type: ignore[arg-type]
        self.mark_built(input_shape)

    def call(self, x: np.ndarray, training: bool = False, mask: Any = None) -> np.ndarray:
        run, (axis,) = kernels.select(x.dtype), self._axes(x.ndim)
        a = np.ascontiguousarray(x).reshape(_channels_between(x.shape, axis))
        h = self.buffer("h", a.shape)
        batch, weight = training and self.trainable, None
        if batch:
            mean, variance = self.buffer("mean", (a.shape[1],)), self.buffer("variance", (a.shape[1],))
            if mask is None:
                run.moments(a, mean, variance)  # (1)
            else:
                weight = self._weight(mask, x, axis)
                run.masked_moments(a, weight, mean, variance)
            self._move(self.moving_mean, mean)  # (4)
            self._move(self.moving_variance, variance)
        else:
            mean, variance = self.moving_mean.value, self.moving_variance.value
        r = 1 / np.sqrt(variance + self.epsilon)
        run.normalize(a, mean, r, h)  # (2)
        h = h.reshape(x.shape)
        self.save(h=h, r=r, mean=mean, weight=weight, batch=batch)
        return self._scale_and_center(h)  # (3)

    def backward(self, dy: np.ndarray) -> Any:
        frame = self.saved()
        h, r, shape = frame["h"], frame["r"], frame["h"].shape
        dh = self._scale_and_center_backward(np.ascontiguousarray(dy), h)  # (5)
        if not self.wants_dx:
            return None
        parts = _channels_between(shape, self._axes(len(shape))[0])
        dx, run = self.buffer("dx", parts), kernels.select(h.dtype)
        dh, h = dh.reshape(parts), h.reshape(parts)
        if not frame["batch"]:
            np.multiply(dh, r[:, None], out=dx)
        elif frame["weight"] is None:
            run.normalize_backward(dh, h, r, dx)  # (6)
        else:
            run.masked_normalize_backward(dh, h, r, frame["mean"], frame["weight"], dx)
        return dx.reshape(shape)

    def _move(self, moving: Parameter, now: np.ndarray) -> None:
        moving.value *= self.momentum
        moving.value += now * (1.0 - self.momentum)

    def _weight(self, mask: Any, x: np.ndarray, axis: int) -> np.ndarray:
        """1 / (count + Keras's epsilon) where an entry counts, else 0, as (A, C, B)."""
        keep = np.asarray(mask, bool)
        if keep.ndim != x.ndim - 1:
            raise ShapeError(
                f"The mask provided should be one dimension less than the inputs. Received: "
                f"mask.shape={keep.shape}, inputs.shape={x.shape}"
            )
        keep = np.broadcast_to(keep[..., None], x.shape).reshape(_channels_between(x.shape, axis))
        return keep / (keep.sum(axis=(0, 2)) + config.epsilon())[:, None]

    def get_config(self) -> dict[str, Any]:
        own = {"axis": self.axis, "momentum": self.momentum, "epsilon": self.epsilon, **self._scale_config()}
        renorm = {"renorm_clipping": self.renorm_clipping, "renorm_momentum": self.renorm_momentum}
        return {**super().get_config(), **own, "synchronized": False, "renorm": False, **renorm}


def _channels_between(shape: tuple[int, ...], axis: int) -> tuple[int, int, int]:
    """(A, C, B): what is before the channels' axis, the channels, what is after."""
    return int(np.prod(shape[:axis])), shape[axis], int(np.prod(shape[axis + 1 :]))
