# train_step, test_step, compute_loss and compute_metrics of a user's own.
from keras import layers, ops

rng = np.random.default_rng(8)
X, Y = rng.normal(size=(30, 4)), rng.normal(size=(30, 1))


class Stepped(keras.Model):
    def train_step(self, data):
        x, y = data
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}

    def test_step(self, data):
        x, y = data
        y_pred = self(x, training=False)
        loss = self.compute_loss(y=y, y_pred=y_pred)
        for metric in self.metrics:
            if metric.name != "loss":
                metric.update_state(y, y_pred)
            else:
                metric.update_state(loss)
        return {m.name: m.result() for m in self.metrics}


class OwnLoss(keras.Model):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.size = keras.metrics.Mean(name="size")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = ops.mean(ops.square(y_pred - y)) + 0.1 * ops.mean(ops.abs(y_pred))
        return loss + sum(self.losses)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        self.size.update_state(ops.mean(ops.abs(y_pred)))
        return super().compute_metrics(x, y, y_pred, sample_weight)


for cls in (Stepped, OwnLoss):
    inputs = keras.Input((4,))
    hidden = layers.Dense(5, activation="tanh", kernel_regularizer="l2")(inputs)
    model = cls(inputs, layers.Dense(1)(hidden))
    same_start(model)
    model.compile("sgd", "mse" if cls is Stepped else None, metrics=[] if cls is Stepped else ["mae"])
    history = model.fit(X, Y, epochs=2, batch_size=8, shuffle=False, validation_data=(X, Y), verbose=0).history
    logged[cls.__name__] = history
    logged[cls.__name__ + " scores"] = model.evaluate(X, Y, verbose=0, return_dict=True)
