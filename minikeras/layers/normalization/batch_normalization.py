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

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import config, kernels, threads
from ...errors import ShapeError, UnsupportedError
from ...parameter import Parameter
from ..arguments import ALL
from ..base import Shape
from .base import Normalization

#: Into how many parts the rows are taken for sums; with fewer entries than the second number, into one.
PARTS, WORTH = 16, 100_000


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
            if mask is None:
                mean, variance = self._moments(run, a)  # (1)
            else:
                mean, variance = self.buffer("mean", (a.shape[1],)), self.buffer("variance", (a.shape[1],))
                weight = self._weight(mask, x, axis)
                run.masked_moments(a, weight, mean, variance)
            self._move(self.moving_mean, mean)  # (4)
            self._move(self.moving_variance, variance)
        else:
            mean, variance = self.moving_mean.value, self.moving_variance.value
        r = 1 / np.sqrt(variance + self.epsilon)
        gamma = np.ones_like(r) if self.gamma is None else self.gamma.value
        beta = np.zeros_like(r) if self.beta is None else self.beta.value
        y = self.buffer("y", a.shape)
        _each(a, lambda n: run.normalize_scaled(a[n], mean, r, gamma, beta, h[n], y[n]))  # (2), (3)
        self.save(h=h.reshape(x.shape), r=r, gamma=gamma, mean=mean, weight=weight, batch=batch)
        return y.reshape(x.shape)

    def backward(self, dy: np.ndarray) -> Any:
        frame = self.saved()
        r, gamma, shape = frame["r"], frame["gamma"], frame["h"].shape
        parts = _channels_between(shape, self._axes(len(shape))[0])
        dy, h = np.ascontiguousarray(dy).reshape(parts), frame["h"].reshape(parts)
        run = kernels.select(h.dtype)
        total, dot = _summed(dy, lambda n, sums: run.sums(dy[n], h[n], *sums))  # (5)
        if self.trainable and self.beta is not None:
            self.beta.grad[...] = total
        if self.trainable and self.gamma is not None:
            self.gamma.grad[...] = dot
        if not self.wants_dx:
            return None
        dx, scale = self.buffer("dx", parts), gamma * r
        if frame["weight"] is not None:
            run.masked_normalize_backward(dy * gamma[:, None], h, r, frame["mean"], frame["weight"], dx)
        else:  # (6), with γ taken out of the bracket
            count = parts[0] * parts[2] if frame["batch"] else np.inf
            total, dot = (total / count).astype(h.dtype), (dot / count).astype(h.dtype)
            _each(dx, lambda n: run.normalize_backward_of_sums(dy[n], h[n], scale, total, dot, dx[n]))
        return dx.reshape(shape)

    def _moments(self, run: Any, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """μ and v of (A, C, B)."""
        count = a.shape[0] * a.shape[2]
        mean = _summed(a, lambda n, sums: run.sums(a[n], a[n], *sums))[0] / count
        variance = _summed(a, lambda n, sums: run.squares(a[n], mean, sums[0]))[0] / count
        return mean.astype(a.dtype), variance.astype(a.dtype)

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


def _summed(a: np.ndarray, work: Callable[[slice, np.ndarray], None]) -> np.ndarray:
    """What work(rows, sums) writes into ``sums`` (2, C), added up in the order of the rows, which all cores share."""
    rows, parts = len(a), PARTS if a.size >= WORTH else 1
    sums = np.zeros((parts, 2, a.shape[1]), np.promote_types(a.dtype, "float64"))
    ends = [rows * i // parts for i in range(parts + 1)]
    threads.share(lambda i, _: work(slice(ends[i], ends[i + 1]), sums[i]), parts, min(parts, threads.workers()))
    return sums.sum(axis=0)


def _each(a: np.ndarray, work: Callable[[slice], None]) -> None:
    """Calls work(rows) for parts of the rows, on all cores if they are large."""
    threads.share_rows(work, len(a), WORTH // max(1, a[0].size if len(a) else 1))


def _channels_between(shape: tuple[int, ...], axis: int) -> tuple[int, int, int]:
    """(A, C, B): what is before the channels' axis, the channels, what is after."""
    return int(np.prod(shape[:axis])), shape[axis], int(np.prod(shape[axis + 1 :]))
