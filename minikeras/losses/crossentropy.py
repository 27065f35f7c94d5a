"""Cross-entropies: −log of the probability given to the truth.

Keras has two meanings for a loss on probabilities, and minikeras has both, by the name ``mode``:

* ``"logits"``, as on Keras's TensorFlow backend: behind a softmax or sigmoid the loss goes back to the logits z and is
  exact, −log softmax(z)[t], with gradient p − t, however small p is (:mod:`minikeras.training.head` does that). On bare
  probabilities, whose logits nobody knows, it does as TensorFlow does there: they are clipped to [ε, 1 − ε] first.
* ``"clipped"``, as on Keras's JAX, PyTorch and NumPy backends: probabilities are divided by their sum and clipped to
  [ε, 1 − ε]; beyond that the gradient is exactly 0 and learning stops.

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

from .. import config
from ..errors import DataError, ShapeError, UnsupportedError
from .base import Loss, _floats, clip


class Crossentropy(Loss):
    """What the three cross-entropies share: logits or probabilities, and the mode.

    Args:
        from_logits: whether y_pred are logits rather than probabilities.
        mode: "logits" or "clipped", see above.

    Raises:
        UnsupportedError: for classes along another axis than the last.
        ValueError: for an unknown mode.
    """

    _exact = False

    def __init__(
        self, from_logits: bool, axis: int, reduction: str | None, name: str | None, dtype: Any, mode: str
    ) -> None:
        super().__init__(name, reduction, dtype)
        if axis != -1:
            raise UnsupportedError(
                f"Cross-entropies of minikeras have the classes last, axis=-1. Received: axis={axis}"
            )
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

    def _bounds(self, dtype: Any) -> tuple[float, float]:
        """What probabilities are clipped to: [ε, 1 − ε], or the smallest and largest numbers that have a logarithm."""
        if self._exact:
            limits = np.finfo(dtype)
            return float(limits.tiny), float(1 - limits.epsneg)
        return config.epsilon(), 1 - config.epsilon()

    def _clipped(self, p: np.ndarray) -> np.ndarray:
        return clip(p, *self._bounds(p.real.dtype))

    def _inside(self, p: np.ndarray) -> np.ndarray:
        """Where clipping leaves p as it is, and so lets a gradient pass."""
        low, high = map(p.real.dtype.type, self._bounds(p.real.dtype))
        return (p.real >= low) & (p.real <= high)


def _log_softmax(z: np.ndarray) -> np.ndarray:
    shifted = z - z.real.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


class CategoricalCrossentropy(Crossentropy):
    """For targets t with one entry a class, each row a distribution (one-hot, or softer).

    From logits z:           ℓ = −Σₖ tₖ log softmax(z)ₖ,   ∂ℓ/∂zₖ = softmax(z)ₖ Σⱼtⱼ − tₖ
    From probabilities p:    r = p / Σp,  c = clip(r),  ℓ = −Σₖ tₖ log cₖ
                             ∂ℓ/∂rₖ = −tₖ / cₖ inside the clip, else 0;  ∂ℓ/∂pₖ = (∂ℓ/∂rₖ − Σⱼ rⱼ ∂ℓ/∂rⱼ) / Σp

    With ``label_smoothing`` s, t ← t (1 − s) + s / K first.

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
        y_pred, y_true = _floats(y_pred), np.asarray(y_true)
        if y_true.shape != y_pred.shape:
            raise ShapeError(_not_one_hot(self.name, y_true.shape, y_pred.shape))
        return y_true.astype(y_pred.real.dtype, copy=False), y_pred

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        t = self.smoothed(y_true)
        if self.from_logits:
            return -(t * _log_softmax(y_pred)).sum(axis=-1)
        return -(t * np.log(self._clipped(y_pred / y_pred.sum(axis=-1, keepdims=True)))).sum(axis=-1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        t = self.smoothed(y_true)
        if self.from_logits:
            return np.exp(_log_softmax(y_pred)) * t.sum(axis=-1, keepdims=True) - t
        return _through_sum(lambda r: np.where(self._inside(r), -t / self._clipped(r), 0), y_pred)

    def check(self, y_true: np.ndarray, y_pred_shape: tuple[int | None, ...]) -> None:
        if y_true.shape != tuple(y_pred_shape):
            raise DataError(_not_one_hot(self.name, y_true.shape, y_pred_shape))
        super().check(y_true, y_pred_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "label_smoothing": self.label_smoothing, "axis": self.axis}


class SparseCategoricalCrossentropy(Crossentropy):
    """For integer labels t in [0, K).

    From logits z:           ℓ = −log softmax(z)ₜ,            ∂ℓ/∂zₖ = softmax(z)ₖ − 1[k = t]
    From probabilities p:    c = clip(p),  ℓ = log Σc − log cₜ,  ∂ℓ/∂pₖ = 1/Σc − 1[k = t]/cₜ inside the clip, else 0
    mode "clipped":          r = p / Σp,  c = clip(r),  ℓ = −log cₜ, and back as for CategoricalCrossentropy

    Args:
        ignore_class: a label whose samples count neither in the loss nor in its mean.

    >>> SparseCategoricalCrossentropy()([1, 0], [[0.2, 0.8], [0.5, 0.5]]).round(4).item()      # (0.2231 + 0.6931) / 2
    0.4581
    """

    targets = "labels"

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
        y_pred, y_true = _floats(y_pred), np.asarray(y_true)
        self.check(y_true, y_pred.shape)
        labels = y_true.reshape(y_pred.shape[:-1])
        return labels if labels.dtype.kind in "iu" else labels.astype(np.int64), y_pred

    def mask(self, y_true: np.ndarray) -> np.ndarray | None:
        return None if self.ignore_class is None else y_true != self.ignore_class

    def labels(self, y_true: np.ndarray) -> np.ndarray:
        """Labels to index with: an ignored one becomes 0."""
        return y_true if self.ignore_class is None else np.where(y_true == self.ignore_class, 0, y_true)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        if self.from_logits:
            log_p = _log_softmax(y_pred)
        elif self.mode == "clipped":
            log_p = np.log(self._clipped(y_pred / y_pred.sum(axis=-1, keepdims=True)))
        else:
            c = self._clipped(y_pred)
            log_p = np.log(c) - np.log(c.sum(axis=-1, keepdims=True))
        values = -np.take_along_axis(log_p, self.labels(y_true)[..., None].astype(np.intp), axis=-1)[..., 0]
        return values if self.ignore_class is None else np.where(self.mask(y_true), values, 0)  # type: ignore[arg-type]

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        t = np.arange(y_pred.shape[-1]) == self.labels(y_true)[..., None]
        if self.from_logits:
            g = np.exp(_log_softmax(y_pred)) - t
        elif self.mode == "clipped":
            g = _through_sum(lambda r: np.where(self._inside(r) & t, -1 / self._clipped(r), 0), y_pred)
        else:
            c = self._clipped(y_pred)
            g = np.where(self._inside(y_pred), 1 / c.sum(axis=-1, keepdims=True) - t / c, 0)
        return g if self.ignore_class is None else g * self.mask(y_true)[..., None]  # type: ignore[index]

    def check(self, y_true: np.ndarray, y_pred_shape: tuple[int | None, ...]) -> None:
        """Looks at all labels before they are used.

        Raises:
            DataError: if they look one-hot, are no integers, or lie outside [0, K).
        """
        *rows, k = y_pred_shape
        if y_true.shape not in (tuple(rows), (*rows, 1)):
            if y_true.shape == tuple(y_pred_shape):
                raise DataError(
                    f"{self.name} needs integer labels of shape {tuple(rows)}, and y looks one-hot: "
                    f"y.shape={y_true.shape}. Use loss='categorical_crossentropy', or y.argmax(axis=-1)."
                )
            raise DataError(
                f"{self.name} needs labels of shape {tuple(rows)} for outputs of shape {tuple(y_pred_shape)}. "
                f"Received: y.shape={y_true.shape}"
            )
        if y_true.dtype.kind not in "iub":
            with np.errstate(invalid="ignore"):
                wrong = y_true != np.floor(y_true) if y_true.dtype.kind == "f" else np.ones(y_true.shape, bool)
            if wrong.any() or not np.isfinite(y_true).all():
                bad = np.argwhere(wrong | ~np.isfinite(y_true))[0]
                raise DataError(
                    f"Labels must be integers. Received {y_true[tuple(bad)]} at index {tuple(map(int, bad))}."
                )
        if y_true.size and k is not None and (y_true.min() < 0 or y_true.max() >= k):
            outside = (y_true < 0) | (y_true >= k)
            if self.ignore_class is not None:
                outside &= y_true != self.ignore_class
            if outside.any():
                index = tuple(map(int, np.argwhere(outside)[0]))
                raise DataError(
                    f"Labels must lie in [0, {k}), one for each of the {k} outputs. Received label "
                    f"{y_true[index]} at index {index if len(index) > 1 else index[0]}."
                )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "ignore_class": self.ignore_class}


class BinaryCrossentropy(Crossentropy):
    """For targets t in [0, 1], each entry a question of its own; a mean over the last axis of K entries.

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
            z = y_pred
            magnitude = z * np.where(z.real < 0, -1, 1)
            return (np.where(z.real >= 0, z, 0) - z * t + np.log1p(np.exp(-magnitude))).mean(axis=-1)
        c = self._clipped(y_pred)
        return -(t * np.log(c) + (1 - t) * np.log(1 - c)).mean(axis=-1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        t = self.smoothed(y_true)
        if self.from_logits:
            e = np.exp(-np.abs(y_pred))
            return (np.where(y_pred >= 0, 1, e) / (1 + e) - t) / y_pred.shape[-1]
        c = self._clipped(y_pred)
        return np.where(self._inside(y_pred), (1 - t) / (1 - c) - t / c, 0) / y_pred.shape[-1]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "label_smoothing": self.label_smoothing, "axis": self.axis}


def _through_sum(dr: Any, p: np.ndarray) -> np.ndarray:
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
