"""Datasets from files in folders and from arrays: the index of a folder, labels, splits."""

import os
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import tree
from .dataset import Dataset
from .numerical_utils import to_categorical

LABEL_MODES = ("int", "categorical", "binary", None)


def split_dataset(
    dataset: Any,
    left_size: float | int | None = None,
    right_size: float | int | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: Any = None,
) -> tuple[Dataset, Dataset]:
    """Two datasets of single rows: the left part and the right part.

    Args (as in Keras):
        dataset: an array, a tuple or list of arrays of one length, or a :class:`Dataset`.
        left_size: number of rows, or a share of them as a float in (0, 1); by default what the right leaves.
        right_size: the same of the right part.
        shuffle: True shuffles first, with Python's ``random`` as Keras does.
        seed: of the shuffling.
        preferred_backend: without effect.

    Raises:
        TypeError, ValueError: if a size is of another type, or a part would be empty or too large.

    Differs from Keras: with a seed, the state of Python's ``random`` stays as it was.

    >>> left, right = split_dataset(np.arange(10), left_size=0.8)
    >>> len(left), [int(x) for x in right]
    (8, [8, 9])
    """
    if not isinstance(dataset, tuple | list | np.ndarray | Dataset):
        raise TypeError(
            "The `dataset` argument must be a Dataset object, or a list/tuple of arrays. "
            f"Received: dataset={dataset} of type {type(dataset)}"
        )
    if left_size is None and right_size is None:
        raise ValueError(
            "At least one of the `left_size` or `right_size` must be specified. "
            "Received: left_size=None and right_size=None"
        )
    if isinstance(dataset, Dataset | np.ndarray):
        rows = list(dataset)
    else:
        rows = list(zip(*map(np.asarray, dataset), strict=True))
    if shuffle:
        (random if seed is None else random.Random(seed)).shuffle(rows)
    left, right = _sizes(left_size, right_size, len(rows))
    return _of_rows(rows[:left]), _of_rows(rows[-right:])


def _of_rows(rows: list[Any]) -> Dataset:
    return Dataset.from_tensor_slices(tree.map_structure(lambda *parts: np.array(parts), *rows))


def _sizes(left: Any, right: Any, n: int) -> tuple[int, int]:
    """Both sizes as numbers of rows."""
    counts: list[int | None] = []
    for name, size in (("left_size", left), ("right_size", right)):
        if size is not None and type(size) not in (int, float):
            raise TypeError(f"Invalid `{name}` Type. Expected: int or float or None, Received: {type(size)}")
        if size is not None and not 0 < size < (n if type(size) is int else 1):
            raise ValueError(
                f"`{name}` should be either a positive integer smaller than {n}, or a float within the range "
                f"`[0, 1]`. Received: {name}={size}"
            )
        counts.append(round(size * n) if type(size) is float else size)
    if type(left) is type(right) is float and left + right > 1:
        raise ValueError("The sum of `left_size` and `right_size` is greater than 1.")
    a = n - (counts[1] or 0) if counts[0] is None else counts[0]
    b = n - a if counts[1] is None else counts[1]
    if a + b > n:
        raise ValueError(f"The sum of `left_size` and `right_size` should be smaller than {n}. Received: {a + b}")
    if not a or not b:
        raise ValueError(
            f"With `dataset` of length={n}, `left_size`={left} and `right_size`={right}, one side would be empty."
        )
    return a, b


def index_directory(
    directory: str | os.PathLike[str],
    labels: Any,
    formats: tuple[str, ...],
    class_names: Sequence[str] | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> tuple[list[str], Any, list[str] | None]:
    """The files of a folder with their labels, in Keras's order.

    Returns:
        Paths, labels (int32, or None) and the names of the classes (or None).

    Raises:
        ValueError: if class names or labels don't fit the folder.
    """
    directory = os.fspath(directory)
    if class_names is not None and labels != "inferred":
        raise ValueError('`class_names` can be given with `labels="inferred"` only.')
    subdirs = [""]
    if labels == "inferred":
        found = sorted(
            name
            for name in os.listdir(directory)
            if os.path.isdir(os.path.join(directory, name)) and not name.startswith(".")
        )
        if class_names is not None and not set(class_names) <= set(found):
            raise ValueError(
                "The `class_names` passed did not match the names of the subdirectories of the target directory. "
                f"Expected: {found} (or a subset of it), but received: class_names={class_names}"
            )
        subdirs = list(class_names or found)
    paths, inferred = [], []
    for number, subdir in enumerate(subdirs):
        for root, _, files in sorted(os.walk(os.path.join(directory, subdir), followlinks=follow_links)):
            here = [os.path.join(root, name) for name in sorted(files) if name.lower().endswith(formats)]
            paths += here
            inferred += [number] * len(here)
    names: list[str] | None = subdirs
    if labels == "inferred":
        labels = np.array(inferred, np.int32)
    elif labels is None:
        names = None
    elif len(labels) != len(paths):
        raise ValueError(
            "Expected the lengths of `labels` to match the number of files in the target directory. "
            f"len(labels) is {len(labels)} while we found {len(paths)} files in directory {directory}."
        )
    else:
        names = [str(label) for label in sorted(set(labels))]
        labels = np.array(labels, np.int32)
    if verbose:
        classes = "" if names is None else f" belonging to {len(names)} classes"
        print(f"Found {len(paths)} files{classes}.")
    if shuffle:
        np.random.RandomState(seed).shuffle(paths)
        if labels is not None:
            np.random.RandomState(seed).shuffle(labels)
    return paths, labels, names


def check_arguments(
    labels: Any,
    label_mode: Any,
    validation_split: float | None,
    subset: str | None,
    shuffle: bool,
    seed: Any,
    form: str,
) -> None:
    """Checks what ``image_dataset_from_directory`` and ``text_dataset_from_directory`` have in common.

    Raises:
        ValueError: names the argument.
    """
    if labels not in ("inferred", None) and not isinstance(labels, list | tuple):
        raise ValueError(
            "`labels` argument should be a list/tuple of integer labels, of the same size as the number of files in "
            'the target directory, "inferred" for labels from the names of the subdirectories, or None for no labels. '
            f"Received: labels={labels}"
        )
    if label_mode not in LABEL_MODES:
        raise ValueError(
            '`label_mode` argument must be one of "int", "categorical", "binary", '
            f"or None. Received: label_mode={label_mode}"
        )
    if form not in ("tf", "grain"):
        raise ValueError(f'`format` should be either "tf" or "grain". Received: format={form}')
    if validation_split and not 0 < validation_split < 1:
        raise ValueError(f"`validation_split` must be between 0 and 1, received: {validation_split}")
    if bool(validation_split) != bool(subset):
        raise ValueError("If `subset` is set, `validation_split` must be set, and inversely.")
    if subset not in ("training", "validation", "both", None):
        raise ValueError(f'`subset` must be either "training", "validation" or "both", received: {subset}')
    if validation_split and shuffle and seed is None:
        raise ValueError(
            "If using `validation_split` and shuffling the data, you must provide a `seed` argument, to make sure "
            "that there is no overlap between the training and validation subset."
        )


def from_directory(
    load: Callable[[Any], Any],
    directory: Any,
    formats: tuple[str, ...],
    labels: Any,
    label_mode: str | None,
    class_names: Sequence[str] | None,
    batch_size: int | None,
    shuffle: bool,
    seed: int | None,
    validation_split: float | None,
    subset: str | None,
    follow_links: bool,
    verbose: bool,
) -> Any:
    """One dataset of files and labels, or for ``subset="both"`` a list of two."""
    if label_mode is None:
        labels = None
    if labels is None:
        label_mode = None
    if seed is None:
        seed = np.random.randint(1_000_000)
    paths, labels, names = index_directory(
        directory, labels, formats, class_names, shuffle, seed, follow_links, verbose
    )
    if label_mode == "binary" and len(names or ()) != 2:
        raise ValueError(
            f'When passing `label_mode="binary"`, there must be exactly 2 class_names. Received: class_names={names}'
        )
    datasets = []
    for part in ("training", "validation") if subset == "both" else (subset,):
        rows = _part(len(paths), validation_split, part)
        if not len(paths[rows]):
            raise ValueError(f"No files found in directory {directory}. Allowed formats: {formats}")
        targets = None if labels is None else _targets(labels[rows], label_mode, len(names or ()))
        mixed = shuffle and not (subset == "both" and part == "validation")
        dataset = _files(load, paths[rows], targets, batch_size, mixed, seed)
        dataset.class_names, dataset.file_paths = names, paths[rows]
        datasets.append(dataset)
    return datasets if subset == "both" else datasets[0]


def _part(n: int, validation_split: float | None, part: str | None) -> slice:
    if not validation_split:
        return slice(None)
    held_out = int(validation_split * n)
    if part == "training":
        print(f"Using {n - held_out} files for training.")
        return slice(None, -held_out)
    print(f"Using {held_out} files for validation.")
    return slice(-held_out, None)


def _targets(labels: np.ndarray, label_mode: str | None, classes: int) -> np.ndarray:
    if label_mode == "binary":
        return labels.astype(np.float32)[:, None]
    return to_categorical(labels, classes).astype(np.float32) if label_mode == "categorical" else labels


def _files(
    load: Callable[[Any], Any], paths: list[str], targets: Any, batch_size: int | None, shuffle: bool, seed: int
) -> Dataset:
    if targets is None:
        dataset = Dataset(lambda: iter(paths), len(paths))
    else:
        dataset = Dataset(lambda: zip(paths, targets, strict=True), len(paths))
    if shuffle:
        dataset = dataset.shuffle(1024 if batch_size is None else 8 * batch_size, seed)
    dataset = dataset.map(load if targets is None else lambda path, target: (load(path), target))
    return dataset if batch_size is None else dataset.batch(batch_size)
