"""compile, fit, evaluate, predict, and the step that they repeat.

One training step, with L the loss, θ the trained parameters and η the learning rate::

    (1)  y = f(x; θ)                          every layer forward
    (2)  L = Σₙ w[n] · ℓ(t[n], y[n]) + R(θ)   the loss head; w[n] = 1/N unless there are sample weights
    (3)  ∂L/∂θ                                every layer backward
    (4)  θ ← θ − η ∂L/∂θ                      the optimizer
"""

import itertools
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import losses, optimizers, random, threads
from ..callbacks import CallbackList, History
from ..errors import NotCompiledError
from ..layers.base import Layer, Shape
from ..workspace import Workspace
from . import data, interrupts
from .head import Head
from .tracking import Tracker


class Trainer(Layer):
    """The half of a model that knows epochs. The other half, :class:`~minikeras.models.Sequential`, knows layers."""

    _layers: list[Layer]
    optimizer: Any = None
    loss: Any = None
    stop_training = False
    _tracker: Any = None
    _compiled_loss: Any = None
    _head: Any = None
    _train_batches: Iterator[Any] | None = None
    _order: np.ndarray | None = None
    _taken = 0
    _pace: threads.Pace | threads.Steady

    def compile(
        self,
        optimizer: Any = "sgd",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
        *,
        fused: bool = True,
        nonfinite: str = "warn",
    ) -> None:
        """Says how to train.

        Args:
            optimizer, loss, metrics, weighted_metrics: names, configs or objects, as in Keras.
            run_eagerly, steps_per_execution, jit_compile, auto_scale_loss: taken for Keras's sake; no effect.
            fused: False takes the loss and the last activation back one by one, through softmax's whole
                Jacobian, instead of both at once.
            nonfinite: what ``fit`` does about NaN or infinity in x: "warn", "raise" or "ignore".

        Differs from Keras: the default optimizer is "sgd" (Keras: "rmsprop"); ``loss_weights`` is refused, since
        there is one output.
        """
        if loss_weights is not None:
            raise ValueError("`loss_weights` needs several outputs; a Sequential has one.")
        if nonfinite not in ("warn", "raise", "ignore"):
            raise ValueError(f"`nonfinite` must be 'warn', 'raise' or 'ignore'. Received: {nonfinite!r}")
        self.optimizer = optimizers.get(optimizer)
        self.loss = loss
        self._compiled_loss = losses.get_loss(loss) if loss is not None else None
        self._compile_arguments = {"metrics": metrics, "weighted_metrics": weighted_metrics}
        self._fused, self._nonfinite = fused, nonfinite
        self._tracker = Tracker(metrics, weighted_metrics, self.dtype)
        self._head = None
        self._reusable = Workspace()
        self._train_batches = None
        self.stop_training = False
        random.on_compile(self)

    @property
    def compiled(self) -> bool:
        """Whether ``compile`` was called."""
        return self._tracker is not None

    @property
    def metrics_names(self) -> list[str]:
        """ "loss", then the metrics."""
        return self._tracker.names if self.compiled else []

    @property
    def metrics(self) -> list[Any]:
        """The running metrics: the mean loss, then the compiled ones, once a batch was seen."""
        return self._tracker.metrics if self.compiled else []

    # One step.

    def train_step(self, x: np.ndarray, y: Any, sample_weight: Any = None) -> None:
        """Equations (1) to (4) on one batch in the model's dtype, then the running metrics."""
        trained = self._trained
        with self._reusable:
            loss, y_pred = self._head.forward(self, x, y, sample_weight, training=True, record=True)  # (1), (2)
            self._head.backward(self)  # (3)
            loss = loss + self._regularization(add_gradients=True)
            self.optimizer.apply([p.grad for p in trained], trained)  # (4)
            self._tracker.update(loss, y, y_pred, sample_weight, len(x))

    def test_step(self, x: np.ndarray, y: Any, sample_weight: Any = None) -> None:
        """Equations (1) and (2) on one batch, then the running metrics."""
        with self._reusable:
            loss, y_pred = self._head.forward(self, x, y, sample_weight, training=False, record=False)
            self._tracker.update(loss + self._regularization(), y, y_pred, sample_weight, len(x))

    def _regularization(self, add_gradients: bool = False) -> float:
        """R(θ), the sum over the trained parameters that have a regularizer; its gradient on request."""
        total = 0.0
        for p in self._regularized:
            total += float(p.regularizer(p.value))
            if add_gradients:
                p.regularizer.add_gradient(p.value, p.grad)
        return total

    @property
    def losses(self) -> list[float]:
        """What each regularizer adds to the loss at the present weights."""
        regularized = [p for p in self.trainable_weights if p.regularizer is not None]
        return [float(p.regularizer(p.value)) for p in regularized]

    def _prepare(self, x: Any, training: bool = False) -> None:
        """What holds for a whole run: built layers, the loss head, the trained parameters."""
        if not self.compiled:
            raise NotCompiledError("You must call `compile()` before using the model.")
        if self._compiled_loss is None:
            raise ValueError("No loss to compute. Provide a `loss` argument in `compile()`.")
        if x is not None:
            self._ensure_built(np.shape(x))
        layers = self._layers
        self._trained = tuple(self.trainable_weights)
        self._regularized = [p for p in self._trained if p.regularizer is not None]
        lowest = next((layer for layer in layers if layer.trainable_weights), None)
        for layer in (self, *layers):
            layer.borrow(self._reusable, gives_dx=layer is not lowest)
        self._head = Head.resolve(layers[-1], self._compiled_loss, fused=self._fused)
        if training and not self.optimizer.built:
            self.optimizer.build(self._trained)

    # Gradients for users.

    def compute_gradients(
        self, x: Any, y: Any, sample_weight: Any = None, training: bool = False
    ) -> tuple[float, dict[str, np.ndarray]]:
        """The loss and its gradients; the weights stay as they are.

        Args:
            x, y, sample_weight: one batch.
            training: whether Dropout drops; False gives the gradients of the model that predicts.

        Returns:
            loss, and a dictionary from each trained parameter's path to a new array of its shape.
        """
        x = self._cast(x)
        y, sample_weight = self._targets(x, y, sample_weight)
        loss, _ = self._head.forward(self, x, y, sample_weight, training=training, record=True)
        self._head.backward(self)
        loss = loss + self._regularization(add_gradients=True)
        return float(loss), {p.path: p.grad.copy() for p in self._trained}

    def trace(self, x: Any, y: Any, sample_weight: Any = None, apply: bool = False) -> Any:
        """One training step on one batch, with every number written down: a :class:`~minikeras.tracing.Trace`.

        Args:
            apply: True leaves the model at the step's new weights; False puts everything back.
        """
        from ..tracing import trace_step

        return trace_step(self, x, y, sample_weight, apply)

    def _targets(self, x: np.ndarray, y: Any, sample_weight: Any) -> tuple[Any, Any]:
        self._prepare(x)
        batch = data.Arrays(x, y, sample_weight, len(x) or 1, self.dtype)
        self._check_labels(batch)
        weights = batch.sample_weight
        return batch.y, None if weights is None else weights.astype(self.dtype)

    def _largest_product(self, batches: Any) -> int:
        """Floating-point operations of the largest matrix product of a step: 2 N D K."""
        return 2 * getattr(batches, "batch_size", 32) * max((p.value.size for p in self.weights), default=0)

    def _check_labels(self, batches: data.Arrays | data.Batches) -> None:
        if isinstance(batches, data.Arrays):
            if batches.y is None:
                raise ValueError("The loss needs targets: y is missing.")
            self._compiled_loss.check(batches.y, self._output_shape(len(batches.y)))

    def _output_shape(self, rows: int) -> Shape:
        return (rows, *self.compute_output_shape(self._build_shape or ())[1:])

    def _check_batch(self, batches: data.Arrays | data.Batches, batch: data.Batch) -> None:
        """Looks at the labels of a batch that came on its own; whole arrays were looked at before."""
        if isinstance(batches, data.Batches):
            x, y, _ = batch
            if y is None:
                raise ValueError("The loss needs targets: y is missing.")
            self._compiled_loss.check(y, self._output_shape(len(x)))

    # fit, evaluate, predict.

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
            operations, seeded = self._largest_product(batches), random.seed() is not None
            with interrupts.between_steps() as interrupted, threads.suited_to(operations, seeded) as self._pace:
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
            for layer in self._layers:
                layer._frames.clear()
        listeners.on_train_end(logs)
        return self.history

    history: History

    def _train_epoch(
        self,
        batches: Any,
        shuffle: bool,
        steps: int | None,
        listeners: CallbackList,
        interrupted: threading.Event,
    ) -> None:
        start, self._start = self._start, data.Start()
        for step, batch in enumerate(self._batches(batches, shuffle, steps, start), start.step):
            self._check_batch(batches, batch)
            if listeners.wants_batches:
                listeners.on_train_batch_begin(step)
            with self._pace:
                self.train_step(*batch)
            if interrupted.is_set():
                raise KeyboardInterrupt
            if listeners.wants_batches:
                listeners.on_train_batch_end(step, self._tracker.results)
            if self.stop_training:
                break

    def _batches(self, batches: Any, shuffle: bool, steps: int | None, start: data.Start) -> Iterator[data.Batch]:
        """One epoch: all batches, or the next ``steps`` ones, going on where the last epoch stopped."""
        if self._train_batches is None:
            self._order = start.order
            if self._order is None and shuffle and isinstance(batches, data.Arrays):
                self._order = random.order(len(batches.x), self)
            self._train_batches = itertools.islice(batches.epoch(self._reusable, self._order), start.taken, None)
            self._taken = start.taken
        for _ in itertools.count() if steps is None else range(steps - start.step):
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
            self._taken += 1
            yield batch
        if self._taken == batches.steps:
            self._train_batches = None

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
        with threads.suited_to(self._largest_product(batches)):
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

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One step on one batch; returns that batch's loss and metrics.

        Differs from Keras: Keras 3.15 returns running means over all calls.
        """
        self._require_compiled()
        if class_weight is not None:
            sample_weight = data.class_weighted(y, class_weight, sample_weight, self.dtype)
        x = self._cast(x)
        y, sample_weight = self._targets(x, y, sample_weight)
        self._prepare(x, training=True)
        random.on_build(self)
        self._tracker.reset()
        self.train_step(x, y, sample_weight)
        scores = self._tracker.results()
        return scores if return_dict else self._tracker.as_list(scores)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Loss and metrics of one batch; no weight changes."""
        self._require_compiled()
        x = self._cast(x)
        y, sample_weight = self._targets(x, y, sample_weight)
        self._tracker.reset()
        self.test_step(x, y, sample_weight)
        scores = self._tracker.results()
        return scores if return_dict else self._tracker.as_list(scores)

    def predict_on_batch(self, x: Any) -> np.ndarray:
        """The model's output for one batch."""
        return np.array(self(x))

    def _require_compiled(self) -> None:
        if not self.compiled:
            raise NotCompiledError("You must call `compile()` before using the model.")


def _validation_size(x: Any, y: Any, batch_size: int | None) -> int | None:
    return batch_size if y is not None or hasattr(x, "__array__") else None
