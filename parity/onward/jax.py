"""Trains on with Keras on JAX, each batch split between two devices, from a file of minikeras, and comes back."""


def main() -> None:
    import os

    os.environ["KERAS_BACKEND"] = "jax"
    os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"  # two devices out of one CPU; not with GPUs
    os.environ["NPROC"] = "8"  # threads enough for both: with two, XLA may wait for itself for ever

    import keras

    import minikeras

    (x, y), (x_valid, y_valid) = minikeras.datasets.fashion_mnist.load_sample()
    x, x_valid = x / 255.0, x_valid / 255.0

    minikeras.utils.set_random_seed(42)
    small = minikeras.Sequential(
        [
            minikeras.layers.Flatten(input_shape=[28, 28]),
            minikeras.layers.Dense(300, activation="relu"),
            minikeras.layers.Dense(100, activation="relu"),
            minikeras.layers.Dense(10, activation="softmax"),
        ]
    )
    sgd = minikeras.optimizers.SGD(0.01, momentum=0.9)
    small.compile(loss="sparse_categorical_crossentropy", optimizer=sgd, metrics=["accuracy"])
    small.fit(x, y, epochs=1, verbose=0)
    small.save("clothes.keras")

    keras.distribution.set_distribution(keras.distribution.DataParallel())  # before the model is made
    large = keras.models.load_model("clothes.keras")  # weights, optimizer and its momentum, loss and metrics
    print("devices:", keras.distribution.list_devices())
    theirs = large.fit(x, y, epochs=1, shuffle=False, verbose=0).history
    ours = small.fit(x, y, epochs=1, shuffle=False, verbose=0).history
    print(f"loss on two devices {theirs['loss'][0]:.6f}, in minikeras {ours['loss'][0]:.6f}")

    large.save("clothes-2.keras")
    back = minikeras.saving.load_model("clothes-2.keras")
    _, accuracy = back.evaluate(x_valid, y_valid, verbose=0)
    print(f"back in minikeras after {back.optimizer.iterations} steps: accuracy {accuracy:.3f}")


if __name__ == "__main__":
    main()
