"""Small models, in either library, and what has to be equal about them."""

import numpy as np

RNG = np.random.default_rng(5)
X = RNG.normal(size=(8, 6))
LABELS = RNG.integers(0, 3, 8)


def stack(library, momentum=0.9, compiled=True):
    """Dense, Dropout and Dense with a regularizer and a constraint, in Keras or minikeras."""
    layers = library.layers
    input_layer = library.Input((6,))
    model = library.Sequential(
        [
            input_layer,
            layers.Dense(5, activation="relu", kernel_regularizer="l2", bias_constraint="max_norm"),
            layers.Dropout(0.0),
            layers.Dense(3, activation="softmax"),
        ]
    )
    if compiled:
        optimizer = library.optimizers.SGD(0.1, momentum=momentum, nesterov=bool(momentum))
        model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def step(model, times=1):
    model.fit(X, LABELS, epochs=times, batch_size=len(X), shuffle=False, verbose=0)


def state(model):
    """Every array of the model and its optimizer."""
    own = [np.array(w) for w in model.get_weights()]
    return own + [np.array(v.numpy()) for v in model.optimizer.variables]


def assert_same(one, other):
    """Bit for bit."""
    for p, q in zip(state(one), state(other), strict=True):
        np.testing.assert_array_equal(p, q)


def plain(tree):
    """A config without what differs from run to run: object ids, and how a backend compiles."""
    if isinstance(tree, dict):
        return {k: plain(v) for k, v in tree.items() if k not in ("shared_object_id", "jit_compile")}
    return [plain(v) for v in tree] if isinstance(tree, list | tuple) else tree
