"""Names of ``keras.optimizers.legacy``, the optimizers of Keras 2: Keras 3 refuses to make one, too."""

from ..errors import missing

_MISSING = ("SGD", "Adagrad", "Adam", "Ftrl", "Optimizer", "RMSprop")

globals().update(
    {
        name: missing(f"keras.optimizers.legacy.{name}", f"Use keras.optimizers.{name}, as in Keras 3.")
        for name in _MISSING
    }
)
