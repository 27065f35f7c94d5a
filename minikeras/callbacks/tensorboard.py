"""TensorBoard: writes what a training does into event files that TensorBoard shows."""

import itertools
import os
import time
import warnings
from typing import Any

import numpy as np

from ..errors import require
from .base import Callback


class TensorBoard(Callback):
    """Writes losses, metrics, learning rate, and histograms of weights and gradients for TensorBoard.

    ``tensorboard --logdir logs`` shows them. Under ``log_dir`` lie ``train`` and ``validation``:

    =========================================  =================================  =========================
    tag                                        step                               when
    =========================================  =================================  =========================
    epoch_loss, epoch_learning_rate, …         epoch                              after each epoch
    batch_loss, …                              batch, counted over all epochs     every ``update_freq``
    evaluation_loss_vs_iterations, …           the optimizer's iterations         after each evaluation
    dense/kernel/histogram, …/gradient         epoch                              every ``histogram_freq``
    =========================================  =================================  =========================

    Args (as in Keras):
        log_dir: the folder.
        histogram_freq: after how many epochs histograms are written; 0 for never.
        write_steps_per_second: whether steps per second are written.
        update_freq: "epoch", "batch" or a number of batches.
        write_graph: accepted; there is no graph to write.
        profile_batch: accepted; a warning says that nothing is profiled.

    Raises:
        MissingExtraError: without the ``tensorboard`` package, when ``fit`` begins; names the extra.
        ValueError: for ``write_images`` and ``embeddings_freq``, which are not here.

    Differs from Keras: the gradients of the last batch are written beside the weights.
    """

    def __init__(
        self,
        log_dir: Any = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: Any = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        super().__init__()
        for argument, value in {"write_images": write_images, "embeddings_freq": embeddings_freq}.items():
            if value:
                raise ValueError(f"TensorBoard does not support `{argument}` in minikeras. Received: {value!r}")
        if profile_batch:
            warnings.warn("TensorBoard ignores `profile_batch` in minikeras: nothing is profiled.", stacklevel=2)
        if update_freq not in ("epoch", "batch") and not (isinstance(update_freq, int) and update_freq > 0):
            raise ValueError(
                f"`update_freq` is 'epoch', 'batch' or a positive number of batches. Received: {update_freq!r}"
            )
        self.log_dir, self.histogram_freq, self.write_graph = str(log_dir), histogram_freq, write_graph
        self.write_images, self.write_steps_per_second = write_images, write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.embeddings_freq, self.embeddings_metadata = embeddings_freq, embeddings_metadata
        self._writers: dict[str, Any] = {}
        self._batches = 0
        self._begun = self._begun_batch = 0.0
        self._iterations = 0

    @property
    def wants_batches(self) -> bool:
        """Single batches matter only if they are written."""
        return self.update_freq != "epoch"

    def on_train_begin(self, logs: Any = None) -> None:
        _summaries()
        self._batches = 0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._begun_batch = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._batches += 1
        if self.update_freq == "epoch" or self._batches % self.update_freq:
            return
        for name, value in (logs or {}).items():
            self._scalar("train", f"batch_{name}", value, self._batches)
        if self.write_steps_per_second:
            seconds = max(time.perf_counter() - self._begun_batch, 1e-9)
            self._scalar("train", "batch_steps_per_second", 1 / seconds, self._batches)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._begun, self._iterations = time.perf_counter(), int(self.model.optimizer.iterations)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        values = dict(logs or {})
        for name in [name for name in values if name.startswith("val_")]:
            self._scalar("validation", f"epoch_{name[4:]}", values.pop(name), epoch)
        values.update(_learning_rates(self.model.optimizer))
        if self.write_steps_per_second:
            steps = int(self.model.optimizer.iterations) - self._iterations
            values["steps_per_second"] = steps / max(time.perf_counter() - self._begun, 1e-9)
        for name, value in values.items():
            self._scalar("train", f"epoch_{name}", value, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._weights(epoch)
        for writer in self._writers.values():
            writer.flush()

    def on_test_end(self, logs: Any = None) -> None:
        iterations = getattr(getattr(self.model, "optimizer", None), "iterations", None)
        for name, value in (logs or {}).items():
            if iterations is not None:
                self._scalar("validation", f"evaluation_{name}_vs_iterations", value, int(iterations))
        if "validation" in self._writers:
            self._writers["validation"].flush()

    def on_train_end(self, logs: Any = None) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def _weights(self, epoch: int) -> None:
        for weight in self.model.weights:
            self._histogram(f"{weight.path}/histogram", weight.value, epoch)
            if weight.trainable and getattr(weight, "grad", None) is not None:
                self._histogram(f"{weight.path}/gradient", weight.grad, epoch)

    def _scalar(self, where: str, tag: str, value: Any, step: int) -> None:
        self._write(where, _summaries()[0](tag, float(value)), step)

    def _histogram(self, tag: str, values: Any, step: int) -> None:
        self._write("train", _summaries()[1](tag, np.asarray(values, np.float64)), step)

    def _write(self, where: str, summary: Any, step: int) -> None:
        if where not in self._writers:
            self._writers[where] = _EventFile(os.path.join(self.log_dir, where))
        self._writers[where].add(step=step, summary=summary)


class _EventFile:
    """A file of events. TensorBoard's own writer of them imports TensorFlow, where there is one."""

    _made = itertools.count()

    def __init__(self, folder: str) -> None:
        import socket

        from tensorboard.summary.writer.record_writer import RecordWriter

        os.makedirs(folder, exist_ok=True)
        unique = f"{socket.gethostname()}.{os.getpid()}.{next(self._made)}"
        path = os.path.join(folder, f"events.out.tfevents.{int(time.time()):010d}.{unique}")
        self._records = RecordWriter(open(path, "wb"))  # noqa: SIM115
        self.flush, self.close = self._records.flush, self._records.close
        self.add(file_version="brain.Event:2")
        self.flush()

    def add(self, **fields: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._records.write(Event(wall_time=time.time(), **fields).SerializeToString())


def _summaries() -> tuple[Any, Any]:
    """What makes a scalar and a histogram in the form that TensorBoard shows.

    Raises:
        MissingExtraError: names the extra.
    """
    require("tensorboard", "tensorboard")
    from tensorboard.plugins.histogram.summary_v2 import histogram_pb
    from tensorboard.plugins.scalar.summary_v2 import scalar_pb

    return scalar_pb, histogram_pb


def _learning_rates(optimizer: Any) -> dict[str, float]:
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    several = getattr(optimizer, "optimizers", None)
    if several is not None:
        return {f"learning_rate_{o.name}": float(o.learning_rate) for o in several}
    return {"learning_rate": float(optimizer.learning_rate)}
