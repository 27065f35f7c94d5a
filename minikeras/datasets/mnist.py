"""MNIST: 70,000 grey 28 × 28 pictures of handwritten digits, label = digit.

Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits"; CC BY-SA 3.0.
"""

from os import PathLike
from pathlib import Path

from ..errors import DataError
from . import idx, sources
from .sources import Arrays, Files, Place

NPZ = "mnist.npz"
NPZ_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"

# SHA-256 of the gzipped files as LeCun published them; no digests of the unpacked ones were published.
FILES: Files = {
    "train-labels-idx1-ubyte": (
        (60000,),
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
    "train-images-idx3-ubyte": (
        (60000, 28, 28),
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    "t10k-labels-idx1-ubyte": (
        (10000,),
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
    "t10k-images-idx3-ubyte": (
        (10000, 28, 28),
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
}


def load_data(path: str | PathLike[str] | None = None) -> Arrays:
    """The whole of MNIST, verified.

    Without a path, the first of these that has it, whole:

    1. minikeras's cache, ``~/.cache/minikeras/mnist`` (under ``MINIKERAS_HOME`` if that is set);
    2. Keras's cache, ``~/.keras/datasets/mnist.npz`` (under ``KERAS_HOME`` if that is set);
    3. a download of ``mnist.npz`` from where Keras gets it, into the cache of 1 (needs pooch: ``minikeras[data]``).

    Args:
        path: Keras's ``mnist.npz``, or a folder with it or with the four gzipped IDX files. Nothing else is then
            tried. The bare name ``"mnist.npz"``, Keras's default, means None unless the current folder has it.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: uint8 arrays of shapes (60000, 28, 28), (60000,),
        (10000, 28, 28), (10000,).

    Raises:
        DataError: if it is to be had nowhere. The message names every place tried, why each failed, and every
            remedy.

    Differs from Keras: ``path`` is a place to read from, where Keras takes a name for its cache.
    """
    if path == NPZ and not Path(NPZ).exists():
        path = None
    return sources.first("MNIST", _places(path), _REMEDIES)


def read_npz(path: str | PathLike[str]) -> Arrays:
    """Reads Keras's ``mnist.npz``.

    Raises:
        DataError: if it isn't that file to the last bit, or has other arrays.
        FileNotFoundError: if there is no such file.
    """
    found = idx.digest(Path(path).read_bytes())
    if found != NPZ_SHA256:
        raise DataError(f"{path} is damaged or another file: SHA-256 {found}. Expected: {NPZ_SHA256}.")
    return sources.read_npz(path)


def _places(path: str | PathLike[str] | None) -> list[Place[Arrays]]:
    if path is not None:
        given = Path(path).expanduser()
        return [(f"the given path ({given})", lambda: _read(given))]
    own, keras = sources.own_cache("mnist"), sources.keras_cache(NPZ)
    return [
        (f"minikeras's cache ({own})", lambda: _read(own)),
        (f"Keras's cache ({keras})", lambda: _read_present(keras)),
        (f"a download ({sources.KERAS_BUCKET}{NPZ})", lambda: _download(own / NPZ)),
    ]


def _read(place: Path) -> Arrays:
    if place.is_dir() and not (place / NPZ).is_file():
        return sources.read_folder(place, FILES, endings=(".gz",))
    return _read_present(place / NPZ if place.is_dir() else place)


def _read_present(file: Path) -> Arrays:
    if not file.is_file():
        raise FileNotFoundError("no such file or folder")
    return read_npz(file)


def _download(target: Path) -> Arrays:
    sources.download(sources.KERAS_BUCKET + NPZ, target, check=read_npz)
    return read_npz(target)


_REMEDIES = (
    "With a network: pip install 'minikeras[data]', then call load_data() again; it downloads 11 MB.",
    f"Put {NPZ}, or the four files "
    + ", ".join(f"{name}.gz" for name in FILES)
    + ", into a folder and give it: load_data(path=FOLDER), or into ~/.cache/minikeras/mnist"
    " (the environment variable MINIKERAS_HOME moves ~/.cache/minikeras).",
    "Where Keras has loaded the set before, point KERAS_HOME at its folder.",
)
