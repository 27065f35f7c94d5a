"""CIFAR-10 and CIFAR-100: the archive of pickled batches, read in place."""

import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from . import pickles


def load_batches(archive: Path, members: list[str], labels: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 32, 32, 3) and labels (N, 1) of some members of the archive, one after the other.

    Raises:
        DataError: if the archive is damaged.
    """
    try:
        with tarfile.open(archive) as tar:
            batches = [_batch(tar, member) for member in members]
        images = np.concatenate([batch["data"] for batch in batches]).reshape(-1, 3, 32, 32)
        targets = np.concatenate([batch[labels] for batch in batches])
    except (tarfile.TarError, KeyError, EOFError) as error:
        raise DataError(f"{archive} is damaged ({error}).") from error
    return images.transpose(0, 2, 3, 1), targets[:, None]


def _batch(tar: tarfile.TarFile, member: str) -> dict[str, Any]:
    file = tar.extractfile(member)
    if file is None:
        raise KeyError(member)
    return {key.decode(): value for key, value in pickles.load(file, encoding="bytes").items()}
