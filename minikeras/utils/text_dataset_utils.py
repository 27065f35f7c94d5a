"""A dataset of the text files of a folder."""

from typing import Any

import numpy as np

from .dataset_utils import check_arguments, from_directory


def text_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Batches of texts and labels from the ``.txt`` files of a folder, one subfolder a class.

    Args (as in Keras):
        directory: the folder.
        labels: "inferred" from the subfolders, a list of integers in the order of the sorted paths, or None.
        label_mode: "int" (int32), "binary" (float32, (N, 1)), "categorical" (float32, (N, K)) or None.
        class_names: the subfolders to use, in the order of the labels.
        batch_size: None for single files.
        max_length: bytes of a text that are kept.
        shuffle: True: in Keras's order of that seed.
        seed: of the shuffling and of the split.
        validation_split: share of the files, the last ones after shuffling.
        subset: "training", "validation" or "both" (a list of two datasets).
        follow_links: True visits linked folders.
        format: without effect.
        verbose: True prints the number of files.

    Returns:
        A :class:`~minikeras.utils.dataset.Dataset` with the attributes ``class_names`` and ``file_paths``.

    Raises:
        ValueError: for an argument that doesn't fit, or no file found.

    Differs from Keras: the texts of a batch are an array of Python strings, not of bytes.
    """
    check_arguments(labels, label_mode, validation_split, subset, shuffle, seed, format)

    def load(path: Any) -> Any:
        with open(str(path), "rb") as file:
            return np.array(file.read(-1 if max_length is None else max_length).decode(errors="replace"), object)

    return from_directory(
        load,
        directory,
        (".txt",),
        labels,
        label_mode,
        class_names,
        batch_size,
        shuffle,
        seed,
        validation_split,
        subset,
        follow_links,
        verbose,
    )
