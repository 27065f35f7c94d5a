# A residual network with BatchNormalization: blocks of two convolutions, a projection where the size changes.
from keras import layers, regularizers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(1)  # importing draws from Python's generator

X = (load_digits().images / 16.0)[:96, ..., np.newaxis]
y = keras.utils.to_categorical(load_digits().target[:96], 10)


def conv(x, filters, stride=1, size=3):
    return layers.Conv2D(
        filters,
        size,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        kernel_regularizer=regularizers.L2(1e-4),
    )(x)


def block(x, filters, stride=1):
    shortcut = x
    x = layers.ReLU()(layers.BatchNormalization()(conv(x, filters, stride)))
    x = layers.BatchNormalization()(conv(x, filters))
    if stride > 1:
        shortcut = layers.BatchNormalization()(conv(shortcut, filters, stride, size=1))
    return layers.ReLU()(layers.Add()([x, shortcut]))


inputs = keras.Input((8, 8, 1))
x = layers.ReLU()(layers.BatchNormalization()(conv(inputs, 4)))
x = block(x, 4)
x = block(x, 8, stride=2)
x = layers.GlobalAveragePooling2D()(x)
model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
rate = keras.optimizers.schedules.PiecewiseConstantDecay([6, 9], [0.1, 0.05, 0.01])
model.compile(keras.optimizers.SGD(rate, momentum=0.9), "categorical_crossentropy", metrics=["accuracy"])
logged["fit"] = model.fit(X, y, batch_size=24, epochs=3, verbose=0).history
logged["evaluate"] = model.evaluate(X, y, verbose=0)
logged["weights"] = [w for w in model.get_weights() if w.ndim == 1]
