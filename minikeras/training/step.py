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
from ..layers.base import Layer, NotInitialized
from ..layers.shapes import is_shape
from ..layers.within import State, kept
from ..regularizers import add_gradient
from ..structures import flat, mapped
from ..workspace import Workspace
from . import data
from .class_weight import class_weighted
from .custom import Steps
from .head import Head, makers, mask_of
from .heads import Heads, Outputs, check_labels, flat_shapes, losses_of
from .tracking import Tracker


class Lock(type(threading.RLock())):  # type: ignore[misc]
    """A lock that its own thread may take again; a copy of it, or of a model that has one, is a new lock."""

    def __reduce__(self) -> Any:
        return (Lock, ())


def _structure_of(shapes: Any) -> Any:
    """A structure of shapes with 0 in place of every shape."""
    if is_shape(shapes):
        return 0
    if isinstance(shapes, dict):
        return {key: _structure_of(shape) for key, shape in shapes.items()}
    return [_structure_of(shape) for shape in shapes]


def gradient_of(p: Any, over: Pass) -> np.ndarray:
    """A copy of a parameter's gradient; zeros if the pass never met the parameter."""
    return p.grad.copy() if p in over.seen else np.zeros_like(p.value)


class TrainStep(Steps, Layer):
    """The part of a model that knows its loss, its optimizer and its metrics, and what one batch does to them."""

    of_a_run = frozenset({"_trained", "_regularized", "_compile_arguments", "_reusable"})
    _build_for: Any
    _graph: Any
    _spec: Any
    _has_call: Any
    maker_of: Any
    output_names: Any
    outputs: Any
    _output_shape: Any
    _with_input_rank: Any
    optimizer: Any = None
    loss: Any = None
    _tracker: Any = None
    _compiled_loss: Any = None
    _head: Any = None
    _fitting = False
    _trained: Any = ()
    _state: Any = None
    lock: Any = NotInitialized()

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
            optimizer, loss, metrics, weighted_metrics: names, configs or objects, as in Keras; for several outputs,
                lists or dictionaries by the outputs' names.
            loss_weights: factors of the losses, in the same way.
            run_eagerly: True lets the layers take every step of ``fit``, so that their code can be followed; otherwise
                compiled code may repeat what they do, to the same bytes after ``set_random_seed``.
            steps_per_execution: callbacks hear of every so many batches only; the steps are the same.
            jit_compile, auto_scale_loss: taken for Keras's sake; no effect.
            fused: False takes the loss and the last activation back one by one, through softmax's whole
                Jacobian, instead of both at once.
            nonfinite: what ``fit`` does about NaN or infinity in x: "warn", "raise" or "ignore".
        """
        if nonfinite not in ("warn", "raise", "ignore"):
            raise ValueError(f"`nonfinite` must be 'warn', 'raise' or 'ignore'. Received: {nonfinite!r}")
        if not isinstance(steps_per_execution, int) or steps_per_execution < 1:
            raise ValueError(f"`steps_per_execution` must be a positive integer. Received: {steps_per_execution!r}")
        self.optimizer = optimizers.get(optimizer)
        self.loss = loss
        single = loss is not None and (not isinstance(loss, list | tuple | dict) or "class_name" in loss)
        self._compiled_loss = losses.get_loss(loss) if single else None
        self._compile_arguments = {
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "loss_weights": loss_weights,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        self.run_eagerly, self.steps_per_execution = run_eagerly, steps_per_execution
        self._fused, self._nonfinite, self._run_eagerly = fused, nonfinite, run_eagerly
        self._tracker = Tracker(metrics, weighted_metrics, self.dtype)
        self._head = None
        self._reusable = Workspace()
        random.on_compile(self)

    @property
    def metrics_names(self) -> list[str]:
        """ "loss", then the metrics."""
        return self._tracker.names if self.compiled else []

    # One step.

    def _take_step(self, x: Any, y: Any, sample_weight: Any = None) -> None:
        """Equations (1) to (4) on one batch in the model's dtype, then the running metrics."""
        trained, over = self._trained, Pass(record=True, workspace=self._reusable)
        with self.lock:
            self._state.note()
            try:
                loss, y_pred = self._head.forward(self, x, y, sample_weight, True, over)  # (1), (2)
                self._head.backward()  # (3)
                loss = loss + self._regularization(over)
            except BaseException:
                self._state.put_back()  # a step that fails leaves nothing behind
                raise
            self.optimizer.step(trained, over.seen)  # (4)
            self._note(loss, x, y, y_pred, sample_weight)

    def _test(self, x: Any, y: Any, sample_weight: Any = None) -> None:
        """Equations (1) and (2) on one batch, then the running metrics."""
        with self.lock:
            over = Pass(workspace=self._reusable)
            loss, y_pred = self._head.forward(self, x, y, sample_weight, False, over)
            self._note(loss + self._regularization(over), x, y, y_pred, sample_weight)

    def _note(self, loss: Any, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> None:
        """Adds one batch to the running loss and metrics."""
        head = self._head
        if not isinstance(head, Heads):
            masks = (mask_of(head.over, head.outputs),) if head.over.masks else (None,)
            self._tracker.update(loss, y, y_pred, sample_weight, len(flat(x)[0]), masks)
            return
        targets, weights, made = head.outputs.each(y, "y", head.needed), head.weights(sample_weight), flat(y_pred)
        masks = tuple(mask_of(head.over, a) for a in flat(head.outputs_given))
        if head.outputs.n == 1:
            targets, weights, made = targets[0], weights[0], made[0]
        self._tracker.update(loss, targets, made, weights, len(flat(x)[0]), masks, head.values)

    def _regularization(self, over: Pass | None = None) -> float:
        """What layers added in a pass, and R(θ), the sum over the trained parameters that have a regularizer.

        Adds the gradient of R in a recorded pass.
        """
        total = 0.0 if over is None else sum(float(np.sum(loss)) for loss in over.losses)
        for p in self._regularized:
            total += float(p.regularizer(p.value))
            if over is not None and over.record:
                if p not in over.seen:
                    over.add_gradient(p, np.zeros_like(p.value))
                add_gradient(p.regularizer, p.value, p.grad)
        return total

    def _prepare(self, x: Any, training: bool = False) -> None:
        """What holds for a whole run: built layers, the loss head, the trained parameters."""
        if not self.compiled:
            raise NotCompiledError("You must call `compile()` before using the model.")
        custom = self._is_custom("train_step" if training else "test_step")
        if x is not None and (self._has_call or not custom):
            self._build_for(x)
        trained = tuple(self.trainable_weights)
        if training and (self._state is None or trained != self._trained):
            self._state = State(self)
        self._trained = trained
        self._regularized = [p for p in trained if p.regularizer is not None]
        if custom:
            self._head = Heads([], Outputs(0), [])
            return
        self._head = self._resolved_head()
        if training and not self.optimizer.built:
            self.optimizer.build(self._trained)

    def _resolved_head(self) -> Any:
        weights = self._compile_arguments["loss_weights"]
        if self._graph is None and self._spec is None:  # not built: an error of its own says so
            shapes: Any = [(0,)]
        else:
            shapes = self._output_shape(0)
        outputs = Outputs(_structure_of(shapes), self.output_names if self._graph is not None else None)
        if outputs.n == 1 and weights is None and self._compiled_loss is not None:
            self._tracker.expect(Outputs(0), [])
            return Head.resolve(makers(self, 1)[0], self._compiled_loss, fused=self._fused)
        parts = losses_of(self.loss, weights, outputs)
        self._tracker.expect(outputs, parts)
        return Heads(parts, outputs, makers(self, outputs.n), self._fused)

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
        x, y, sample_weight = self._batch_of(x, y, sample_weight)
        over = Pass(record=True)
        with self.lock, kept(self), threads.blas_threads(self._largest_product(len(flat(x)[0]))):
            loss, _ = self._head.forward(self, x, y, sample_weight, training, over)
            self._head.backward()
            loss = loss + self._regularization(over)
            return float(loss), {p.path: gradient_of(p, over) for p in self._trained}

    def _batch_of(self, x: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
        """One batch that a user gave, in the model's dtype, its labels checked."""
        if data.is_structure(x) or data.is_structure(y) or data.is_structure(sample_weight):
            batch = data.Arrays(x, y, sample_weight, None, self.dtype)
            self._prepare(batch.x)
            self._check_labels(batch)
            return batch.batch(slice(None), Workspace())
        x = self._cast(x)
        return (x, *self._targets(x, y, sample_weight))

    def _targets(self, x: Any, y: Any, sample_weight: Any) -> tuple[Any, Any]:
        self._prepare(x)
        batch = data.Arrays(x, y, sample_weight, None, self.dtype)
        self._check_labels(batch)
        _, y, sample_weight = batch.batch(slice(None), Workspace())
        return y, sample_weight

    def _largest_product(self, rows: int) -> int:
        """Floating-point operations of the largest matrix product of a step, 2 N D K; rows of a table are only read."""
        return 2 * rows * max((p.value.size for p in self.weights if p.name != "embeddings"), default=0)

    def _check_labels(self, batches: data.Arrays | data.Batches) -> None:
        if isinstance(batches, data.Arrays):
            self._check_targets(batches.y, batches.rows)

    def _check_targets(self, y: Any, rows: int) -> None:
        if isinstance(self._head, Heads):
            if self._head.parts:
                self._head.check(y, self._output_shape(rows))
            return
        if y is None:
            raise ValueError("The loss needs targets: y is missing.")
        y = flat(y)[0] if data.is_structure(y) else y
        check_labels(self._compiled_loss, y, flat_shapes(self._output_shape(rows))[0])

    def _check_batch(self, batches: data.Arrays | data.Batches, batch: data.Batch) -> None:
        """Looks at the labels of a batch that came on its own; whole arrays were looked at before."""
        if isinstance(batches, data.Batches):
            self._check_targets(batch[1], len(flat(batch[0])[0]))

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
        batch = self._batch_of(x, y, sample_weight)
        self._prepare(batch[0], training=True)
        random.on_build(self)
        with self._own_metrics(), threads.blas_threads(self._largest_product(len(flat(batch[0])[0]))):
            self.reset_metrics()
            scores = self._logs_of("train_step", batch)
        return scores if return_dict else self._in_order(scores)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Loss and metrics of one batch; no weight changes."""
        self._require_compiled()
        batch = self._batch_of(x, y, sample_weight)
        with self._own_metrics(), threads.blas_threads(self._largest_product(len(flat(batch[0])[0]))):
            self.reset_metrics()
            scores = self._logs_of("test_step", batch)
        return scores if return_dict else self._in_order(scores)

    def predict_on_batch(self, x: Any) -> Any:
        """The model's output for one batch."""
        return mapped(np.array, self.predict_step((x,)) if self._is_custom("predict_step") else self(x, training=False))

    def _own_metrics(self) -> AbstractContextManager[None]:
        """During ``fit``, a context that puts the epoch's running metrics back when it ends."""
        return self._tracker.aside() if self._fitting else nullcontext()

    def _require_compiled(self) -> None:
        if not self.compiled:
            raise NotCompiledError("You must call `compile()` before using the model.")
