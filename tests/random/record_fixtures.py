"""Records what real Keras draws, once per backend, so that the streams are tested without Keras.

    python -m tests.random.record_fixtures tensorflow
    python -m tests.random.record_fixtures jax

Each run writes tests/fixtures/random_BACKEND.npz: small arrays, SHA-256 digests of large ones, and the
versions.
"""

import hashlib
import os
import sys
from pathlib import Path

import numpy as np

FIXTURES = Path(__file__).parent.parent / "fixtures"
ARTICLE = {"hidden": (784, 300), "second": (300, 100), "last": (100, 10)}
INITIALIZERS = (
    "GlorotUniform",
    "GlorotNormal",
    "HeUniform",
    "HeNormal",
    "LecunUniform",
    "LecunNormal",
    "RandomUniform",
    "RandomNormal",
    "TruncatedNormal",
    "Orthogonal",
)


def digest(array: np.ndarray) -> np.ndarray:
    """SHA-256 of an array's bytes."""
    return np.frombuffer(hashlib.sha256(np.ascontiguousarray(array).tobytes()).digest(), np.uint8)


def fit_orders(keras, n: int, epochs: int, fits: int, shuffle: bool | str = True, batch_size: int = 32) -> np.ndarray:
    """The rows in the order in which a fitted model saw them, (fits·epochs, n)."""
    seen: list[np.ndarray] = []

    class Spy(keras.layers.Layer):
        def call(self, x):
            if keras.backend.backend() == "jax":
                import jax

                jax.debug.callback(lambda v: seen.append(np.array(v)), x, ordered=True)
            elif hasattr(x, "numpy"):
                seen.append(x.numpy())
            return x

    keras.utils.set_random_seed(42)
    model = keras.Sequential([keras.Input((1,)), Spy(), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="sgd", run_eagerly=keras.backend.backend() == "tensorflow")
    seen.clear()
    x = np.arange(n, dtype="float32")[:, None] / n
    for _ in range(fits):
        model.fit(x, x, batch_size, epochs=epochs, shuffle=shuffle, verbose=0)
    rows = np.concatenate([batch.ravel() for batch in seen])
    return np.rint(rows * n).astype(np.int32).reshape(fits * epochs, n)


def record(backend: str) -> dict[str, np.ndarray]:
    os.environ["KERAS_BACKEND"] = backend
    import keras

    found: dict[str, np.ndarray] = {"keras": np.array(keras.__version__), "numpy": np.array(np.__version__)}
    found[backend] = np.array(__import__(backend).__version__)

    keras.utils.set_random_seed(42)
    drawn = [getattr(keras.initializers, name)() for name in INITIALIZERS]
    found["default_seeds"] = np.array([initializer.seed for initializer in drawn])
    for dtype in ("float32", "float64"):
        if backend == "jax":
            import jax

            jax.config.update("jax_enable_x64", dtype == "float64")
        for name in INITIALIZERS:
            initializer = getattr(keras.initializers, name)(seed=1234567891)
            found[f"{name}/{dtype}/small"] = np.asarray(initializer((13, 7), dtype=dtype))
            if name != "Orthogonal":
                for part, shape in ARTICLE.items():
                    found[f"{name}/{dtype}/{part}"] = digest(np.asarray(initializer(shape, dtype=dtype)))
        dropout = keras.layers.Dropout(0.3, seed=99, dtype=dtype)
        ones = np.ones((5, 33), dtype)
        masks = [np.asarray(dropout(ones, training=True)) != 0 for _ in range(3)]
        found[f"dropout/{dtype}"] = np.packbits(np.stack(masks))

    for n in (96, 100):
        found[f"order/{n}"] = fit_orders(keras, n, epochs=2, fits=2)
    found["batch_order/100"] = fit_orders(keras, 100, epochs=2, fits=1, shuffle="batch")
    if backend == "tensorflow":
        from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

        keras.utils.set_random_seed(42)
        x = np.arange(55_000)
        batches = ArrayDataAdapter(x, x, batch_size=32, shuffle=True).get_tf_dataset()
        order = np.concatenate([np.asarray(batch[0]) for batch in batches]).astype(np.int64)
        found["order/55000/head"], found["order/55000"] = order[:8], digest(order)
    else:
        order = fit_orders(keras, 55_000, epochs=2, fits=1, batch_size=11_000).astype(np.int64)
        found["order/55000/head"], found["order/55000"] = order[:, :8], digest(order)
    return found


if __name__ == "__main__":
    backend = sys.argv[1]
    FIXTURES.mkdir(exist_ok=True)
    np.savez_compressed(FIXTURES / f"random_{backend}.npz", **record(backend))
