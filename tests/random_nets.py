"""Random ReLU networks with their batches: shallow and deep, with dead units, zero rows, kinks, penalties, weights."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from minikeras import Sequential, layers, losses, regularizers

HEADS = ("sparse", "sparse_logits", "categorical", "binary", "mse", "mae", "huber")


@dataclass
class Case:
    model: Any
    x: np.ndarray
    y: np.ndarray
    sample_weight: np.ndarray | None
    head: str
    fused: bool

    def check(self, check, **kwargs):
        return check(self.model, self.x, self.y, self.sample_weight, **kwargs)


def relu(rng):
    kind = rng.integers(6)
    if kind == 0:
        return layers.LeakyReLU(float(rng.uniform(0, 0.5)))
    if kind == 1:
        return layers.ReLU(max_value=float(rng.uniform(0.5, 6)), threshold=float(rng.choice([0.0, 0.3])))
    return layers.ReLU()


def random_net(seed):
    rng = np.random.default_rng(seed)
    n, d, k = (int(rng.integers(low, high)) for low, high in ((2, 10), (2, 9), (2, 6)))
    head = HEADS[rng.integers(len(HEADS))]
    penalty = [None, None, regularizers.L2(0.05), regularizers.L1(0.03)][rng.integers(4)]
    stack = [layers.Input((d,))]
    for i in range(rng.integers(1, 5)):
        units = int(rng.integers(1, 13))
        if rng.random() < 0.7 or i == 0:
            stack.append(layers.Dense(units, activation="relu", kernel_regularizer=penalty if i == 0 else None))
        else:
            stack += [layers.Dense(units, use_bias=bool(rng.random() < 0.7)), relu(rng)]
    last = {"sparse": "softmax", "categorical": "softmax", "binary": "sigmoid"}.get(head)
    stack.append(layers.Dense(k, activation=last))
    model = Sequential(stack)
    for p in model.weights:
        if p.name == "kernel":
            p.assign(rng.normal(size=p.shape) * rng.choice([0.3, 1.0, 2.0]) / np.sqrt(p.shape[0]))
        elif rng.random() < 0.6:
            p.assign(rng.normal(size=p.shape) * 0.5)  # else zeros: then a zero row of x lies at every kink
    x = rng.normal(size=(n, d))
    x[rng.random(x.shape) < 0.2] = 0
    if rng.random() < 0.3:
        x[0] = 0
    labels = rng.integers(0, k, n)
    y = {"sparse": labels, "sparse_logits": labels, "categorical": np.eye(k)[labels]}.get(head)
    if y is None:
        y = (rng.random((n, k)) < 0.5).astype(float) if head == "binary" else rng.normal(size=(n, k))
    loss = {
        "sparse": losses.SparseCategoricalCrossentropy(),
        "sparse_logits": losses.SparseCategoricalCrossentropy(from_logits=True),
        "categorical": losses.CategoricalCrossentropy(),
        "binary": losses.BinaryCrossentropy(),
        "mse": losses.MeanSquaredError(),
        "mae": losses.MeanAbsoluteError(),
        "huber": losses.Huber(),
    }[head]
    fused = bool(rng.random() < 0.8)
    model.compile("sgd", loss, fused=fused)
    weight = rng.uniform(0.2, 3, n) if rng.random() < 0.3 else None
    return Case(model, x, y, weight, head, fused and head in HEADS[:4])
