# A loss with a parameter, a metric, a regularizer, a constraint, an activation and an initializer of a user's own.
from keras import layers, ops

rng = np.random.default_rng(6)


class Huber(keras.losses.Loss):
    def __init__(self, threshold=1.0, **kwargs):
        super().__init__(**kwargs)
        self.threshold = threshold

    def call(self, y_true, y_pred):
        error = y_true - y_pred
        small = ops.abs(error) < self.threshold
        return ops.where(small, ops.square(error) / 2, self.threshold * ops.abs(error) - self.threshold**2 / 2)


class HuberMetric(keras.metrics.Metric):
    def __init__(self, threshold=1.0, name="huber", **kwargs):
        super().__init__(name=name, **kwargs)
        self.fn = Huber(threshold, reduction=None)
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        values = self.fn(y_true, y_pred)
        self.total.assign_add(ops.sum(values))
        self.count.assign_add(ops.cast(ops.size(y_true), self.dtype))

    def result(self):
        return self.total / self.count


class MyL1(keras.regularizers.Regularizer):
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, weights):
        return ops.sum(ops.abs(self.factor * weights))


def my_softplus(z):
    return ops.log(1.0 + ops.exp(z))


def my_glorot(shape, dtype=None):
    return np.full(shape, 0.1, dtype or "float32")


def positive(weights):
    return weights * ops.cast(ops.greater_equal(weights, 0.0), weights.dtype)


def my_penalty(weights):
    return 0.01 * ops.sum(ops.square(weights))


def mean_cubed(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred) ** 3, axis=-1)


model = keras.Sequential(
    [
        keras.Input((4,)),
        layers.Dense(6, activation=my_softplus, kernel_initializer=my_glorot, kernel_regularizer=MyL1(0.01)),
        layers.Dense(1, kernel_constraint=positive, kernel_regularizer=my_penalty, activation=lambda x: x * 1.5),
    ]
)
logged["initial"] = model.layers[0].get_weights()[0]
same_start(model)
X, Y = rng.normal(size=(32, 4)), rng.normal(size=(32, 1)) * 2
model.compile("sgd", loss=Huber(0.7), metrics=[HuberMetric(0.7), mean_cubed])
logged["fit"] = model.fit(X, Y, epochs=3, batch_size=8, shuffle=False, verbose=0).history
model.compile("sgd", loss=mean_cubed, metrics=["mae"])
logged["function"] = model.fit(X, Y, epochs=2, shuffle=False, verbose=0).history
logged["evaluate"] = model.evaluate(X, Y, verbose=0)
logged["weights"] = model.get_weights()
