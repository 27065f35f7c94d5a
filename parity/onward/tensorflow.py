"""The same with TensorFlow's MirroredStrategy, from the file that jax.py leaves."""


def main() -> None:
    import os

    os.environ["KERAS_BACKEND"] = "tensorflow"

    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]  # two devices out of one CPU; leave out both lines with GPUs
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

    import keras

    import minikeras

    (x, y), (x_valid, y_valid) = minikeras.datasets.fashion_mnist.load_sample()
    x, x_valid = x / 255.0, x_valid / 255.0

    small = minikeras.saving.load_model("clothes.keras")  # which jax.py has written
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])  # with GPUs: MirroredStrategy()
    with strategy.scope():
        large = keras.models.load_model("clothes.keras")
    print("devices:", strategy.num_replicas_in_sync)
    theirs = large.fit(x, y, epochs=1, shuffle=False, verbose=0).history
    ours = small.fit(x, y, epochs=1, shuffle=False, verbose=0).history
    print(f"loss on two devices {theirs['loss'][0]:.6f}, in minikeras {ours['loss'][0]:.6f}")

    large.save("clothes-2.keras")
    back = minikeras.saving.load_model("clothes-2.keras")
    _, accuracy = back.evaluate(x_valid, y_valid, verbose=0)
    print(f"back in minikeras after {back.optimizer.iterations} steps: accuracy {accuracy:.3f}")


if __name__ == "__main__":
    main()
