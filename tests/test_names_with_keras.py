"""Every public name of Keras is there in minikeras; what cannot be used says why."""

import pytest

import minikeras
from minikeras.errors import UnsupportedError

ROOMS = (
    *("activations", "backend", "callbacks", "config", "constraints", "initializers", "losses", "metrics"),
    *("optimizers", "regularizers", "tree", "utils"),
)


def missing(keras, room):
    """The names of a room that can only be imported; AttributeError for one that cannot."""
    for name in (name for name in dir(getattr(keras, room)) if name[0] != "_"):
        found = getattr(getattr(minikeras, room), name)
        if (getattr(found, "__doc__", "") or "").startswith("Not in minikeras: "):
            with pytest.raises(UnsupportedError, match=f"minikeras has no keras.{room}.{name}: .+"):
                found()
            yield f"{room}.{name}"


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore")
def test_four_names_are_missing_and_say_why():
    keras = pytest.importorskip("keras")
    assert [name for room in ROOMS for name in missing(keras, room)] == [
        "callbacks.OrbaxCheckpoint",
        "utils.FeatureSpace",
        "utils.audio_dataset_from_directory",
        "utils.bounding_boxes",
    ]


def test_the_legacy_names_say_what_to_use():
    with pytest.raises(UnsupportedError, match=r"Use keras.optimizers.Adam"):
        minikeras.optimizers.legacy.Adam()
    with pytest.raises(UnsupportedError, match=r"Use keras.utils.serialize_keras_object"):
        minikeras.utils.legacy.serialize_keras_object()
