"""Discretization: numbers into bins, whose boundaries are given or learned as quantiles."""

from typing import Any

import numpy as np

from ..base import Shape
from .base import IndexLayer, batches
from .encoding import check_mode, encode, encoded_shape

_MODES = ("int", "one_hot", "multi_hot", "count")


class Discretization(IndexLayer):
    """The bin of each number: i = how many boundaries are at or below x, or a code of it.

    ``adapt`` keeps a summary of the data, of at most about 1/ε values with the weight of each, and merges the batches'
    summaries; the boundaries of num_bins bins are interpolated quantiles of it, as Keras finds them.

    Args (as in Keras):
        bin_boundaries: the boundaries, sorted; or
        num_bins: how many bins ``adapt`` shall find.
        epsilon: how much of the data one value of the summary stands for.
        output_mode: "int", "one_hot", "multi_hot" or "count".
        sparse: only False.

    Raises:
        ValueError: for both or neither of boundaries and num_bins; from the call before ``adapt``, and for NaN.

    >>> Discretization(bin_boundaries=[0.0, 1.0, 2.0])(np.array([[-1.5, 1.0, 3.4, 0.5]]))
    array([[0, 2, 3, 1]], dtype=int32)
    """

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dtype=dtype, name=name, **kwargs)
        check_mode("Discretization", output_mode, _MODES, sparse)
        if num_bins is not None and num_bins < 0:
            raise ValueError(f"`num_bins` must be greater than or equal to 0. Received: `num_bins={num_bins}`")
        if num_bins is not None and bin_boundaries is not None:
            raise ValueError(
                f"Both `num_bins` and `bin_boundaries` should not be set. Received: `num_bins={num_bins}` and "
                f"`bin_boundaries={bin_boundaries}`"
            )
        if num_bins is None and bin_boundaries is None:
            raise ValueError("You need to set either `num_bins` or `bin_boundaries`.")
        self.bin_boundaries = None if bin_boundaries is None else [float(b) for b in bin_boundaries]
        self.num_bins, self.epsilon, self.output_mode, self.sparse = num_bins, epsilon, output_mode, sparse

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Finds the boundaries of ``num_bins`` bins with about the same number of values each."""
        if self.num_bins is None:
            raise ValueError(
                "Cannot adapt a Discretization layer that has been initialized with `bin_boundaries`, use `num_bins` "
                "instead."
            )
        summary = np.empty((2, 0), np.float32)
        for batch in batches(data, steps):
            merged = np.concatenate((_summarized(batch, self.epsilon), summary), axis=1)
            summary = _compressed(merged[:, np.argsort(merged[0])], self.epsilon)
        self.bin_boundaries = _compressed(summary, 1.0 / self.num_bins)[0, :-1].tolist()

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        if self.bin_boundaries is None:
            raise ValueError(
                f"Layer '{self.name}': pass `bin_boundaries` at construction time or call `adapt(data)` before using "
                f"a `Discretization` layer."
            )
        x = np.asarray(x, np.float32 if x.dtype.kind != "f" else x.dtype)
        if np.isnan(x).any():
            raise ValueError(f"Layer '{self.name}' (Discretization) received NaN, which lies in no bin.")
        indices = np.searchsorted(np.asarray(self.bin_boundaries, x.dtype), x, side="right")
        dtype = "int32" if self.output_mode == "int" else self.dtype
        return encode(indices, self.output_mode, len(self.bin_boundaries) + 1, dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        depth = self.num_bins if self.bin_boundaries is None else len(self.bin_boundaries) + 1
        return encoded_shape(input_shape, self.output_mode, depth or 0)

    def get_config(self) -> dict[str, Any]:
        return {
            "bin_boundaries": self.bin_boundaries,
            "num_bins": self.num_bins,
            "epsilon": self.epsilon,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
            "name": self.name,
            "dtype": self.dtype,
        }

    @classmethod
    def from_config(cls, layer_config: dict[str, Any]) -> "Discretization":
        """The layer of a config; one that was adapted has both boundaries and num_bins."""
        if layer_config.get("num_bins") is None or layer_config.get("bin_boundaries") is None:
            return cls(**layer_config)
        layer = cls(**{**layer_config, "bin_boundaries": None})
        layer.bin_boundaries = list(layer_config["bin_boundaries"])
        return layer


def _summarized(values: np.ndarray, epsilon: float) -> np.ndarray:
    """About 1/ε of the sorted values, equally far apart, and how many values each stands for: (2, n)."""
    values = np.sort(np.asarray(values, np.float32), axis=None)
    step = max(values.size / (1.0 / epsilon), 1)
    chosen = values[int(step - 1) :: int(step)]
    return np.stack([chosen, np.full_like(chosen, step)])


def _compressed(summary: np.ndarray, epsilon: float) -> np.ndarray:
    """The summary at the shares ε, 2ε, … of all weight, linearly interpolated; as it is if it is no longer than 1/ε."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    total = summary[1].cumsum()
    values = np.interp(shares, total / total[-1], summary[0])
    total = np.interp(shares, total / total[-1], total)
    return np.stack((values, np.diff(total, prepend=0))).astype(np.float32)
