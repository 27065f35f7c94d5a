# A residual multilayer perceptron with normalization and Dropout, a schedule of rates, and early stopping.
from keras import layers

keras.utils.set_random_seed(3)
rng = np.random.default_rng(10)
X = rng.normal(size=(80, 6))
Y = (X[:, :1] * X[:, 1:2] + 0.1 * rng.normal(size=(80, 1))).astype("float64")


def block(x, units):
    skip = x
    x = layers.LayerNormalization()(x)
    x = layers.Dense(2 * units, activation="silu")(x)
    x = layers.Dropout(0.2)(x)
    x = layers.Dense(units)(x)
    return layers.add([x, skip])


inputs = keras.Input(shape=(6,))
x = layers.Dense(8)(inputs)
for _ in range(3):
    x = block(x, 8)
x = layers.Activation("relu")(x)
outputs = layers.Dense(1)(x)
model = keras.Model(inputs, outputs, name="residual")
logged["initial"] = [float(np.sum(np.square(w))) for w in model.get_weights()]

model.compile(keras.optimizers.Adam(0.01), loss="mse", metrics=["mae", keras.metrics.RootMeanSquaredError()])
history = model.fit(
    X,
    Y,
    epochs=8,
    batch_size=16,
    validation_split=0.2,
    callbacks=[
        keras.callbacks.EarlyStopping(patience=1, restore_best_weights=True),
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9 if epoch else rate),
    ],
    verbose=0,
)
logged["fit"] = history.history
logged["epochs"] = history.epoch
logged["evaluate"] = model.evaluate(X, Y, verbose=0)
logged["predict"] = model.predict(X[:5], verbose=0)
logged["count"] = model.count_params()
