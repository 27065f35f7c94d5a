"""fit, evaluate, predict: the step of :mod:`~minikeras.training.step`, batch after batch, epoch after epoch.

Who takes the steps of a ``fit``, and on how many threads, is the business of :mod:`~minikeras.replay`.
"""

import itertools
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from .. import config, random, threads
from ..callbacks import CallbackList, History
from ..errors import DataError
from ..replay import Steps, steps_of
from ..structures import flat, mapped, pack
from ..tensor import plain
from ..workspace import Workspace
from . import data, interrupts
from .custom import for_users
from .head import warn_of_constant_softmax
from .plan import ENOUGH, Plan, check_fit_arguments, out_of_data
from .step import TrainStep


class Trainer(TrainStep):
    """The part of a model that knows epochs. The other one, :class:`~minikeras.models.Model`, knows layers."""

    history: History
    stop_training = False
    _train_batches: Any = None
    _custom_logs: Any = None

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
        shuffle: Any = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> History:
        """Trains for some epochs and returns their History.

        Arguments, defaults and what is logged are Keras's. The logged loss is the mean over the epoch's rows
        *while* the weights changed, so it differs from ``evaluate`` on the same rows.

        Args (as in Keras, and):
            shuffle: "batch" shuffles the rows within each batch only.
            validation_freq: a number of epochs, or a list of the epochs, counted from 1, that a validation follows.

        Raises:
            NotCompiledError: before ``compile``.
            DataError: for data that cannot be trained on, and for none.

        An error or Ctrl-C leaves the weights of the last completed step.

        Differs from Keras: from a generator exactly as many batches are taken as are used; an epoch or a validation for
        which no batch is left warns and logs nothing, and such an epoch is the end of the training; ``evaluate`` and
        the like, called by a callback, leave the running metrics of the epoch as they are.
        """
        self._require_compiled()
        if self._fitting:
            raise RuntimeError(f"fit of model '{self.name}' is running already: it cannot be started within itself.")
        check_fit_arguments(shuffle, validation_freq)
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = data.split(validation_split, x, y, sample_weight)
        batches = data.make(x, y, sample_weight, batch_size, self.dtype)
        steps_per_epoch = data.require_steps(batches, steps_per_epoch, "steps_per_epoch")
        epochs = data.limited(epochs, config.max_epochs(), "epochs") or 0
        if class_weight is not None and isinstance(self.loss, list | tuple | dict) and "class_name" not in self.loss:
            raise ValueError("`class_weight` is only supported for models with a single output.")
        batches.weigh(class_weight, getattr(self._compiled_loss, "targets", "same"))
        batches = self._first_look(batches, training=True)
        validation = self._validation(validation_data, validation_batch_size or batch_size)
        if validation is not None:
            validation_steps = data.require_steps(validation, validation_steps, "validation_steps")
        listeners = CallbackList(
            callbacks,
            model=self,
            add_history=True,
            add_progbar=verbose != 0,
            verbose=verbose,
            epochs=epochs,
            steps=steps_per_epoch or batches.steps,
        )
        self.stop_training, self._train_batches, self._start = False, None, data.ResumePoint(initial_epoch)
        self._custom_logs = None
        plan = Plan(batches, validation, shuffle, steps_per_epoch, validation_steps, validation_freq, listeners)
        listeners.on_train_begin()
        logs: dict[str, float] = {}
        with self._now_fitting(), interrupts.between_steps() as interrupted, steps_of(self, plan, epochs) as steps:
            for epoch in range(self._start.epoch, epochs):
                epoch_logs = self._epoch(epoch, plan, steps, interrupted)
                if epoch_logs is None:
                    out_of_data(logs)
                    break
                logs = epoch_logs
                if self.stop_training:
                    break
        if epochs > 0 and self.optimizer is not None:
            self.optimizer.finalize_variable_values(self._trained)
        listeners.on_train_end(logs)
        return self.history

    @contextmanager
    def _now_fitting(self) -> Iterator[None]:
        self._fitting = True
        try:
            yield
        finally:
            self._train_batches, self._fitting = None, False

    def _validation(self, validation_data: Any, batch_size: int | None) -> Any:
        """The batches of ``validation_data``, their labels checked; None without any."""
        if validation_data is None:
            return None
        batches_in_list = data.is_list_of_batches(validation_data)
        x, y, w = (validation_data, None, None) if batches_in_list else data.unpack(validation_data)
        size = batch_size if y is not None or hasattr(x, "__array__") or data.is_structure(x) else None
        batches = self._shaped(data.make(x, y, w, size, self.dtype))
        self._check_labels(batches)
        return batches

    def _epoch(self, epoch: int, plan: Plan, steps: Steps, interrupted: threading.Event) -> dict[str, float] | None:
        """One epoch with its validation: its logs, or None if no batch was left for it."""
        self.reset_metrics()
        plan.listeners.on_epoch_begin(epoch)
        if not self._train_epoch(plan, steps, interrupted):
            return None
        logs = dict(self._batch_logs())
        if plan.validates(epoch):
            plan.listeners.on_test_begin()
            scores = self._evaluate(plan.validation, plan.validation_steps, plan.listeners, interrupted)
            if not scores:
                warnings.warn(
                    "The validation data gave no batch: no val_ numbers are logged for this epoch. A generator is used "
                    "up after one pass; pass arrays, or a generator with enough batches for all epochs and "
                    "`validation_steps`.",
                    stacklevel=3,
                )
            plan.listeners.on_test_end(scores)
            logs |= {f"val_{name}": value for name, value in scores.items()}
        plan.listeners.on_epoch_end(epoch, logs)
        return logs

    def _train_epoch(self, plan: Plan, steps: Steps, interrupted: threading.Event) -> bool:
        """The steps of an epoch; False if there was no batch for any.

        The position is counted once, by the pass over the data: of its ``taken`` batches, earlier epochs took
        ``first`` (none, unless ``steps_per_epoch`` is given).
        """
        start, self._start = self._start, data.ResumePoint()
        if self._train_batches is None:
            self._train_batches = self._pass(plan, start)
        first = self._train_batches.taken - start.step
        limit = sys.maxsize if plan.steps is None else plan.steps
        while self._train_batches.taken - first < limit:
            batch = next(self._train_batches, None)
            if batch is None and 0 < first == self._train_batches.taken:  # the pass ended with the epoch before
                self._train_batches, first = self._pass(plan, data.ResumePoint()), 0
                batch = next(self._train_batches, None)
            if batch is None:
                break
            self._take_steps(steps, batch, first, limit, plan)
            if interrupted.is_set():
                raise KeyboardInterrupt
            if self.stop_training:
                break
        done = self._train_batches.taken - first
        ended = done < limit and not self.stop_training
        if ended and plan.steps is not None and done:
            warnings.warn(f"Your input ran out of data; interrupting epoch. {ENOUGH}", stacklevel=4)
        if ended or self._train_batches.taken == plan.batches.steps:
            self._train_batches = None
        return done > 0

    def _pass(self, plan: Plan, start: data.ResumePoint) -> Any:
        """A pass over the data, from a point in it on."""
        order = plan.batches.order(plan.shuffle, self) if start.order is None else start.order
        return plan.batches.epoch(self._reusable, order, start.taken)

    def _take_steps(self, steps: Steps, batch: data.Batch, first: int, limit: int, plan: Plan) -> None:
        """The step on this batch, and those after it that were taken with it."""
        ahead, listeners = self._train_batches, plan.listeners
        number = ahead.taken - first - 1
        self._check_batch(plan.batches, batch)
        if listeners.wants_batches:
            listeners.on_train_batch_begin(number)
        ahead.taken += steps.take(batch, limit - number) - 1
        if listeners.wants_batches:
            listeners.on_train_batch_end(ahead.taken - first - 1, self._batch_logs)

    def _step(self, batch: data.Batch) -> None:
        """One step on one batch: the built-in one, or a custom one, whose logs are kept."""
        if self._is_custom("train_step"):
            self._custom_logs = self._logs_of("train_step", batch)
        else:
            self._take_step(*batch)

    def _batch_logs(self) -> dict[str, Any]:
        """What a custom step logged; else the running metrics."""
        return self.get_metrics_result() if self._custom_logs is None else self._custom_logs

    def _first_look(self, batches: Any, training: bool = False) -> Any:
        """Builds the model from the first batch, and checks all labels before any weight changes."""
        if isinstance(batches, data.Batches) and not self.built:
            self._prepare(batches.first(), training)
        else:
            self._prepare(data.first_rows(batches.x) if isinstance(batches, data.Arrays) else None, training)
        batches = self._shaped(batches)
        if training:
            warn_of_constant_softmax(self)
        if isinstance(batches, data.Arrays) and type(batches.x) is np.ndarray and self._has_call:
            self.check_input(batches.x.shape)
        self._check_labels(batches)
        if isinstance(batches, data.Arrays) and training:
            for x in flat(batches.x):
                data.check_finite(x, self._nonfinite)
        return batches

    def _shaped(self, batches: Any) -> Any:
        """The same batches, with x (N,) as (N, 1) where the model's input has one number a row."""
        if isinstance(batches, data.Arrays) and type(batches.x) is np.ndarray:
            batches.x = self._with_input_rank(batches.x)
        return batches

    def _evaluate(
        self, batches: Any, steps: int | None, listeners: CallbackList, interrupted: threading.Event | None = None
    ) -> dict[str, float]:
        """Loss and metrics over all batches, or so many; {} if there was none."""
        self.reset_metrics()
        step, custom, logs = -1, self._is_custom("test_step"), self.get_metrics_result
        for step, batch in enumerate(itertools.islice(batches.epoch(self._reusable), steps)):
            self._check_batch(batches, batch)
            if listeners.wants_batches:
                listeners.on_test_batch_begin(step)
            if custom:
                found = self._logs_of("test_step", batch)
                logs = partial(dict, found)
            else:
                self._test(*batch)
            if interrupted is not None and interrupted.is_set():
                raise KeyboardInterrupt
            if listeners.wants_batches:
                listeners.on_test_batch_end(step, logs)
        if steps is not None and 0 <= step < steps - 1:
            warnings.warn(f"Your input ran out of data after {step + 1} of {steps} batches.", stacklevel=4)
        return {} if step < 0 else logs()

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
        """Loss and metrics at the present weights: [loss, metric, …], a scalar if there is only the loss, or a dict.

        Differs from Keras: called by a callback during ``fit``, it leaves the epoch's running metrics as they are.

        Raises:
            DataError: for data that cannot be evaluated, and for none.
        """
        self._require_compiled()
        batches = data.make(x, y, sample_weight, batch_size, self.dtype)
        steps = data.require_steps(batches, steps, "steps")
        batches = self._first_look(batches)
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
        with self._own_metrics(), threads.blas_threads(self._largest_product(batches.batch_size)):
            scores = self._evaluate(batches, steps, listeners)
        if not scores:
            raise DataError(
                "The data gave no batch: there is nothing to evaluate. (A generator gives its batches once.)"
            )
        listeners.on_test_end(scores)
        return scores if return_dict else self._in_order(scores)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The model's outputs for all rows of x, batch by batch, in new arrays; in the structure of the outputs."""
        batches = data.make(x, None, None, batch_size, self.dtype)
        steps = data.require_steps(batches, steps, "steps")
        listeners = CallbackList(
            callbacks,
            model=self,
            add_progbar=verbose != 0,
            verbose=verbose,
            epochs=1,
            steps=steps or batches.steps,
        )
        outputs, scratch, custom = [], Workspace(), self._is_custom("predict_step")
        listeners.on_predict_begin()
        for step, (part, _, _) in enumerate(itertools.islice(batches.epoch(scratch), steps)):
            listeners.on_predict_batch_begin(step)
            made = self.predict_step(for_users((part, None, None))) if custom else self(part, training=False)
            out = mapped(plain, made)
            outputs.append(mapped(lambda a, part=part: _own(a, part), out))
            listeners.on_predict_batch_end(step, {"outputs": out})
        listeners.on_predict_end()
        if not outputs:
            raise DataError(
                "The data gave no batch: there is nothing to predict on. (A generator gives its batches once.)"
            )
        if len(outputs) == 1:
            return outputs[0]
        return pack(outputs[0], map(np.concatenate, zip(*map(flat, outputs), strict=True)))


def _own(a: np.ndarray, part: Any) -> np.ndarray:
    """An output, or a copy of it where it shares memory with the batch."""
    return a.copy() if any(np.may_share_memory(a, x) for x in flat(part) if x is not None) else a
