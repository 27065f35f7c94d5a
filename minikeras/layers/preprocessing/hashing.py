"""Hashing and HashedCrossing: categories into a fixed number of bins, without a vocabulary."""

from typing import Any

import numpy as np

from ...errors import ShapeError
from ..base import Shape
from .base import IndexLayer
from .encoding import check_mode, encode, encoded_shape
from .hashes import bucket, cat64, fingerprint64, salt_pair
from .strings import as_strings

_CROSSING_KEY = 0xDECAFCAFFE  # what TensorFlow's cross_hashed begins with


class Hashing(IndexLayer):
    """The bin of each string or integer: hash(x) mod num_bins.

    The hash is FarmHash64 of the string, or of the digits of an integer; with a salt SipHash-2-4. So bins are the same
    everywhere, and those of Keras.

    Args (as in Keras):
        num_bins: how many bins, that of the mask included.
        mask_value: what is given bin 0, which nothing else gets then.
        salt: one or two integers for another hash.
        output_mode: "int", "one_hot", "multi_hot" or "count".
        sparse: only False.

    Raises:
        ValueError: for anything else.

    >>> Hashing(num_bins=3)(np.array([["A"], ["B"], ["C"], ["D"], ["E"]])).ravel()
    array([1, 0, 1, 1, 2])
    """

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if num_bins is None or num_bins <= 0:
            raise ValueError(
                f"The `num_bins` for `Hashing` cannot be `None` or non-positive values. Received: num_bins={num_bins}."
            )
        check_mode("Hashing", output_mode, ("int", "one_hot", "multi_hot", "count"), sparse)
        self.num_bins, self.mask_value, self.output_mode, self.sparse = num_bins, mask_value, output_mode, sparse
        self.salt = salt_pair("Hashing", salt)

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        if x.dtype.kind == "f":
            x = x.astype(np.int64)
        x = x if x.dtype.kind in "iub" else as_strings(x, self.name)
        masks = self.mask_value is not None and self.num_bins > 1
        unique, places = np.unique(x, return_inverse=True)
        bins = [
            0 if masks and v == self.mask_value else masks + bucket(str(v).encode(), self.num_bins - masks, self.salt)
            for v in unique.tolist()
        ]
        indices = np.array(bins, np.int64)[places].reshape(x.shape)
        dtype = (self._integer_dtype or "int64") if self.output_mode == "int" else self.dtype
        return encode(indices, self.output_mode, self.num_bins, dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return encoded_shape(input_shape, self.output_mode, self.num_bins)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_bins": self.num_bins,
            "salt": self.salt,
            "mask_value": self.mask_value,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
        }


class HashedCrossing(IndexLayer):
    """The bin of each combination of several features: hash(x₁, x₂, …) mod num_bins.

    Args (as in Keras):
        num_bins: how many bins.
        output_mode: "int" or "one_hot".
        sparse: only False.

    Input: a list of at least two arrays of strings or integers, each (), (N,) or (N, 1).

    Raises:
        ValueError: for anything else.

    >>> layer = HashedCrossing(num_bins=5)
    >>> layer((np.array(["A", "B", "A", "B", "A"]), np.array([101, 101, 101, 102, 102])))
    array([1, 4, 1, 1, 3])
    """

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, dtype=dtype, **kwargs)
        check_mode("HashedCrossing", output_mode, ("int", "one_hot"), sparse)
        self.num_bins, self.output_mode, self.sparse = num_bins, output_mode, sparse

    def call(self, x: Any) -> np.ndarray:
        if not isinstance(x, list | tuple) or len(x) < 2:
            raise ValueError(
                f"`HashedCrossing` should be called on a list or tuple of at least two inputs. Received: {x}"
            )
        features = [np.asarray(feature) for feature in x]
        shape = features[0].shape
        if len(shape) > 2 or shape[1:] not in ((), (1,)) or any(f.shape != shape for f in features):
            raise ShapeError(
                f"All `HashedCrossing` inputs should have one shape: `()`, `(batch_size)` or `(batch_size, 1)`. "
                f"Received: shapes {[f.shape for f in features]}"
            )
        if any(f.dtype.kind in "fcb" for f in features):
            raise ValueError(
                f"All `HashedCrossing` inputs should have an integer or string dtype. "
                f"Received: {[str(f.dtype) for f in features]}"
            )
        columns = [
            [v % 2**64 for v in f.ravel().tolist()]
            if f.dtype.kind in "iu"
            else [fingerprint64(v.encode()) for v in as_strings(f, self.name).ravel().tolist()]
            for f in features
        ]
        bins = []
        for row in zip(*columns, strict=True):
            key = _CROSSING_KEY
            for value in row:
                key = cat64(key, value)
            bins.append(key % self.num_bins)
        indices = np.array(bins, np.int64).reshape(features[0].shape)
        dtype = (self._integer_dtype or "int64") if self.output_mode == "int" else self.dtype
        return encode(indices, self.output_mode, self.num_bins, dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            "num_bins": self.num_bins,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
            "name": self.name,
            "dtype": self._integer_dtype or ("int64" if self.output_mode == "int" else self.dtype),
        }
