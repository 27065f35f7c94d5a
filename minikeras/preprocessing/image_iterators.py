"""Batches of images for :class:`~minikeras.preprocessing.image.ImageDataGenerator`."""

import os
from collections.abc import Iterator as PythonIterator
from typing import Any

import numpy as np

from ..utils.image_utils import array_to_img, img_to_array, load_img

FORMATS = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")
Save = tuple[Any, str, str]
"""Folder, prefix and format of the images that are written as they are made."""


class Iterator:
    """Batches by number (``batches[i]``), in one pass (``for``), or without end (``next``).

    Args (as in Keras):
        n: the number of images.
        batch_size: images in a batch.
        shuffle: True: another order in every pass, from NumPy's global generator.
        seed: seeds NumPy's global generator anew before each batch, as Keras does.
    """

    def __init__(self, n: int, batch_size: int, shuffle: bool, seed: int | None) -> None:
        self.n, self.batch_size, self.shuffle, self.seed = n, batch_size, shuffle, seed
        self.batch_index = self.total_batches_seen = 0
        self.index_array: np.ndarray | None = None

    def _seed(self) -> None:
        if self.seed is not None:
            np.random.seed(self.seed + self.total_batches_seen)
        self.total_batches_seen += 1

    def on_epoch_end(self) -> None:
        """Draws the next pass's order."""
        self.index_array = np.random.permutation(self.n) if self.shuffle else np.arange(self.n)

    def reset(self) -> None:
        """Makes ``next`` start over."""
        self.batch_index = 0

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, idx: int) -> Any:
        if idx >= len(self):
            raise IndexError(f"Asked to retrieve element {idx}, but the Sequence has length {len(self)}")
        self._seed()
        if self.index_array is None:
            self.on_epoch_end()
        return self._rows(idx)

    def __next__(self) -> Any:
        self._seed()
        if self.batch_index == 0:
            self.on_epoch_end()
        batch = self._rows(self.batch_index)
        self.batch_index = (self.batch_index + 1) % len(self)
        return batch

    def __iter__(self) -> PythonIterator[Any]:
        for i in range(len(self)):
            yield self[i]
        self.on_epoch_end()

    def _rows(self, batch: int) -> Any:
        if self.index_array is None:
            raise ValueError("No order of the images has been drawn.")
        return self.make_batch(self.index_array[self.batch_size * batch : self.batch_size * (batch + 1)])

    def make_batch(self, rows: np.ndarray) -> Any:
        """The batch of these images."""
        raise NotImplementedError(f"{type(self).__name__} must define `make_batch(rows)`, which returns a batch.")


def _write(images: np.ndarray, rows: np.ndarray, data_format: str, save: Save) -> None:
    folder, prefix, form = save
    if folder:
        for image, row in zip(images, rows, strict=True):
            name = f"{prefix}_{row}_{np.random.randint(10_000)}.{form}"
            array_to_img(image, data_format).save(os.path.join(folder, name))


def _split(n: int, share: float, subset: str | None) -> slice:
    """The validation rows are the first ones."""
    if subset not in ("training", "validation", None):
        raise ValueError(f'Invalid subset name: {subset}; expected "training" or "validation".')
    first = int(share * n)
    return slice(None) if subset is None else slice(first) if subset == "validation" else slice(first, None)


class NumpyArrayIterator(Iterator):
    """Batches of arrays; made by :meth:`ImageDataGenerator.flow`, which documents the arguments."""

    def __init__(
        self,
        x: Any,
        y: Any,
        image_data_generator: Any,
        batch_size: int = 32,
        shuffle: bool = False,
        sample_weight: Any = None,
        seed: int | None = None,
        subset: str | None = None,
        ignore_class_split: bool = False,
        save: Save = (None, "", "png"),
    ) -> None:
        others: list[np.ndarray] = []
        if isinstance(x, tuple | list) and len(x) == 2:
            others = [np.asarray(part) for part in (x[1] if isinstance(x[1], list) else [x[1]])]
            x = x[0]
        part = _split(len(x), image_data_generator.validation_split, subset)
        for name, array in (("x", others[0] if others else None), ("y", y), ("sample_weight", sample_weight)):
            if array is not None and len(array) != len(x):
                raise ValueError(
                    f"The images and `{name}` should have the same length. Found: {len(x)} and {len(array)}"
                )
        if subset and y is not None and not ignore_class_split:
            kept = np.unique(np.asarray(y)[part])
            rest = np.unique(np.delete(np.asarray(y), part, axis=0))
            if not np.array_equal(kept, rest):
                raise ValueError(
                    "Training and validation subsets have different number of classes after the split. If your numpy "
                    "arrays are sorted by the label, you might want to shuffle them."
                )
        self.x = np.asarray(x, image_data_generator.dtype)[part]
        if self.x.ndim != 4:
            raise ValueError(
                f"Input data in `NumpyArrayIterator` should have rank 4. You passed an array with shape {self.x.shape}"
            )
        self.others = [other[part] for other in others]
        self.y = None if y is None else np.asarray(y)[part]
        self.sample_weight = None if sample_weight is None else np.asarray(sample_weight)[part]
        self.image_data_generator, self._save = image_data_generator, save
        super().__init__(len(self.x), batch_size, shuffle, seed)

    def make_batch(self, rows: np.ndarray) -> Any:
        generator = self.image_data_generator
        images = np.empty((len(rows), *self.x.shape[1:]), generator.dtype)
        for image, row in zip(images, rows, strict=True):
            image[:] = generator.standardize(generator.random_transform(self.x[row]))
        _write(images, rows, generator.data_format, self._save)
        x = [images, *(other[rows] for other in self.others)] if self.others else images
        if self.y is None:
            return x
        return (x, self.y[rows]) if self.sample_weight is None else (x, self.y[rows], self.sample_weight[rows])


class DirectoryIterator(Iterator):
    """Batches of files; made by :meth:`ImageDataGenerator.flow_from_directory`, which documents the arguments."""

    def __init__(
        self,
        directory: Any,
        image_data_generator: Any,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        save: Save = (None, "", "png"),
    ) -> None:
        modes = ("categorical", "binary", "sparse", "input", None)
        if class_mode not in modes:
            raise ValueError(f"Invalid class_mode: {class_mode}; expected one of: {modes}")
        names = list(classes or sorted(entry.name for entry in os.scandir(directory) if entry.is_dir()))
        self.class_indices = {name: number for number, name in enumerate(names)}
        self.num_classes = len(names)
        self.filenames: list[str] = []
        numbers: list[int] = []
        for name in names:
            found = [
                os.path.relpath(os.path.join(root, file), directory)
                for root, _, files in sorted(os.walk(os.path.join(directory, name), followlinks=follow_links))
                for file in sorted(files)
                if file.lower().endswith(FORMATS)
            ]
            found = found[_split(len(found), image_data_generator.validation_split, subset)]
            self.filenames += found
            numbers += [self.class_indices[name]] * len(found)
        self.classes = self.labels = np.array(numbers, np.int32)
        self.samples = len(numbers)
        print(f"Found {self.samples} images belonging to {self.num_classes} classes.")
        self.filepaths = [os.path.join(directory, name) for name in self.filenames]
        self.directory, self.class_mode, self._save = directory, class_mode, save
        self.image_data_generator = image_data_generator
        self._load = (color_mode, (target_size[0], target_size[1]), interpolation, keep_aspect_ratio)
        channels = {"rgb": 3, "rgba": 4, "grayscale": 1}[color_mode]
        first = image_data_generator.data_format == "channels_first"
        self.image_shape = (channels, *target_size) if first else (*target_size, channels)
        super().__init__(self.samples, batch_size, shuffle, seed)

    def make_batch(self, rows: np.ndarray) -> Any:
        generator = self.image_data_generator
        x = np.empty((len(rows), *self.image_shape), generator.dtype)
        for image, row in zip(x, rows, strict=True):
            loaded = img_to_array(load_img(self.filepaths[row], *self._load), generator.data_format)
            image[:] = generator.standardize(generator.random_transform(loaded))
        _write(x, rows, generator.data_format, self._save)
        if self.class_mode is None:
            return x
        if self.class_mode == "input":
            return x, x.copy()
        labels = self.classes[rows]
        if self.class_mode == "categorical":
            return x, np.eye(self.num_classes, dtype=generator.dtype)[labels]
        return x, labels.astype(generator.dtype)
