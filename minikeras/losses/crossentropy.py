"""Cross-entropies: −log of the probability given to the truth.

Keras has two meanings for a loss on probabilities, and minikeras has both, by the name ``mode``:

* ``"logits"``, as on Keras's TensorFlow backend: behind a softmax or sigmoid the loss goes back to the logits z and is
  exact, −log softmax(z)[t], with gradient p − t, however small p is (:mod:`minikeras.training.head` does that). On bare
  probabilities, whose logits are unknown, it does as TensorFlow does there: they are clipped to [ε, 1 − ε] first.
* ``"clipped"``, as on Keras's JAX, PyTorch and NumPy backends: probabilities are divided by their sum and clipped to
  [ε, 1 − ε]; beyond that the gradient is exactly 0 and learning stops.

Differs from Keras on TensorFlow, which finds the logits of any softmax: a loss that is called in a gradient tape or a
custom ``train_step``, or behind a softmax that is no layer's last activation, gets bare probabilities. Where they may
saturate, give logits there, and ``from_logits=True``.

ε is ``config.epsilon()``, 1e-7. With logits (0, 20, 0) and the truth 0:

>>> z = np.array([[0.0, 20.0, 0.0]])
>>> loss = SparseCategoricalCrossentropy(from_logits=True)
>>> round(loss([0], z).item(), 3), loss.backward([0], z).round(3) + 0.0
(20.0, array([[-1.,  1.,  0.]]))
>>> clipped = SparseCategoricalCrossentropy(mode="clipped")
>>> p = np.exp(z) / np.exp(z).sum()
>>> round(clipped([0], p).item(), 3), clipped.backward([0], p) + 0.0
(16.118, array([[0., 0., 0.]]))
"""

import copy
from typing import Any, Self

import numpy as np

from .. import config, kernels
from ..errors import DataError, ShapeError
from .base import Loss, clip, fits, inside
from .labels import LabelLoss


class Crossentropy(Loss):
    """What the three cross-entropies share: logits or probabilities, and the mode.

    Args:
        from_logits: whether y_pred are logits rather than probabilities.
        axis: of the classes.
        mode: "logits" or "clipped", see above.

    Raises:
        ValueError: for an unknown mode, or an axis that is no integer.
    """

    _exact = False

    def __init__(
        self, from_logits: bool, axis: int, reduction: str | None, name: str | None, dtype: Any, mode: str
    ) -> None:
        super().__init__(name, reduction, dtype)
        if isinstance(axis, bool) or not isinstance(axis, int):
            raise ValueError(f"`axis` must be of type `int`. Received: axis={axis} of type {type(axis)}")
        if mode not in ("logits", "clipped"):
            raise ValueError(f"`mode` must be 'logits' or 'clipped'. Received: mode={mode!r}")
        self.from_logits, self.axis, self.mode = from_logits, axis, mode

    def get_config(self) -> dict[str, Any]:
        result = {**super().get_config(), "from_logits": self.from_logits}
        return result if self.mode == "logits" else {**result, "mode": self.mode}

    def on_probabilities(self) -> Self:
        """This loss on probabilities that are clipped only where their dtype ends, not at ε.

        It is −log p itself: what the loss head computes from the logits, here without them.

        >>> p = np.array([[1e-20, 1.0]])
        >>> loss = SparseCategoricalCrossentropy()
        >>> loss([0], p).round(3).item(), loss.on_probabilities()([0], p).round(3).item()
        (16.118, 46.052)
        """
        exact = copy.copy(self)
        exact.from_logits, exact._exact = False, True
        return exact

    @property
    def outputs(self) -> str:  # type: ignore[override]
        if self.from_logits:
            return "numbers"
        return "probabilities" if self.targets in ("labels", "one-hot") else "fractions"

    def _bounds(self, dtype: Any) -> tuple[float, float]:
        """What probabilities are clipped to: [ε, 1 − ε], or the smallest and largest numbers that have a logarithm."""
        if self._exact:
            limits = np.finfo(dtype)
            return float(limits.tiny), float(1 - limits.epsneg)
        return config.epsilon(), 1 - config.epsilon()

    def _clipped(self, p: np.ndarray) -> np.ndarray:
        return clip(p, *self._bounds(p.real.dtype))

    def _inside(self, p: np.ndarray) -> np.ndarray:
        return inside(p, *self._bounds(p.real.dtype))

    def _on_logits(self, kernel: str, targets: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """ℓ and ∂ℓ/∂z by a kernel of the loss head."""
        rows = np.ascontiguousarray(z.reshape(-1, z.shape[-1]))
        values, ones = np.empty(len(rows), z.dtype), np.ones(len(rows), z.dtype)
        p, dz = np.empty_like(rows), np.empty_like(rows)
        getattr(kernels.select(z.dtype), kernel)(rows, np.ascontiguousarray(targets), ones, p, values, dz)
        return values.reshape(z.shape[:-1]), dz.reshape(z.shape)


class CategoricalCrossentropy(Crossentropy):
    """For targets t with one entry a class along ``axis``, each row a distribution (one-hot, or softer).

    From logits z:           ℓ = −Σₖ tₖ log softmax(z)ₖ,   ∂ℓ/∂zₖ = softmax(z)ₖ Σⱼtⱼ − tₖ
    From probabilities p:    r = p / Σp,  c = clip(r),  ℓ = −Σₖ tₖ log cₖ
                             ∂ℓ/∂rₖ = −tₖ / cₖ inside the clip, else 0;  ∂ℓ/∂pₖ = (∂ℓ/∂rₖ − Σⱼ rⱼ ∂ℓ/∂rⱼ) / Σp

    With ``label_smoothing`` s, t ← t (1 − s) + s / K first.

    Differs from Keras: K is the number of classes along ``axis``; Keras takes the length of the last axis. Targets that
    do not sum to 1, such as several classes at once, have the gradient (p Σt − t) w behind a softmax; Keras on
    TensorFlow takes (p − t) w, which is not the derivative of its loss.

    >>> CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]]).round(4).item()
    0.6931
    """

    targets = "one-hot"

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
        *,
        mode: str = "logits",
    ) -> None:
        super().__init__(from_logits, axis, reduction, name, dtype, mode)
        self.label_smoothing = label_smoothing

    def smoothed(self, t: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """The targets the loss is really taken with."""
        s = self.label_smoothing
        return np.add(np.multiply(t, 1 - s, out=out), s / t.shape[-1], out=out) if s else t

    def align(self, y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
        if np.shape(y_true) != np.shape(y_pred):
            raise ShapeError(_not_one_hot(self.name, np.shape(y_true), np.shape(y_pred)))
        return super().align(y_true, y_pred)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        t = self.smoothed(y_true)
        if self.from_logits:
            return self._on_logits("softmax_crossentropy_dense", t.reshape(-1, t.shape[-1]), y_pred)[0]
        return -(t * np.log(self._clipped(y_pred / y_pred.sum(axis=-1, keepdims=True)))).sum(axis=-1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        t = self.smoothed(y_true)
        if self.from_logits:
            return self._on_logits("softmax_crossentropy_dense", t.reshape(-1, t.shape[-1]), y_pred)[1]
        return through_sum(lambda r: np.where(self._inside(r), -t / self._clipped(r), 0), y_pred)

    def check(self, y_true: np.ndarray, y_pred_shape: tuple[int | None, ...]) -> None:
        if not fits(y_true.shape, y_pred_shape):
            raise DataError(_not_one_hot(self.name, y_true.shape, y_pred_shape))
        super().check(y_true, y_pred_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "label_smoothing": self.label_smoothing, "axis": self.axis}


class SparseCategoricalCrossentropy(LabelLoss, Crossentropy):
    """For integer labels t in [0, K).

    From logits z:           ℓ = −log softmax(z)ₜ,            ∂ℓ/∂zₖ = softmax(z)ₖ − 1[k = t]
    From probabilities p:    c = clip(p),  ℓ = log Σc − log cₜ,  ∂ℓ/∂pₖ = 1/Σc − 1[k = t]/cₜ inside the clip, else 0
    mode "clipped":          r = p / Σp,  c = clip(r),  ℓ = −log cₜ, and back as for CategoricalCrossentropy

    Args:
        ignore_class: a label whose samples count neither in the loss nor in its mean.

    >>> SparseCategoricalCrossentropy()([1, 0], [[0.2, 0.8], [0.5, 0.5]]).round(4).item()      # (0.2231 + 0.6931) / 2
    0.4581
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        *,
        mode: str = "logits",
    ) -> None:
        super().__init__(from_logits, axis, reduction, name, dtype, mode)
        self.ignore_class = ignore_class

    def align(self, y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
        if self.axis not in (-1, np.ndim(y_pred) - 1):
            raise ValueError(f"{self.name} takes classes along the last axis only. Received: axis={self.axis}")
        return super().align(y_true, y_pred)

    def kept(self, y_true: np.ndarray) -> np.ndarray | None:
        return None if self.ignore_class is None else y_true != self.ignore_class

    def labels(self, y_true: np.ndarray) -> np.ndarray:
        """Labels to index with: an ignored one becomes 0."""
        return y_true if self.ignore_class is None else np.where(y_true == self.ignore_class, 0, y_true)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        if self.from_logits:
            values = self._on_logits("softmax_crossentropy", self.labels(y_true).reshape(-1), y_pred)[0]
        elif self.mode == "clipped":
            values = -np.log(self._clipped(_at(y_pred / y_pred.sum(axis=-1, keepdims=True), self.labels(y_true))))
        else:
            c = self._clipped(y_pred)
            values = np.log(c.sum(axis=-1)) - np.log(_at(c, self.labels(y_true)))
        kept = self.kept(y_true)
        return values if kept is None else np.where(kept, values, 0)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        t = np.arange(y_pred.shape[-1]) == self.labels(y_true)[..., None]
        if self.from_logits:
            g = self._on_logits("softmax_crossentropy", self.labels(y_true).reshape(-1), y_pred)[1]
        elif self.mode == "clipped":
            g = through_sum(lambda r: np.where(self._inside(r) & t, -1 / self._clipped(r), 0), y_pred)
        else:
            c = self._clipped(y_pred)
            g = np.where(self._inside(y_pred), 1 / c.sum(axis=-1, keepdims=True) - t / c, 0)
        kept = self.kept(y_true)
        return g if kept is None else np.where(kept[..., None], g, 0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "ignore_class": self.ignore_class}


class BinaryCrossentropy(Crossentropy):
    """For targets t in [0, 1], each entry a question of its own; a mean over ``axis``, of K entries.

    From logits z:           ℓ = (1/K) Σ max(z, 0) − z t + log(1 + exp(−|z|)),   ∂ℓ/∂z = (σ(z) − t) / K
    From probabilities p:    c = clip(p),  ℓ = −(1/K) Σ t log c + (1 − t) log(1 − c)
                             ∂ℓ/∂p = (−t/c + (1 − t)/(1 − c)) / K inside the clip, else 0

    With ``label_smoothing`` s, t ← t (1 − s) + s / 2 first.

    >>> BinaryCrossentropy()([[1.0], [0.0]], [[0.8], [0.5]]).round(4).item()
    0.4581
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
        *,
        mode: str = "logits",
    ) -> None:
        super().__init__(from_logits, axis, reduction, name, dtype, mode)
        self.label_smoothing = label_smoothing

    def smoothed(self, t: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """The targets the loss is really taken with."""
        s = self.label_smoothing
        return np.add(np.multiply(t, 1 - s, out=out), s / 2, out=out) if s else t

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        t = self.smoothed(y_true)
        if self.from_logits:
            return self._on_logits("sigmoid_crossentropy", t.reshape(-1, t.shape[-1]), y_pred)[0]
        c = self._clipped(y_pred)
        return -(t * np.log(c) + (1 - t) * np.log(1 - c)).mean(axis=-1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        t = self.smoothed(y_true)
        if self.from_logits:
            return self._on_logits("sigmoid_crossentropy", t.reshape(-1, t.shape[-1]), y_pred)[1]
        c = self._clipped(y_pred)
        return np.where(self._inside(y_pred), (1 - t) / (1 - c) - t / c, 0) / y_pred.shape[-1]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "label_smoothing": self.label_smoothing, "axis": self.axis}


def _at(p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.take_along_axis(p, labels[..., None].astype(np.intp), axis=-1)[..., 0]


def through_sum(dr: Any, p: np.ndarray) -> np.ndarray:
    """Back through r = p / Σp: dpₖ = (drₖ − Σⱼ rⱼ drⱼ) / Σp."""
    total = p.sum(axis=-1, keepdims=True)
    r = p / total
    d = dr(r)
    return (d - (d * r).sum(axis=-1, keepdims=True)) / total


def _not_one_hot(name: str, y_shape: tuple[int, ...], y_pred_shape: tuple[int | None, ...]) -> str:
    message = f"{name} needs targets of shape {tuple(y_pred_shape)}. Received: y.shape={y_shape}."
    if len(y_shape) == len(y_pred_shape) - 1 or (y_shape and y_shape[-1] == 1):
        message += (
            " y looks like integer labels: use loss='sparse_categorical_crossentropy', or utils.to_categorical(y)."
        )
    return message


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> np.ndarray:
    """ℓ of :class:`SparseCategoricalCrossentropy` for every sample."""
    return SparseCategoricalCrossentropy(from_logits, ignore_class, axis=axis).call(y_true, y_pred)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> np.ndarray:
    """ℓ of :class:`CategoricalCrossentropy` for every sample."""
    return CategoricalCrossentropy(from_logits, label_smoothing, axis).call(y_true, y_pred)


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> np.ndarray:
    """ℓ of :class:`BinaryCrossentropy` for every sample."""
    return BinaryCrossentropy(from_logits, label_smoothing, axis).call(y_true, y_pred)
