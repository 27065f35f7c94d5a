"""MixUp: each image mixed with another one of its batch, and its label likewise."""

from typing import Any

import numpy as np

from .... import random
from .base_image_preprocessing_layer import BaseImagePreprocessingLayer


class MixUp(BaseImagePreprocessingLayer):
    """y = λ·x + (1 − λ)·x', where x' is another image of the batch; λ is drawn from Beta(α, α) for each image.

    Labels (one-hot) and segmentation masks in a dictionary are mixed with the same λ.

    Args (as in Keras):
        alpha: α of the Beta distribution; smaller is less mixed.
        seed: an integer, or None for the next default seed.

    Source: Zhang, Cisse, Dauphin & Lopez-Paz, "mixup: beyond empirical risk minimization", ICLR 2018.

    Differs from Keras: on the TensorFlow stream the partners are Keras's for the same seed; the λ are NumPy's Beta
    draws for the layer's seed, on both streams.

    >>> layer = MixUp(seed=1)
    >>> mixed = layer({"images": np.ones((2, 1, 1, 1)), "labels": np.eye(2)})
    >>> mixed["labels"].sum(axis=1).tolist()
    [1.0, 1.0]
    """

    def __init__(
        self, alpha: float = 0.2, data_format: str | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.alpha, self.seed, self.generator = alpha, seed, random.SeedGenerator(seed)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> dict[str, np.ndarray]:
        n = self._batch(data)
        partners = np.argsort(random.uniform((n,), dtype="float32", seed=seed or self.generator), kind="stable")
        pair = self.generator.next() if seed is None else (seed, 1)
        weights = np.random.default_rng(pair).beta(self.alpha, self.alpha, n)
        return {"mix_weight": weights, "permutation_order": partners}

    def transform_images(self, images: np.ndarray, transformation: Any, training: bool = True) -> np.ndarray:
        images = self._cast_images(images)
        return self._mixed(images, transformation) if training else images

    def transform_labels(self, labels: Any, transformation: Any, training: bool = True) -> Any:
        return self._mixed(labels, transformation) if training else labels

    transform_segmentation_masks = transform_labels  # type: ignore[assignment]

    def _mixed(self, values: np.ndarray, transformation: dict[str, np.ndarray]) -> np.ndarray:
        kind = values.dtype if values.dtype.kind == "f" else self._dtype
        share = transformation["mix_weight"].astype(kind).reshape(-1, *[1] * (values.ndim - 1))
        return share * values + (1 - share) * values[transformation["permutation_order"]]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha, "seed": self.seed}
