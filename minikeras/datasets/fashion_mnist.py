"""Fashion-MNIST: 70,000 grey 28 × 28 pictures of clothes in ten classes.

=====  ===========  =====  ==========
label  class        label  class
=====  ===========  =====  ==========
0      T-shirt/top  5      Sandal
1      Trouser      6      Shirt
2      Pullover     7      Sneaker
3      Dress        8      Bag
4      Coat         9      Ankle boot
=====  ===========  =====  ==========

Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
Algorithms", arXiv:1708.07747. MIT licence, © 2017 Zalando SE; see PROVENANCE.md beside this file.

>>> (x_train, y_train), (x_test, y_test) = load_sample()
>>> x_train.shape, x_test.shape, x_train.dtype
((10000, 28, 28), (2000, 28, 28), dtype('uint8'))
>>> class_names[y_train[0]]
'Ankle boot'
"""

from os import PathLike
from pathlib import Path

import numpy as np

from ..errors import DataError
from . import idx, sources
from .sources import Arrays, Files, Place

class_names = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

# SHA-256 of the unpacked files: Debian's gzipped ones differ from Zalando's in the gzip header alone.
FILES: Files = {
    "train-labels-idx1-ubyte": (
        (60000,),
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ),
    "train-images-idx3-ubyte": (
        (60000, 28, 28),
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ),
    "t10k-labels-idx1-ubyte": (
        (10000,),
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
    "t10k-images-idx3-ubyte": (
        (10000, 28, 28),
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ),
}

DEBIAN = Path("/usr/share/datasets/fashion-mnist")

SAMPLE = Path(__file__).with_name("fashion_mnist_sample.npz")
SAMPLE_PER_CLASS = (1000, 200)
SAMPLE_SHA256 = "d5b91c929ef64cdf3fac6a13820932f698037ef77030a9584f3d6499a1ccee00"


def load_data(path: str | PathLike[str] | None = None) -> Arrays:
    """The whole of Fashion-MNIST, every file verified.

    Without a path, the first of these that has all four files, whole:

    1. minikeras's cache, ``~/.cache/minikeras/fashion-mnist`` (under ``MINIKERAS_HOME`` if that is set);
    2. Keras's cache, ``~/.keras/datasets/fashion-mnist`` (under ``KERAS_HOME`` if that is set);
    3. ``/usr/share/datasets/fashion-mnist``, where Debian's package dataset-fashion-mnist puts them;
    4. a download from where Keras gets them, into the cache of 1 (needs pooch: ``minikeras[data]``).

    Args:
        path: a folder with the four IDX files, gzipped or not. Nothing else is then tried.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: uint8 arrays of shapes (60000, 28, 28), (60000,),
        (10000, 28, 28), (10000,).

    Raises:
        DataError: if it is to be had nowhere. The message names every place tried, why each failed, and every
            remedy. It never falls back to ``load_sample()`` by itself.

    Differs from Keras: the argument; the places 1 and 3; the verification; and the arrays can be written to.
    """
    return sources.first("Fashion-MNIST", _places(path), _REMEDIES)


def load_sample() -> Arrays:
    """A part of the real Fashion-MNIST that comes with minikeras: for tests and for machines without a network.

    The first 1,000 training and the first 200 test pictures of each class, in the order of the whole set; the
    same every time. A model trained on it is a few points less accurate than on the whole set.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: uint8 arrays of shapes (10000, 28, 28), (10000,),
        (2000, 28, 28), (2000,).

    Raises:
        DataError: if the installed file is damaged.

    Keras has no such function.

    >>> (_, y_train), (_, y_test) = load_sample()
    >>> np.bincount(y_train).tolist() == [1000] * 10, np.bincount(y_test).tolist() == [200] * 10
    (True, True)
    """
    try:
        (x_train, y_train), (x_test, y_test) = sources.read_npz(SAMPLE)
    except (DataError, OSError) as error:
        raise DataError(f"{SAMPLE} is damaged ({error}). Install minikeras again.") from error
    found = idx.digest(b"".join(array.tobytes() for array in (x_train, y_train, x_test, y_test)))
    if found != SAMPLE_SHA256:
        raise DataError(f"{SAMPLE} is damaged: SHA-256 {found}. Install minikeras again.")
    return (x_train, y_train), (x_test, y_test)


def take_sample(data: Arrays, per_class: tuple[int, int] = SAMPLE_PER_CLASS) -> Arrays:
    """The first so many of each class, in the order of the whole set: how ``load_sample``'s part was chosen.

    Args:
        data: ``(x_train, y_train), (x_test, y_test)``.
        per_class: how many of each class for training, and for testing.

    >>> y = np.array([1, 1, 0, 1, 0, 0])
    >>> (_, labels), (chosen, _) = take_sample(((y, y), (np.arange(6), y)), (1, 2))
    >>> labels, chosen
    (array([1, 0]), array([0, 1, 2, 4]))
    """
    (x_train, y_train), (x_test, y_test) = data
    train = _first_of_each(y_train, per_class[0])
    test = _first_of_each(y_test, per_class[1])
    return (x_train[train], y_train[train]), (x_test[test], y_test[test])


def _first_of_each(labels: np.ndarray, count: int) -> np.ndarray:
    chosen = [np.flatnonzero(labels == label)[:count] for label in np.unique(labels)]
    return np.sort(np.concatenate(chosen))


def _places(path: str | PathLike[str] | None) -> list[Place[Arrays]]:
    if path is not None:
        return [_folder("the given path", Path(path).expanduser())]
    own = sources.own_cache("fashion-mnist")
    return [
        _folder("minikeras's cache", own),
        _folder("Keras's cache", sources.keras_cache("fashion-mnist")),
        _folder("Debian's package", DEBIAN),
        (f"a download ({sources.KERAS_BUCKET})", lambda: _download(own)),
    ]


def _folder(title: str, folder: Path) -> Place[Arrays]:
    return f"{title} ({folder})", lambda: sources.read_folder(folder, FILES)


def _download(folder: Path) -> Arrays:
    for name, (shape, sha256) in FILES.items():
        sources.download(
            f"{sources.KERAS_BUCKET}{name}.gz",
            folder / f"{name}.gz",
            lambda file, shape=shape, sha256=sha256: idx.read(file, shape, sha256),  # type: ignore[misc]
        )
    return sources.read_folder(folder, FILES)


_REMEDIES = (
    f"On Debian or Ubuntu: apt install dataset-fashion-mnist (it fills {DEBIAN}).",
    "With a network: pip install 'minikeras[data]', then call load_data() again; it downloads 31 MB.",
    "Put the four files "
    + ", ".join(f"{name}.gz" for name in FILES)
    + " into a folder and give it: load_data(path=FOLDER), or into ~/.cache/minikeras/fashion-mnist"
    " (the environment variable MINIKERAS_HOME moves ~/.cache/minikeras).",
    "Where Keras has loaded the set before, point KERAS_HOME at its folder.",
    "Offline: load_sample() returns an embedded part of the real set, 10,000 training and 2,000 test images.",
)
