"""PyDataset: batches by number."""

from typing import Any


class PyDataset:
    """Base class of a dataset that gives its batches by number, as Keras's ``PyDataset`` (earlier: ``Sequence``).

    A subclass defines ``__getitem__(i)``, which returns batch i as x, (x, y) or (x, y, sample_weight), and ``__len__``,
    the number of batches (or ``num_batches``, None for a dataset without end). ``fit(shuffle=True)`` visits the batches
    in another order in each epoch.

    Args (as in Keras):
        workers, use_multiprocessing, max_queue_size: accepted, without effect: batches are made one after the other.

    Differs from Keras: ``on_epoch_begin`` and ``on_epoch_end`` are called by the thread that trains, at the begin and
    the end of each complete pass over the batches.

    >>> import numpy as np
    >>> import minikeras as keras
    >>> class Halves(keras.utils.PyDataset):
    ...     def __len__(self):
    ...         return 2
    ...     def __getitem__(self, i):
    ...         return np.full((3, 1), i), np.full((3, 1), 2 * i)
    >>> model = keras.Sequential([keras.layers.Dense(1, kernel_initializer="ones")])
    >>> model.compile("sgd", "mse")
    >>> model.evaluate(Halves(), verbose=0)                 # (0 + 1) / 2
    0.5
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers, self.use_multiprocessing, self.max_queue_size = workers, use_multiprocessing, max_queue_size

    def __getitem__(self, index: int) -> Any:
        """Batch number ``index``, from 0."""
        raise NotImplementedError(f"{type(self).__name__} must define `__getitem__(index)`, which returns a batch.")

    @property
    def num_batches(self) -> int | None:
        """Number of batches in a pass; None for a dataset without end."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(f"{type(self).__name__} must define `__len__`, or the property `num_batches`.")

    def on_epoch_begin(self) -> None:
        """Called before the first batch of a pass."""

    def on_epoch_end(self) -> None:
        """Called after the last batch of a pass."""


Sequence = PyDataset
