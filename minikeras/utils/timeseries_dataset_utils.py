"""A dataset of windows that slide over a time series."""

from typing import Any

import numpy as np

from .dataset import Dataset


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> Dataset:
    """Batches of windows of a time series, with the target that belongs to the start of each.

    x_i = data[s_i], data[s_i + rate], …, data[s_i + (T − 1)·rate]     y_i = targets[s_i]     s_i = i·stride

    Args (as in Keras):
        data: (length, …).
        targets: one for each start of a window, or None.
        sequence_length: T.
        sequence_stride: steps from one start to the next.
        sampling_rate: steps from one entry of a window to the next.
        batch_size: None for single windows.
        shuffle: True: in Keras's order of that seed.
        seed: of the shuffling.
        start_index, end_index: the part of the series to use.
        format: without effect.

    Raises:
        ValueError: for an argument out of range.

    Source: Keras 3.15, the rows of every batch included.

    >>> for x, y in timeseries_dataset_from_array(np.arange(6), np.arange(3, 6), 3, batch_size=2):
    ...     print(x.tolist(), y)
    [[0, 1, 2], [1, 2, 3]] [3 4]
    [[2, 3, 4]] [5]
    """
    data = np.asarray(data)
    n = len(data)
    for name, index in (("start_index", start_index), ("end_index", end_index)):
        if index is not None and not (0 <= index < n if name == "start_index" else 0 < index < n):
            raise ValueError(f"`{name}` must lie between 0 and the length of the data, {n}. Received: {index}")
    if start_index is not None and end_index is not None and end_index <= start_index:
        raise ValueError(
            "`end_index` must be higher than `start_index`. "
            f"Received: start_index={start_index}, and end_index={end_index}"
        )
    for name, step in (("sampling_rate", sampling_rate), ("sequence_stride", sequence_stride)):
        if not 0 < step < n:
            raise ValueError(
                f"`{name}` must be higher than 0 and lower than the length of the data, {n}. Received: {step}"
            )
    start, end = start_index or 0, n if end_index is None else end_index
    if format not in ("tf", "grain"):
        raise ValueError(f'`format` should be either "tf" or "grain". Received: format={format}')
    windows = end - start - (sequence_length - 1) * sampling_rate
    if targets is not None:
        targets = np.asarray(targets)
        windows = min(windows, len(targets))
    starts = np.arange(0, windows, sequence_stride)
    if shuffle:
        seed = np.random.randint(1_000_000) if seed is None else seed
        np.random.RandomState(seed).shuffle(starts)
    window = np.arange(sequence_length) * sampling_rate

    def rows(chosen: Any) -> Any:
        chosen = np.asarray(chosen)
        x = data[start:end][chosen[..., None] + window]
        return x if targets is None else (x, targets[start:end][chosen])

    dataset = Dataset(lambda: iter(starts), len(starts))
    if shuffle:
        dataset = dataset.shuffle(1024 if batch_size is None else 8 * batch_size, seed)
    return (dataset if batch_size is None else dataset.batch(batch_size)).map(rows)
