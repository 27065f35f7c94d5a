"""The files of a model: its methods that write and read them, by :mod:`minikeras.saving`."""

from typing import Any

from ..errors import UnsupportedError


class Saved:
    """The part of a model that writes and reads files."""

    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
        """Writes the whole model to a ``.keras`` or ``.h5`` file: :func:`minikeras.saving.save_model`."""
        from .. import saving

        saving.save_model(self, filepath, overwrite, zipped, **kwargs)  # type: ignore[arg-type]

    def export(self, filepath: Any, format: str = "tf_saved_model", **kwargs: Any) -> None:
        """Raises UnsupportedError: the formats to export to belong to other libraries."""
        raise UnsupportedError(
            f"minikeras does not export (format={format!r}). Save the model by `model.save('model.keras')`, and export "
            f"it with Keras: keras.models.load_model('model.keras').export({str(filepath)!r})."
        )

    def save_weights(self, filepath: Any, overwrite: bool = True) -> None:
        """Writes the weights to a ``.weights.h5`` or ``.npz`` file: :func:`minikeras.saving.save_weights`."""
        from .. import saving

        saving.save_weights(self, filepath, overwrite)  # type: ignore[arg-type]

    def load_weights(self, filepath: Any, skip_mismatch: bool = False) -> None:
        """Reads them back: :func:`minikeras.saving.load_weights`."""
        from .. import saving

        saving.load_weights(self, filepath, skip_mismatch)  # type: ignore[arg-type]
