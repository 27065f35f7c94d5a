"""SpectralNormalization: a layer whose kernel, as a matrix, has largest singular value 1.

With W the kernel as a matrix of K columns and u (1, K) a vector kept from call to call, every training call takes
``power_iterations`` steps towards the first singular vectors, and divides the kernel by the singular value found::

    (1)  v ← u Wᵀ / ‖u Wᵀ‖,  u ← v W / ‖v W‖
    (2)  σ = v W uᵀ,  W ← W / σ

W itself is changed, as in Keras; so the gradient is that of the layer inside at its new kernel.

>>> from minikeras.layers import Dense, SpectralNormalization
>>> inner = Dense(2, use_bias=False, dtype="float64")
>>> layer = SpectralNormalization(inner, power_iterations=20, dtype="float64")
>>> x = np.array([[1.0, 2.0]])
>>> layer.build((None, 2))
>>> inner.set_weights([np.array([[3.0, 0.0], [0.0, 0.5]])])
>>> layer(x, training=True).round(4)
array([[1.    , 0.3333]])

Source: Miyato et al., "Spectral normalization for generative adversarial networks", ICLR 2018.
"""

from typing import Any, Self

import numpy as np

from ... import initializers
from ...parameter import Parameter
from ..base import Layer, Shape

_TINY = 1e-7


class SpectralNormalization(Layer):
    """A wrapper around a layer with a ``kernel`` (or ``embeddings``).

    Args (as in Keras):
        layer: the layer inside.
        power_iterations: steps of (1) in each training call.

    Its weights are those of the layer inside, and ``vector_u``, which is not trained.

    Raises:
        ValueError: for anything but such a layer, and for less than one iteration.
    """

    takes_arrays = True
    vector_u: Parameter

    def __init__(self, layer: Layer, power_iterations: int = 1, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Layer {layer} supplied to Wrapper isn't a supported layer type. Please ensure wrapped layer is a "
                f"valid Keras layer."
            )
        super().__init__(**kwargs)
        if power_iterations <= 0:
            raise ValueError(
                f"`power_iterations` should be greater than zero. Received: `power_iterations={power_iterations}`"
            )
        self.layer, self.power_iterations = layer, power_iterations

    @property
    def kernel(self) -> Parameter:
        """W, the weight of the layer inside that is divided."""
        for name in ("kernel", "embeddings"):
            if hasattr(self.layer, name):
                return getattr(self.layer, name)
        raise ValueError(f"{type(self.layer).__name__} object has no attribute 'kernel' nor 'embeddings'")

    def build(self, input_shape: Shape) -> None:
        if not self.layer.built:
            self.layer._ensure_built(input_shape)
        initializer = initializers.TruncatedNormal(stddev=0.02)
        self.vector_u = self.add_weight((1, self.kernel.shape[-1]), initializer, trainable=False, name="vector_u")

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        if training and self.kernel.value.any():
            self._divide()
        return self.layer(x)

    def _divide(self) -> None:
        u, kernel = self.vector_u.value, self.kernel.value
        w = kernel.reshape(-1, kernel.shape[-1])
        for _ in range(self.power_iterations):
            v = _unit(u @ w.T)  # (1)
            u = _unit(v @ w)
        self.vector_u.value[...] = u
        kernel /= (v @ w @ u.T)[0, 0]  # (2)

    @property
    def weights(self) -> list[Parameter]:
        """The kernel, ``vector_u``, then the other weights of the layer inside: Keras's order."""
        if not self.built:
            return self.layer.weights
        return [self.kernel, *self._parameters, *(p for p in self.layer.weights if p is not self.kernel)]

    def check_input(self, shape: tuple[int, ...]) -> None:
        self.layer.check_input(shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self.layer.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        from .. import serialize

        inner = serialize(self.layer)
        inner.pop("build_config", None)
        return {**super().get_config(), "layer": inner, "power_iterations": self.power_iterations}

    @classmethod
    def from_config(cls, layer_config: dict[str, Any]) -> Self:
        from .. import deserialize

        return cls(**{**layer_config, "layer": deserialize(layer_config["layer"])})


def _unit(a: np.ndarray) -> np.ndarray:
    """A vector divided by its length, which counts as 10⁻⁷ at least."""
    return a / max(float(np.sqrt((a * a).sum())), _TINY)
