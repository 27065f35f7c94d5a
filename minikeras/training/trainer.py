"""fit, evaluate, predict: the step of :mod:`~minikeras.training.step`, batch after batch, epoch after epoch.

Most steps of a long ``fit`` are repeated by compiled code, see :mod:`~minikeras.training.runner`.
"""

import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np

from .. import random, threads
from ..callbacks import CallbackList, History
from ..workspace import Workspace
from . import data, interrupts
from .runner import Runner
from .step import Stepper


class Trainer(Stepper):
    """The part of a model that knows epochs. The other one, :class:`~minikeras.models.Sequential`, knows layers."""

    history: History
    stop_training = False
    _train_batches: Iterator[Any] | None = None
    _order: np.ndarray | None = None
    _taken = 0
    _pace: threads.Pace | nullcontext[None]
    _runner: Runner | None = None

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int = 1,
    ) -> History:
        """Trains for some epochs and returns their History.

        Arguments, defaults and what is logged are Keras's. The logged loss is the mean over the epoch's rows
        *while* the weights changed, so it differs from ``evaluate`` on the same rows.

        Raises:
            NotCompiledError: before ``compile``.
            DataError: for data that cannot be trained on.

        An error or Ctrl-C leaves the weights of the last completed step.
        """
        self._require_compiled()
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = data.split(validation_split, x, y, sample_weight)
        if class_weight is not None:
            sample_weight = data.class_weighted(y, class_weight, sample_weight, self.dtype)
        batches = data.make(x, y, sample_weight, batch_size, self.dtype)
        batches = self._first_look(batches, training=True)
        if isinstance(batches, data.Arrays):
            data.check_finite(batches.x, self._nonfinite)
        validation = None
        if validation_data is not None:
            vx, vy, vw = (
                data.unpack(validation_data)
                if isinstance(validation_data, tuple | list)
                else (validation_data, None, None)
            )
            validation = data.make(
                vx, vy, vw, _validation_size(vx, vy, validation_batch_size or batch_size), self.dtype
            )
            self._check_labels(validation)

        listeners = CallbackList(
            callbacks,
            model=self,
            add_history=True,
            add_progbar=verbose != 0,
            verbose=verbose,
            epochs=epochs,
            steps=steps_per_epoch or batches.steps,
        )
        self.stop_training = False
        self._train_batches = None
        self._start = data.Start(initial_epoch)
        listeners.on_train_begin()
        logs: dict[str, float] = {}
        try:
            steady = random.seed() is not None or listeners.repeatable
            programmable = shuffle and Runner.suits(self, batches, epochs * (steps_per_epoch or batches.steps or 0))
            if programmable and not listeners.wants_every_batch:
                self._runner = Runner(self, batches, steady, threads.most())
            if self._runner is not None or (programmable and steady):  # whoever listens, the same bits
                pace = threads.one()
            else:
                pace = threads.suited_to(self._largest_product(batches.batch_size), steady)
            with interrupts.between_steps() as interrupted, pace as self._pace:
                for epoch in range(self._start.epoch, epochs):
                    self._tracker.reset()
                    listeners.on_epoch_begin(epoch)
                    self._train_epoch(batches, shuffle, steps_per_epoch, listeners, interrupted)
                    logs = self._tracker.results()
                    if validation is not None and (epoch + 1) % validation_freq == 0:
                        listeners.on_test_begin()
                        scores = self._evaluate(validation, validation_steps, listeners, interrupted)
                        listeners.on_test_end(scores)
                        logs |= {f"val_{name}": value for name, value in scores.items()}
                    listeners.on_epoch_end(epoch, logs)
                    if self.stop_training:
                        break
        finally:
            self._train_batches = None
            if self._runner is not None:
                self._runner.close()
                self._runner = None
            for layer in self._layers:
                layer._frames.clear()
        if epochs > 0:
            self.optimizer.finalize_variable_values(self._trained)
        listeners.on_train_end(logs)
        return self.history

    def _train_epoch(
        self,
        batches: Any,
        shuffle: bool,
        steps: int | None,
        listeners: CallbackList,
        interrupted: threading.Event,
    ) -> None:
        start, self._start = self._start, data.Start()
        if self._train_batches is None:
            self._order = start.order
            if self._order is None and shuffle and isinstance(batches, data.Arrays):
                self._order = random.order(len(batches.x), self)
            self._train_batches, self._taken = batches.epoch(self._reusable, self._order, start.taken), start.taken
        step, end = start.step, steps if steps is not None else sys.maxsize
        while step < end and not self.stop_training:
            batch = next(self._train_batches, None)
            if batch is None:
                if steps is not None:
                    warnings.warn(
                        "Your input ran out of data; interrupting epoch. Make sure that your dataset or generator "
                        "can generate at least `steps_per_epoch * epochs` batches.",
                        stacklevel=2,
                    )
                self._train_batches = None
                return
            self._check_batch(batches, batch)
            if listeners.wants_batches:
                listeners.on_train_batch_begin(step)
            with self._pace:
                self._step(batch, end - step - 1)
            taken = 1
            while taken:
                step, self._taken = step + taken, self._taken + taken
                if interrupted.is_set():
                    raise KeyboardInterrupt
                if listeners.wants_batches:
                    listeners.on_train_batch_end(step - 1, self._tracker.results)
                taken = 0 if self._runner is None else self._runner.run(end - step)
        if self._taken == batches.steps:
            self._train_batches = None

    def _step(self, batch: data.Batch, left: int) -> None:
        if self._runner is None:
            self.train_step(*batch)
        else:
            self._runner.step(batch, left)

    def _first_look(self, batches: Any, training: bool = False) -> Any:
        """Builds the model from the first batch, and checks all labels before any weight changes."""
        if isinstance(batches, data.Batches) and not self.built:
            self._prepare(batches.first(), training)
        else:
            self._prepare(batches.x[:1] if isinstance(batches, data.Arrays) else None, training)
        if isinstance(batches, data.Arrays):
            for layer in self._layers[:1]:
                layer.check_input(batches.x.shape)
        self._check_labels(batches)
        return batches

    def _evaluate(
        self,
        batches: Any,
        steps: int | None,
        listeners: CallbackList,
        interrupted: threading.Event | None = None,
    ) -> dict[str, float]:
        self._tracker.reset()
        for step, batch in enumerate(batches.epoch(self._reusable)):
            if steps is not None and step >= steps:
                break
            self._check_batch(batches, batch)
            if listeners.wants_batches:
                listeners.on_test_batch_begin(step)
            self.test_step(*batch)
            if interrupted is not None and interrupted.is_set():
                raise KeyboardInterrupt
            if listeners.wants_batches:
                listeners.on_test_batch_end(step, self._tracker.results)
        return self._tracker.results()

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Loss and metrics at the present weights: [loss, metric, …], a scalar if there is only the loss, or a dict."""
        self._require_compiled()
        batches = self._first_look(data.make(x, y, sample_weight, batch_size, self.dtype))
        listeners = CallbackList(
            callbacks,
            model=self,
            add_progbar=verbose != 0,
            verbose=verbose,
            epochs=1,
            steps=steps or batches.steps,
        )
        random.on_build(self)
        listeners.on_test_begin()
        with threads.suited_to(self._largest_product(batches.batch_size)):
            scores = self._evaluate(batches, steps, listeners)
        listeners.on_test_end(scores)
        return scores if return_dict else self._tracker.as_list(scores)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> np.ndarray:
        """The model's outputs for all rows of x, batch by batch, in a new array."""
        batches = data.make(x, None, None, batch_size, self.dtype)
        listeners = CallbackList(
            callbacks,
            model=self,
            add_progbar=verbose != 0,
            verbose=verbose,
            epochs=1,
            steps=steps or batches.steps,
        )
        outputs, scratch = [], Workspace()
        listeners.on_predict_begin()
        for step, (part, _, _) in enumerate(batches.epoch(scratch)):
            if steps is not None and step >= steps:
                break
            listeners.on_predict_batch_begin(step)
            out = self(part)
            outputs.append(out.copy() if np.may_share_memory(out, part) else out)
            listeners.on_predict_batch_end(step, {"outputs": out})
        listeners.on_predict_end()
        if not outputs:
            raise ValueError("The data has no batches: nothing to predict on.")
        return np.concatenate(outputs) if len(outputs) > 1 else outputs[0]


def _validation_size(x: Any, y: Any, batch_size: int | None) -> int | None:
    return batch_size if y is not None or hasattr(x, "__array__") else None
