# Transfer of a convnet: a base learns digits 0-4, is frozen under a new head for 5-9, then fine-tuned at a small rate.
from keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(1)

images, labels = load_digits(return_X_y=True)
X, labels = (images / 16.0)[:300].reshape(-1, 8, 8, 1), labels[:300]
low = labels < 5

base = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        layers.Conv2D(6, 3, activation="relu"),
        layers.LayerNormalization(),
        layers.Conv2D(8, 3, strides=2, activation="relu"),
        layers.Flatten(),
    ],
    name="base",
)
first = keras.Sequential([base, layers.Dense(5, activation="softmax")])
first.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
logged["base"] = first.fit(X[low], labels[low], batch_size=32, epochs=3, verbose=0).history

base.trainable = False
inputs = keras.Input((8, 8, 1))
x = base(inputs, training=False)
x = layers.Dropout(0.2)(x)
outputs = layers.Dense(5, activation="softmax")(x)
model = keras.Model(inputs, outputs)
model.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy", metrics=["accuracy"])
logged["head"] = model.fit(X[~low], labels[~low] - 5, batch_size=32, epochs=3, verbose=0).history
logged["trained"] = len(model.trainable_weights)

base.trainable = True
model.compile(keras.optimizers.Adam(1e-5), "sparse_categorical_crossentropy", metrics=["accuracy"])
logged["tuned"] = model.fit(X[~low], labels[~low] - 5, batch_size=32, epochs=2, verbose=0).history
logged["trained after"] = len(model.trainable_weights)
logged["weights"] = [w.mean() for w in model.get_weights()]
