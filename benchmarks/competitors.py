"""The same training in every library: the same first weights, shuffled rows, batch size, optimizer.

Each class takes a :class:`~benchmarks.work.Task`, has ``set_weights`` and ``get_weights`` in Keras's order and shapes,
and ``epoch``, which returns when the last weight is updated. Libraries are imported where they are used. What the
loops by hand leave out (metrics, callbacks, checks of the input) is to their advantage.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from .floor import Floor, Limit
from .work import CLASSES, Task, Weights


class Fit:
    """``model.fit`` of minikeras or Keras, by the very same lines: the loss, the accuracy, no output."""

    scale = 1.0

    def __init__(self, library: str, task: Task) -> None:
        from parity import specs

        self._batch_size = task.batch_size
        self._x, self._y = task.load()
        optimizer = {"$": f"optimizers.{'Adam' if task.optimizer == 'adam' else 'SGD'}", "learning_rate": task.rate}
        self._model = specs.build(importlib.import_module(library), specs.article(task.hidden, optimizer=optimizer))
        self.set_weights, self.get_weights = self._model.set_weights, self._model.get_weights

    def epoch(self) -> None:
        """One epoch."""
        self._model.fit(self._x, self._y, batch_size=self._batch_size, verbose=0)

    def predict(self, rows: int) -> None:
        """``model.predict`` of the first rows."""
        self._model.predict(self._x[:rows], verbose=0)

    def call(self, rows: int) -> None:
        """``model(x)`` of the first rows, until the numbers are there."""
        y = self._model(self._x[:rows])
        np.asarray(y.detach() if hasattr(y, "detach") else y)


class Torch:
    """PyTorch as its tutorial trains, the rows of a batch picked from a tensor; ``compiled``: through torch.compile."""

    scale = 1.0

    def __init__(self, compiled: bool, task: Task) -> None:
        import torch

        self._torch, self._batch_size = torch, task.batch_size
        x, y = task.load()
        self._x, self._y = torch.from_numpy(x).reshape(len(x), -1).float(), torch.from_numpy(y)
        layers: list[Any] = []
        for d, k in task.kernels:
            layers += [torch.nn.Linear(d, k), torch.nn.ReLU()]
        self._model = torch.nn.Sequential(*layers[:-1])
        optimizer = torch.optim.Adam if task.optimizer == "adam" else torch.optim.SGD
        self._optimizer = optimizer(self._model.parameters(), lr=task.rate)
        loss = lambda x, y: torch.nn.functional.cross_entropy(self._model(x), y)  # noqa: E731
        self._loss: Any = torch.compile(loss, dynamic=False) if compiled else loss

    def set_weights(self, weights: Weights) -> None:
        """Linear keeps its kernel as (K, D)."""
        with self._torch.no_grad():
            for p, w in zip(self._model.parameters(), weights, strict=True):
                p.copy_(self._torch.from_numpy(w.T))

    def get_weights(self) -> Weights:
        """In Keras's shapes."""
        return [p.detach().numpy().T for p in self._model.parameters()]

    def epoch(self) -> None:
        """One epoch."""
        for rows in self._torch.randperm(len(self._x)).split(self._batch_size):
            self._optimizer.zero_grad()
            self._loss(self._x[rows], self._y[rows]).backward()
            self._optimizer.step()


class Jax:
    """JAX by hand: a jitted step called from Python, or (``scan``) the whole epoch as one compiled program."""

    scale = 1.0

    def __init__(self, scan: bool, task: Task) -> None:
        import jax
        from jax import numpy as jnp

        self._jax, self._adam = jax, task.optimizer == "adam"
        images, labels = task.load()
        self._x = jnp.asarray(images.reshape(len(images), -1), "float32")
        self._y = jnp.asarray(labels)
        self._key = jax.random.key(0)

        def loss(weights: Any, x: Any, y: Any) -> Any:
            *below, last = zip(weights[::2], weights[1::2], strict=True)
            for w, b in below:
                x = jax.nn.relu(x @ w + b)
            log_p = jax.nn.log_softmax(x @ last[0] + last[1])
            return -jnp.take_along_axis(log_p, y[:, None], 1).mean()

        def step(state: Any, x: Any, y: Any, rows: Any) -> Any:
            w, m, v, t = state
            value, g = jax.value_and_grad(loss)(w, x[rows], y[rows])
            if not self._adam:
                return ([a - task.rate * b for a, b in zip(w, g, strict=True)], m, v, t), value
            t = t + 1
            m = [a + 0.1 * (b - a) for a, b in zip(m, g, strict=True)]
            v = [a + 0.001 * (b * b - a) for a, b in zip(v, g, strict=True)]
            alpha = task.rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            return ([p - alpha * a / (jnp.sqrt(b) + 1e-7) for p, a, b in zip(w, m, v, strict=True)], m, v, t), value

        full = task.rows // task.batch_size * task.batch_size

        def scanned(state: Any, x: Any, y: Any, order: Any) -> Any:
            batches = order[:full].reshape(-1, task.batch_size)
            state, losses = jax.lax.scan(lambda state, rows: step(state, x, y, rows), state, batches)
            return step(state, x, y, order[full:]) if full < task.rows else (state, losses)

        whole, one = jax.jit(scanned), jax.jit(step, donate_argnums=0)

        def stepped(state: Any, x: Any, y: Any, order: Any) -> Any:
            order = np.asarray(order)  # slices of a JAX array are programs of their own, which cost more than the step
            for start in range(0, len(order), task.batch_size):
                state, value = one(state, x, y, order[start : start + task.batch_size])
            return state, value

        self._run = whole if scan else stepped

    def set_weights(self, weights: Weights) -> None:
        """Onto the device, with the optimizer's state."""
        jnp = self._jax.numpy
        m, v = ([jnp.zeros(w.shape, "float32") for w in weights if self._adam] for _ in range(2))
        self._state = [jnp.array(w) for w in weights], m, v, jnp.float32(0)

    def get_weights(self) -> Weights:
        """Back from it."""
        return [np.asarray(w) for w in self._state[0]]

    def epoch(self) -> None:
        """One epoch."""
        self._key, key = self._jax.random.split(self._key)
        order = self._jax.random.permutation(key, len(self._x))
        self._state, _ = self._jax.block_until_ready(self._run(self._state, self._x, self._y, order))


class ScikitLearn:
    """MLPClassifier without momentum and weight decay; ``partial_fit`` is one epoch."""

    scale = 1.0

    def __init__(self, task: Task) -> None:
        from sklearn.neural_network import MLPClassifier

        x, self._y = task.load()
        self._x = x.reshape(len(x), -1)
        self._model = MLPClassifier(
            task.hidden,
            solver=task.optimizer,
            momentum=0,
            alpha=0,
            batch_size=task.batch_size,
            learning_rate_init=task.rate,
            max_iter=1,
        )
        self._model.partial_fit(self._x[: task.batch_size], self._y[: task.batch_size], classes=np.arange(CLASSES))

    def _arrays(self) -> Weights:
        return [a for pair in zip(self._model.coefs_, self._model.intercepts_, strict=True) for a in pair]

    def set_weights(self, weights: Weights) -> None:
        """In place: its optimizer holds the arrays."""
        for mine, w in zip(self._arrays(), weights, strict=True):
            mine[...] = w

    def get_weights(self) -> Weights:
        """Coefficients and intercepts in turn."""
        return self._arrays()

    def epoch(self) -> None:
        """One epoch."""
        self._model.partial_fit(self._x, self._y)


@dataclass(frozen=True)
class Competitor:
    """Who competes.

    Attributes:
        make: takes the task.
        needs: modules, and programs in $PATH written as "$name".
        environment: what its process starts with.
    """

    make: Callable[[Any], Any]
    needs: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def lacking(self) -> str | None:
        """What is not installed, in words, or None."""
        import shutil

        for need in self.needs:
            if need.startswith("$"):
                if not any(shutil.which(program) for program in need[1:].split("|")):
                    return f"none of the programs {need[1:].replace('|', ', ')} is here"
            elif importlib.util.find_spec(need) is None:
                return f"{need} is not installed"
        return None


def _keras(backend: str) -> Competitor:
    return Competitor(partial(Fit, "keras"), ("keras", backend), {"KERAS_BACKEND": backend})


ENGINES = {
    "minikeras": Competitor(partial(Fit, "minikeras"), ("numba",), {"MINIKERAS_BACKEND": "numba"}),
    "minikeras, NumPy only": Competitor(partial(Fit, "minikeras"), (), {"MINIKERAS_BACKEND": "numpy"}),
}
KERAS = {
    "Keras on TensorFlow": _keras("tensorflow"),
    "Keras on JAX": _keras("jax"),
    "Keras on PyTorch": _keras("torch"),
}
BY_HAND = {
    "PyTorch": Competitor(partial(Torch, False), ("torch",)),
    "PyTorch, torch.compile": Competitor(partial(Torch, True), ("torch", "$c++|g++|clang++")),
    "JAX, jitted step": Competitor(partial(Jax, False), ("jax",)),
    "JAX, lax.scan epoch": Competitor(partial(Jax, True), ("jax",)),
    "scikit-learn": Competitor(ScikitLearn, ("sklearn",)),
}
BOUNDS = {"limit": Competitor(Limit), "floor": Competitor(Floor)}
ALL = BOUNDS | ENGINES | KERAS | BY_HAND
