# Labels (N,) beside outputs (N, 1) for a loss function; a bias without an initializer; two outputs without names.
from keras import layers, ops

rng = np.random.default_rng(8)
x, y = rng.normal(size=(20, 3)), rng.normal(size=20)


def contrast(y_true, y_pred):
    return ops.mean(y_true * ops.square(y_pred) + (1 - y_true) * ops.square(ops.maximum(1 - y_pred, 0)))


model = keras.Sequential([keras.Input((3,)), layers.Dense(4, bias_initializer=None), layers.Dense(1)])
logged["bias"] = model.layers[0].bias.numpy()
same_start(model)
model.compile("sgd", contrast)
logged["contrast"] = model.fit(x, y, batch_size=5, epochs=2, verbose=0).history
logged["labels (N, 1)"] = model.evaluate(x, y[:, None], verbose=0)


class Two(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = layers.Dense(1), layers.Dense(1)

    def call(self, inputs):
        return self.first(inputs), self.second(inputs)


two = Two()
two(x)
same_start(two)
metrics = ["RootMeanSquaredError", "RootMeanSquaredError"]
two.compile("sgd", loss=["mse", "mse"], loss_weights=[0.9, 0.1], metrics=metrics)
logged["two"] = two.fit(x, (y, y), epochs=1, verbose=0, validation_data=(x, (y, y))).history
two.compile("sgd", loss=["mse", keras.losses.MeanAbsoluteError()], metrics=[["mae"], ["mae", "mse"]])
logged["two, lists"] = two.fit(x, (y, y), epochs=1, verbose=0).history
