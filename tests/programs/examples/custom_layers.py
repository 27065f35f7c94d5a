# Custom layers with build, add_weight, training, several inputs and a state; a functional model of them, saved and read.
import os
import tempfile

from keras import layers, ops

keras.utils.set_random_seed(14)
rng = np.random.default_rng(18)


@keras.saving.register_keras_serializable("programs")
class Linear(layers.Layer):
    def __init__(self, units=4, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer="glorot_normal", name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", regularizer="l2", name="bias")

    def call(self, x):
        return self.activation(ops.matmul(x, self.kernel) + self.bias)

    def get_config(self):
        config = super().get_config()
        return {**config, "units": self.units, "activation": keras.activations.serialize(self.activation)}


@keras.saving.register_keras_serializable("programs")
class Gate(layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[0][-1],), initializer="ones", name="scale")
        self.mean = self.add_weight(shape=(), initializer="zeros", trainable=False, name="mean")

    def call(self, inputs, training=False):
        a, b = inputs
        if training:
            self.mean.assign(0.9 * self.mean + 0.1 * ops.stop_gradient(ops.mean(a)))
        return a * ops.sigmoid(self.scale * b) + self.mean


@keras.saving.register_keras_serializable("programs")
class MLPBlock(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.first, self.second = Linear(units, "tanh"), Linear(units)

    def call(self, x):
        return self.second(self.first(x))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


left, right = keras.Input((3,), name="left"), keras.Input((5,), name="right")
a, b = MLPBlock(6, name="block")(left), Linear(6, "relu", name="linear")(right)
gated = Gate(name="gate")([a, b])
merged = ops.concatenate([gated, a[:, :2] - 0.5], axis=-1)
outputs = layers.Dense(1, name="out")(ops.tanh(merged) * 2.0)
model = keras.Model([left, right], outputs)
X = {"left": rng.normal(size=(30, 3)), "right": rng.normal(size=(30, 5))}
Y = rng.normal(size=(30, 1))
model.compile("adam", "mse", metrics=["mae"])
logged["fit"] = model.fit(X, Y, epochs=3, batch_size=10, verbose=0).history
logged["evaluate"] = model.evaluate(X, Y, verbose=0)
logged["state"] = model.get_layer("gate").get_weights()

with tempfile.TemporaryDirectory() as folder:
    model.save(os.path.join(folder, "model.keras"))
    again = keras.models.load_model(os.path.join(folder, "model.keras"))
logged["again"] = again.predict(X, verbose=0) - model.predict(X, verbose=0)
logged["goes on"] = again.fit(X, Y, epochs=2, batch_size=10, verbose=0).history
