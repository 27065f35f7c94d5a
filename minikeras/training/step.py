"""compile, and one step on one batch.

With L the loss, θ the trained parameters and η the learning rate::

    (1)  y = f(x; θ)                          every layer forward
    (2)  L = Σₙ w[n] · ℓ(t[n], y[n]) + R(θ)   the loss head; w[n] = 1/N unless there are sample weights
    (3)  ∂L/∂θ                                every layer backward
    (4)  θ ← θ − η ∂L/∂θ                      the optimizer
"""

import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from .. import losses, optimizers, random, threads
from ..calls import Pass
from ..errors import NotCompiledError
from ..layers.base import Layer
from ..layers.within import kept
from ..workspace import Workspace
from . import data
from .class_weight import class_weighted
from .head import Head, last_layer
from .tracking import Tracker


class Lock:
    """A lock that its own thread may take again; a copy of it, or of a model that has one, is a new lock."""

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def __reduce__(self) -> Any:
        return (Lock, ())


def gradient_of(p: Any, over: Pass) -> np.ndarray:
    """A copy of a parameter's gradient; zeros if the pass never met the parameter."""
    return p.grad.copy() if p in over.seen else np.zeros_like(p.value)


class TrainStep(Layer):
    """The part of a model that knows its loss, its optimizer and its metrics, and what one batch does to them."""

    _build_for: Any
    _output_shape: Any
    _with_input_rank: Any
    optimizer: Any = None
    loss: Any = None
    _tracker: Any = None
    _compiled_loss: Any = None
    _head: Any = None
    _fitting = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        #: Held while weights or running metrics change: other threads that use the model meanwhile wait for it.
        self.lock = Lock()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self.lock:
            return super().__call__(*args, **kwargs)

    def compile(
        self,
        optimizer: Any = "rmsprop",
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
            run_eagerly: True lets the layers take every step of ``fit``, for who watches them at work; otherwise
                compiled code may repeat what they do, to the same bytes after ``set_random_seed``.
            steps_per_execution, jit_compile, auto_scale_loss: taken for Keras's sake; no effect.
            fused: False takes the loss and the last activation back one by one, through softmax's whole
                Jacobian, instead of both at once.
            nonfinite: what ``fit`` does about NaN or infinity in x: "warn", "raise" or "ignore".

        Differs from Keras: ``loss_weights`` is refused, since there is one output.
        """
        if loss_weights is not None:
            raise ValueError("`loss_weights` needs several outputs; a Sequential has one.")
        if nonfinite not in ("warn", "raise", "ignore"):
            raise ValueError(f"`nonfinite` must be 'warn', 'raise' or 'ignore'. Received: {nonfinite!r}")
        self.optimizer = optimizers.get(optimizer)
        self.loss = loss
        self._compiled_loss = losses.get_loss(loss) if loss is not None else None
        self._compile_arguments = {"metrics": metrics, "weighted_metrics": weighted_metrics}
        self._fused, self._nonfinite, self._run_eagerly = fused, nonfinite, run_eagerly
        self._tracker = Tracker(metrics, weighted_metrics, self.dtype)
        self._head = None
        self._reusable = Workspace()
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
        trained, over = self._trained, Pass(record=True, workspace=self._reusable)
        with self.lock:
            loss, y_pred = self._head.forward(self, x, y, sample_weight, True, over)  # (1), (2)
            self._head.backward()  # (3)
            loss = loss + self._regularization(over)
            self.optimizer.step(trained, over.seen)  # (4)
            self._tracker.update(loss, y, y_pred, sample_weight, len(x))

    def test_step(self, x: np.ndarray, y: Any, sample_weight: Any = None) -> None:
        """Equations (1) and (2) on one batch, then the running metrics."""
        with self.lock:
            loss, y_pred = self._head.forward(self, x, y, sample_weight, False, Pass(workspace=self._reusable))
            self._tracker.update(loss + self._regularization(), y, y_pred, sample_weight, len(x))

    def _regularization(self, over: Pass | None = None) -> float:
        """R(θ), the sum over the trained parameters that have a regularizer; adds its gradient in a recorded pass."""
        total = 0.0
        for p in self._regularized:
            total += float(p.regularizer(p.value))
            if over is not None:
                if p not in over.seen:
                    over.add_gradient(p, np.zeros_like(p.value))
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
            self._build_for(x)
        self._trained = tuple(self.trainable_weights)
        self._regularized = [p for p in self._trained if p.regularizer is not None]
        self._head = Head.resolve(last_layer(self), self._compiled_loss, fused=self._fused)
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
        over = Pass(record=True)
        with self.lock, kept(self), threads.blas_threads(self._largest_product(len(x))):
            loss, _ = self._head.forward(self, x, y, sample_weight, training, over)
            self._head.backward()
            loss = loss + self._regularization(over)
            return float(loss), {p.path: gradient_of(p, over) for p in self._trained}

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

    def _largest_product(self, rows: int) -> int:
        """Floating-point operations of the largest matrix product of a step: 2 N D K."""
        return 2 * rows * max((p.value.size for p in self.weights), default=0)

    def _check_labels(self, batches: data.Arrays | data.Batches) -> None:
        if isinstance(batches, data.Arrays):
            if batches.y is None:
                raise ValueError("The loss needs targets: y is missing.")
            self._compiled_loss.check(batches.y, self._output_shape(len(batches.y)))

    def _check_batch(self, batches: data.Arrays | data.Batches, batch: data.Batch) -> None:
        """Looks at the labels of a batch that came on its own; whole arrays were looked at before."""
        if isinstance(batches, data.Batches):
            x, y, _ = batch
            if y is None:
                raise ValueError("The loss needs targets: y is missing.")
            self._compiled_loss.check(y, self._output_shape(len(x)))

    # On one batch.

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
            targets = getattr(self._compiled_loss, "targets", "same")
            sample_weight = class_weighted(y, class_weight, sample_weight, self.dtype, targets)
        x = self._cast(x)
        y, sample_weight = self._targets(x, y, sample_weight)
        self._prepare(x, training=True)
        random.on_build(self)
        with self._own_metrics(), threads.blas_threads(self._largest_product(len(x))):
            self._tracker.reset()
            self.train_step(x, y, sample_weight)
            scores = self._tracker.results()
        return scores if return_dict else self._tracker.as_list(scores)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Loss and metrics of one batch; no weight changes."""
        self._require_compiled()
        x = self._cast(x)
        y, sample_weight = self._targets(x, y, sample_weight)
        with self._own_metrics(), threads.blas_threads(self._largest_product(len(x))):
            self._tracker.reset()
            self.test_step(x, y, sample_weight)
            scores = self._tracker.results()
        return scores if return_dict else self._tracker.as_list(scores)

    def predict_on_batch(self, x: Any) -> np.ndarray:
        """The model's output for one batch."""
        return np.array(self(x))

    def _own_metrics(self) -> AbstractContextManager[None]:
        """During ``fit``, a context that puts the epoch's running metrics back when it ends."""
        return self._tracker.aside() if self._fitting else nullcontext()

    def _require_compiled(self) -> None:
        if not self.compiled:
            raise NotCompiledError("You must call `compile()` before using the model.")
