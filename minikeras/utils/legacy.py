"""Names of ``keras.utils.legacy``: the configs of Keras 2, which name classes without their modules."""

from ..errors import missing

_MISSING = ("deserialize_keras_object", "serialize_keras_object")

globals().update(
    {
        name: missing(f"keras.utils.legacy.{name}", f"Use keras.utils.{name}; load_model reads the files of Keras 2.")
        for name in _MISSING
    }
)
