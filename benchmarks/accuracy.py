"""The seconds that a convnet trains until it has a test accuracy of 0.90 on the whole of Fashion-MNIST.

    python -m benchmarks.accuracy minikeras
    KERAS_BACKEND=tensorflow python -m benchmarks.accuracy keras

Two convolutions, each under a max pooling, Dropout and a softmax: :func:`benchmarks.nets.convnet`, in float32, with
Adam, from seed 0. An epoch has 60,000 images, and its seconds count the evaluation on the 10,000 test images too.
"""

import argparse
import importlib
import time
from typing import Any

from minikeras.datasets import fashion_mnist

from .nets import Sizes, convnet


def train(keras: Any, until: float, epochs: int) -> list[tuple[float, float]]:
    """(seconds since the start, test accuracy) after each epoch, printed too; the last one is the first that is right
    often enough."""
    (x, y), (test_x, test_y) = fashion_mnist.load_data()
    x, test_x = ((a[..., None] / 255).astype("float32") for a in (x, test_x))
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input(x.shape[1:]), *convnet(keras, Sizes({"k": 32}))])
    model.compile(keras.optimizers.Adam(0.002), "sparse_categorical_crossentropy", metrics=["accuracy"])
    found: list[tuple[float, float]] = []

    class Until(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            found.append((time.perf_counter() - start, logs["val_accuracy"]))
            print(f"epoch {epoch + 1}: {found[-1][0]:6.1f} s, test accuracy {found[-1][1]:.4f}", flush=True)
            self.model.stop_training = logs["val_accuracy"] >= until

    start = time.perf_counter()
    model.fit(x, y, 128, epochs, verbose=0, validation_data=(test_x, test_y), callbacks=[Until()])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", choices=["minikeras", "keras"])
    parser.add_argument("--until", type=float, default=0.90, help="a test accuracy (default 0.90)")
    parser.add_argument("--epochs", type=int, default=20, help="at most (default 20)")
    options = parser.parse_args()
    train(importlib.import_module(options.library), options.until, options.epochs)


if __name__ == "__main__":
    main()
