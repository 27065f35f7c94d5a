"""The bug zoo: classic mistakes of backpropagation, each of which can be switched on for a while.

>>> from minikeras import Sequential, layers
>>> model = Sequential([layers.Dense(2, activation="softmax", input_shape=(3,))])
>>> model.compile("sgd", "sparse_categorical_crossentropy")
>>> x, y = np.eye(3), [0, 1, 1]
>>> _, right = model.compute_gradients(x, y)
>>> with mutant("sign"):
...     _, wrong = model.compute_gradients(x, y)
>>> all((wrong[path] == -right[path]).all() for path in right)
True
>>> print(MUTANTS["sign"].what)
The gradient has the wrong sign, so that a step climbs.

The engine's own files know nothing of this: a mutant replaces a few methods while a ``with`` block lasts, for the
whole process, so no other thread should train meanwhile.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import activations
from ..errors import nearest
from ..layers import Dense, Dropout
from ..optimizers import Optimizer
from ..training.head import Fused, Head
from ..training.trainer import Trainer
from .precision import in_dtype
from .result import norm_relative
from .subjects import Arrays, step_gradients

Patch = tuple[Any, str, Callable[..., Any]]

_ReLU = type(activations.relu)
_AlongAxis = type(activations.softmax)
_Plain = activations.Activation


@dataclass(frozen=True)
class Mutant:
    """One mistake.

    Attributes:
        name: what it is called.
        what: what the mistake is, in a sentence.
        seen: where it has been seen, in a sentence.
        patches: a function that gives (class, method, wrong method), made anew for each use.
    """

    name: str
    what: str
    seen: str
    patches: Callable[[], list[Patch]]


MUTANTS: dict[str, Mutant] = {}
"""Every mutant by name."""


def _mutant(what: str, seen: str) -> Callable[[Callable[[], list[Patch]]], Callable[[], list[Patch]]]:
    def add(patches: Callable[[], list[Patch]]) -> Callable[[], list[Patch]]:
        MUTANTS[patches.__name__] = Mutant(patches.__name__, what, seen, patches)
        return patches

    return add


@contextmanager
def mutant(name: str) -> Iterator[Mutant]:
    """The engine with one mistake, as long as the ``with`` block lasts.

    Raises:
        ValueError: for a name that is not in :data:`MUTANTS`.
    """
    if name not in MUTANTS:
        raise ValueError(f"No mutant {name!r}; there are {list(MUTANTS)}.{nearest(name, MUTANTS)}")
    with ExitStack() as stack:
        for owner, method, wrong in MUTANTS[name].patches():
            if method in vars(owner):
                stack.callback(setattr, owner, method, vars(owner)[method])
            else:
                stack.callback(delattr, owner, method)
            setattr(owner, method, wrong)
        yield MUTANTS[name]


def gradients_of(name: str | None, model: Any, x: Any, y: Any, sample_weight: Any = None) -> list[Arrays]:
    """What a mutant makes of a model's gradients, in float64: of a training step, and of ``compute_gradients``.

    Args:
        name: None for the right engine.
    """
    with ExitStack() as stack:
        if name is not None:
            stack.enter_context(mutant(name))
        stack.enter_context(np.errstate(all="ignore"))
        with in_dtype(model, "float64"):
            model.compute_gradients(x, y, sample_weight)
            computed = model.compute_gradients(x, y, sample_weight)[1]
            rate = float(model.optimizer.learning_rate) or 0.01
            taken = step_gradients(model, x, y, sample_weight, rate=rate)
    return [taken, computed]


def gradient_error(name: str | None, model: Any, x: Any, y: Any, sample_weight: Any = None) -> float:
    """The largest norm-relative error of any tensor that a mutant makes in a training step on one batch."""
    return largest_error(gradients_of(name, model, x, y, sample_weight), gradients_of(None, model, x, y, sample_weight))


def largest_error(wrong: list[Arrays], right: list[Arrays]) -> float:
    """The largest norm-relative error of any tensor in what :func:`gradients_of` gave."""
    return max(norm_relative(g[path], right[-1][path]) for g in wrong for path in g)


# At the loss head: the gradient as it enters the network.


def _at_head(change: Callable[..., Any]) -> list[Patch]:
    """Changes the gradient that a head has kept: change(head, gradient, x, y, y_pred)."""

    def around(forward: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(self: Any, model: Any, x: Any, y: Any, *args: Any, **kwargs: Any) -> Any:
            loss, y_pred = forward(self, model, x, y, *args, **kwargs)
            if self._gradient is not None:
                self._gradient = change(self, self._gradient, x, y, y_pred)
            return loss, y_pred

        return wrong

    return [(head, "forward", around(head.forward)) for head in (Head, Fused)]


@_mutant(
    "The gradient is divided by the batch size twice, once in the loss and once more in the layer or the update.",
    "Means of means are in Open-Deep-ML#54 and deeplearning4j#366; the net trains, if slowly.",
)
def divided_twice() -> list[Patch]:
    return _at_head(lambda head, g, x, y, p: g / len(x))


@_mutant(
    "The loss is a mean over the batch, and its gradient a sum.",
    "A mean and a sum are mixed up in d2l-en#1000, a textbook; it looks like a learning rate N times too large.",
)
def mean_forgotten() -> list[Patch]:
    return _at_head(lambda head, g, x, y, p: g * len(x))


@_mutant(
    "The gradient is divided by 32 whatever the batch size, so that only a short last batch is wrong.",
    "A constant in the place of len(x); tf#38596 reports a short last batch that weighs wrongly in TensorFlow 2.2.",
)
def fixed_32() -> list[Patch]:
    return _at_head(lambda head, g, x, y, p: g * (len(x) / 32))


@_mutant(
    "The gradient has the wrong sign, so that a step climbs.",
    "cs231n.github.io#244; y − p in the place of p − y, with an update that subtracts.",
)
def sign() -> list[Patch]:
    return _at_head(lambda head, g, x, y, p: -g)


@_mutant(
    "A loop over the batch ends one row early, and the last row gives no gradient.",
    "An off-by-one as old as loops; on a large batch one row in N is all that is missing.",
)
def last_row_skipped() -> list[Patch]:
    def skip(head: Any, g: np.ndarray, x: Any, y: Any, p: Any) -> np.ndarray:
        g = g.copy()
        g[-1] = 0
        return g

    return _at_head(skip)


@_mutant(
    "The top delta is the probability p where it should be p − y: the label's 1 is never taken away.",
    "A line lost between the forward pass, which needs p, and the backward pass, which needs p − y.",
)
def p_instead_of_p_minus_y() -> list[Patch]:
    def without_label(head: Any, g: np.ndarray, x: Any, y: Any, y_pred: np.ndarray) -> np.ndarray:
        if not head.fused:
            return g
        p = y_pred
        if head._gives_logits:
            p = activations.softmax(p) if head._kernel.startswith("softmax") else activations.sigmoid(p)
        w = head.last_weights[..., None]
        return p * (w if head._kernel.startswith("softmax") else w / p.shape[-1])

    return _at_head(without_label)


@_mutant(
    "Softmax's derivative is taken to be p (1 − p), the diagonal of its Jacobian alone.",
    "pjreddie/darknet#96, wkcn/mobula#3 and ML-From-Scratch#71; only the label's logit is ever pushed.",
)
def softmax_diagonal() -> list[Patch]:
    def only_the_label(head: Any, g: np.ndarray, x: Any, y: Any, p: Any) -> np.ndarray:
        return np.minimum(g, 0) if head.fused and head._kernel.startswith("softmax") else g

    right = _AlongAxis.backward

    def diagonal(self: Any, dy: Any, z: Any, y: Any, dz: Any, axis: Any = -1) -> None:
        if self.__name__ == "softmax":
            dz[...] = y * (1 - y) * dy
        else:
            right(self, dy, z, y, dz, axis)

    return [*_at_head(only_the_label), (_AlongAxis, "backward", diagonal)]


@_mutant(
    "Sample weights count in the loss, and not in its gradient.",
    "Weights that reach only the number on the screen; keras#19740 shows in how many ways a loss can be weighted.",
)
def sample_weights_ignored() -> list[Patch]:
    def around(forward: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(
            self: Any, model: Any, x: Any, y: Any, sample_weight: Any = None, training: bool = False,
            record: bool = False,
        ) -> Any:  # fmt: skip
            result = forward(self, model, x, y, sample_weight, training, record)
            if sample_weight is not None and record:
                forward(self, model, x, y, None, training, record)
            return result

        return wrong

    return [(head, "forward", around(head.forward)) for head in (Head, Fused)]


# In a layer.


def _in_dense(change: Callable[[Any, dict[str, Any], np.ndarray], Any]) -> list[Patch]:
    """Replaces equations (5) and (6) of Dense; the bias's gradient is there already."""
    return [(Dense, "_backward_product", change)]


@_mutant(
    "The bias's gradient is a mean over the rows where it should be a sum, the 1/N being in the delta already.",
    "kvfrans/notes#5, found by a comparison with JAX; the biases learn N times too slowly.",
)
def bias_averaged() -> list[Patch]:
    right = Dense._backward_product

    def wrong(self: Any, frame: Any, dz: np.ndarray) -> Any:
        if self.bias is not None:
            self.bias.grad[...] /= len(dz)
        return right(self, frame, dz)

    return _in_dense(wrong)


@_mutant(
    "The bias's gradient is summed over the units too, one number for all: np.sum(dz) without axis=0.",
    "A line of many notebooks that do MNIST from scratch, db = np.sum(dZ) / m; a top bias then never learns.",
)
def bias_summed_over_units() -> list[Patch]:
    right = Dense._backward_product

    def wrong(self: Any, frame: Any, dz: np.ndarray) -> Any:
        if self.bias is not None:
            self.bias.grad[...] = dz.sum()
        return right(self, frame, dz)

    return _in_dense(wrong)


@_mutant(
    "The delta is taken down through the kernel as it lies, reshaped, where it should be transposed.",
    "A shape error silenced with reshape; with square kernels not even a shape gives it away.",
)
def kernel_not_transposed() -> list[Patch]:
    right = Dense._backward_product

    def wrong(self: Any, frame: Any, dz: np.ndarray) -> Any:
        dx = right(self, frame, dz)
        w = self.kernel.value
        return None if dx is None else (dz @ w.reshape(w.shape[::-1])).reshape(dx.shape)

    return _in_dense(wrong)


@_mutant(
    "The kernel's gradient is dzᵀ x where it should be xᵀ dz, and reshaped until it fits.",
    "Deriving with column vectors and coding with rows; with as many outputs as inputs no error is raised.",
)
def kernel_gradient_transposed() -> list[Patch]:
    right = Dense._backward_product

    def wrong(self: Any, frame: Any, dz: np.ndarray) -> Any:
        dx = right(self, frame, dz)
        g = self.kernel.grad
        g[...] = g.T.copy().reshape(g.shape)
        return dx

    return _in_dense(wrong)


@_mutant(
    "A layer's weights are updated before the delta below is computed from them.",
    "data-science-from-scratch#31, Toy-Neural-Network-JS#72 and zero_to_gpt#12; a small net hardly notices.",
)
def updated_before_delta() -> list[Patch]:
    right, step, compute = Dense._backward_product, Trainer.train_step, Trainer.compute_gradients
    rate = [0.01]

    def wrong(self: Any, frame: Any, dz: np.ndarray) -> Any:
        w = self.kernel.value
        kept = w.copy()
        w -= w.dtype.type(rate[0]) * (frame["x"].T @ dz)
        try:
            return right(self, frame, dz)
        finally:
            w[...] = kept

    def noting(method: Callable[..., Any]) -> Callable[..., Any]:
        def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
            rate[0] = float(self.optimizer.learning_rate)
            return method(self, *args, **kwargs)

        return noted

    noted = [(Trainer, "train_step", noting(step)), (Trainer, "compute_gradients", noting(compute))]
    return [*_in_dense(wrong), *noted]


def _relu(mask: Callable[[np.ndarray, np.ndarray], Any]) -> list[Patch]:
    """A ReLU that goes back by dz = dy · mask(dy, y)."""

    def wrong(self: Any, dy: Any, z: Any, y: Any, dz: Any, *args: Any, **params: Any) -> None:
        dz[...] = dy * mask(dy, y)

    def wrong_bias(self: Any, dy: Any, z: Any, y: Any, dz: Any, db: Any) -> None:
        dz[...] = dy * mask(dy, y)
        db[...] = dz.sum(axis=0)

    return [(_ReLU, "backward", wrong), (_ReLU, "backward_bias", wrong_bias)]


@_mutant(
    "ReLU's mask is forgotten on the way back, and dead units get a gradient too.",
    "A wrong or missing derivative is in deep-learning-from-scratch#43 and NeuralNetworkFromScratch#3; nets train on.",
)
def relu_mask_forgotten() -> list[Patch]:
    return _relu(lambda dy, y: 1)


@_mutant(
    "ReLU's mask is taken from the delta where it should be taken from z: dz[dz < 0] = 0.",
    "One wrong name in dz[z < 0] = 0, or a ReLU copied from elsewhere as in ocannl#73; no delta is negative again.",
)
def relu_mask_of_delta() -> list[Patch]:
    return _relu(lambda dy, y: dy > 0)


@_mutant(
    "The derivative of a sigmoid or tanh, y (1 − y) or 1 − y², is taken at z where it should be taken at the output y.",
    "A function that expects the output and gets the input; ttezel/nn#8 has a wrong derivative of its sigmoid.",
)
def derivative_at_z() -> list[Patch]:
    right = _Plain.backward

    def wrong(self: Any, dy: Any, z: Any, y: Any, dz: Any) -> None:
        right(self, dy, z, z if self.__name__ in ("sigmoid", "tanh") else y, dz)

    return [(_Plain, "backward", wrong)]


@_mutant(
    "Dropout lets the delta pass everywhere, also where the unit was dropped.",
    "A backward that returns dy because the layer has no weights; dropped units then learn from what they never did.",
)
def dropout_mask_forgotten() -> list[Patch]:
    def wrong(self: Any, dy: np.ndarray) -> np.ndarray:
        self.saved()
        return dy

    return [(Dropout, "backward", wrong)]


# In the training step.


@_mutant(
    "The biases are never updated, their gradient being computed and left lying.",
    "An update loop over the kernels alone; on real digits a net without biases loses next to nothing.",
)
def bias_never_updated() -> list[Patch]:
    right = Optimizer.apply

    def wrong(self: Any, grads: Any, trainable_variables: Any = None) -> None:
        parameters = list(trainable_variables if trainable_variables is not None else self._parameters)
        pairs = zip(grads, parameters, strict=True)
        right(self, [g if p.name != "bias" or g is None else np.zeros_like(g) for g, p in pairs], parameters)

    return [(Optimizer, "apply", wrong)]


@_mutant(
    "Gradients are added to those of the steps before, since nothing sets them to zero.",
    "karpathy/micrograd#102 and nn-zero-to-hero#52: a second backward() adds to the first one's gradients.",
)
def stale_gradients() -> list[Patch]:
    def around(backward: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(self: Any, model: Any) -> Any:
            old = [p.grad.copy() for p in model.trainable_weights]
            dx = backward(self, model)
            for p, g in zip(model.trainable_weights, old, strict=True):
                p.grad[...] += g
            return dx

        return wrong

    return [(head, "backward", around(head.backward)) for head in (Head, Fused)]


@_mutant(
    "The regularizer's gradient is added twice, in the layer and again in the update.",
    "Weight decay in the optimizer beside an L2 penalty in the loss; it looks like a stronger penalty.",
)
def regularizer_twice() -> list[Patch]:
    return _regularized(2)


@_mutant(
    "The regularizer's penalty is in the loss, and its gradient nowhere.",
    "A penalty added to the number that is printed; the weights never hear of it.",
)
def regularizer_forgotten() -> list[Patch]:
    return _regularized(0)


def _regularized(times: int) -> list[Patch]:
    right = Trainer._regularization

    def wrong(self: Any, add_gradients: bool = False) -> float:
        for _ in range(times if add_gradients else 0):
            total = right(self, True)
        return total if add_gradients and times else right(self)

    return [(Trainer, "_regularization", wrong)]
