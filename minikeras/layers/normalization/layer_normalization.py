"""LayerNormalization and RMSNormalization: each sample gets mean 0 and variance 1, or mean square 1, over some axes.

With sums over the B entries of the axes (R samples, each with its own μ and v)::

    Layer   (1)  μ = Σ x / B,  v = Σ (x − μ)² / B,  r = 1/√(v + ε),  h = (x − μ) r
            (2)  dx = r (dh − Σ dh / B − h Σ dh h / B)
    RMS     (3)  r = 1/√(Σ x² / B + ε),  h = x r
            (4)  dx = r (dh − h Σ dh h / B)

and y = γ h + β, dh = γ dy as in :mod:`.base`; unlike in batch normalization, γ and β have the axes that are normalized.
(4) is (2) without the mean.

>>> from minikeras.layers import LayerNormalization, RMSNormalization
>>> LayerNormalization(epsilon=0.0, dtype="float64")(np.array([[1.0, 3.0], [10.0, 30.0]]))
array([[-1.,  1.],
       [-1.,  1.]])
>>> RMSNormalization(epsilon=0.0, dtype="float64")(np.array([[3.0, 4.0]])) * 12.5**0.5
array([[3., 4.]])
"""

from typing import Any

import numpy as np

from ... import initializers, kernels
from ...parameter import Parameter
from ..arguments import refuse
from ..base import Shape
from .base import Normalization, back_from_rows, checked_axes, rows_first


class LayerNormalization(Normalization):
    """Layer normalization, equations (1) and (2).

    Args (as in Keras):
        axis: one or several; what is normalized.
        epsilon: ε, added to the variance.
        center, scale: whether there are β and γ.
        beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint.

    Source: Ba, Kiros & Hinton, "Layer normalization", 2016.

    Differs from Keras: the deprecated ``rms_scaling`` is refused; see :class:`RMSNormalization`.
    """

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        rms_scaling: bool = False,
        **kwargs: Any,
    ) -> None:
        arguments = dict(locals())
        super().__init__(**kwargs)
        refuse("LayerNormalization", rms_scaling=rms_scaling or None)
        self.axis, self.epsilon, self.center, self.scale = checked_axes(axis), epsilon, center, scale
        self._set_roles(arguments)

    def build(self, input_shape: Shape) -> None:
        self._add_scale_and_center(input_shape)
        self.axis = sorted(self.axis) if isinstance(self.axis, list) else [self.axis]
        self.mark_built(input_shape)

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        axes = self._axes(x.ndim)
        rows = rows_first(x, axes)[0]
        h, y, r = self.buffer("h", rows.shape), self.buffer("y", rows.shape), self.buffer("r", rows.shape[:1])
        gamma, beta = (None if p is None else p.value.reshape(-1) for p in (self.gamma, self.beta))
        kernels.select(x.dtype).layer_normalize(rows, gamma, beta, self.epsilon, h, r, y)  # (1)
        self.save(h=h, r=r)
        return back_from_rows(y, x.shape, axes)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        frame, axes = self.saved(), self._axes(dy.ndim)
        rows, size = rows_first(dy, axes)[0], frame["h"].shape[1:]
        gamma = None if self.gamma is None else self.gamma.value.reshape(-1)
        dgamma, dbeta = self.buffer("dgamma", size), self.buffer("dbeta", size)
        dx = self.buffer("dx", rows.shape)
        run = kernels.select(dx.dtype)
        run.layer_normalize_backward(rows, frame["h"], frame["r"], gamma, dx, dgamma, dbeta)  # (2)
        for p, gradient in ((self.gamma, dgamma), (self.beta, dbeta)):
            if p is not None and self.trainable:
                p.grad[...] = gradient.reshape(p.shape)
        return back_from_rows(dx, dy.shape, axes)

    def get_config(self) -> dict[str, Any]:
        own = {"axis": self.axis, "epsilon": self.epsilon, "rms_scaling": False}
        return {**super().get_config(), **own, **self._scale_config()}


class RMSNormalization(Normalization):
    """Root mean square normalization, equations (3) and (4); γ is called ``scale``.

    Args (as in Keras):
        axis: one or several; what is normalized.
        epsilon: ε, added to the mean square.

    Source: Zhang & Sennrich, "Root mean square layer normalization", NeurIPS 2019.

    Differs from Keras: several axes need not be the last ones.
    """

    roles = {}
    gamma_initializer = initializers.get("ones")
    center = False
    scale: Any = True

    def __init__(self, axis: Any = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis, self.epsilon = checked_axes(axis), epsilon

    def build(self, input_shape: Shape) -> None:
        self._add_scale_and_center(input_shape, "scale")
        self.axis = sorted(self.axis) if isinstance(self.axis, list) else [self.axis]
        self.scale: Parameter = self.gamma  # type: ignore[assignment,no-redef]
        self.mark_built(input_shape)

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        axes = self._axes(x.ndim)
        a = rows_first(x, axes)
        r = 1 / np.sqrt((a * a).mean(axis=(0, 2)) + self.epsilon)
        rows = self.buffer("h", a.shape)
        np.multiply(a, r[:, None], out=rows)  # (3)
        h = back_from_rows(rows, x.shape, axes)
        self.save(h=h, rows=rows, r=r)
        return self._scale_and_center(h)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        frame = self.saved()
        axes, rows = self._axes(dy.ndim), frame["rows"]
        dh = self._scale_and_center_backward(dy, frame["h"])
        dx = self.buffer("dx", rows.shape)
        run = kernels.select(dx.dtype)
        run.rms_normalize_backward(rows_first(dh, axes), rows, frame["r"], dx, float(rows.shape[2]))  # (4)
        return back_from_rows(dx, dy.shape, axes)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon}
