# A convolutional autoencoder that takes noise away from digits.
from keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(1)  # importing draws from Python's generator

X = (load_digits().images / 16.0)[:96, ..., np.newaxis]
noisy = np.clip(X + 0.4 * np.random.default_rng(0).normal(size=X.shape), 0.0, 1.0)

inputs = layers.Input(shape=(8, 8, 1))
x = layers.Conv2D(8, (3, 3), activation="relu", padding="same")(inputs)
x = layers.MaxPooling2D((2, 2), padding="same")(x)
x = layers.Conv2D(8, (3, 3), activation="relu", padding="same")(x)
x = layers.MaxPooling2D((2, 2), padding="same")(x)
x = layers.Conv2DTranspose(8, (3, 3), strides=2, activation="relu", padding="same")(x)
x = layers.Conv2DTranspose(8, (3, 3), strides=2, activation="relu", padding="same")(x)
x = layers.Conv2D(1, (3, 3), activation="sigmoid", padding="same")(x)
autoencoder = keras.Model(inputs, x)
autoencoder.compile(optimizer="adam", loss="binary_crossentropy")
data = {"x": noisy, "y": X, "batch_size": 16, "shuffle": True, "verbose": 0}
logged["fit"] = autoencoder.fit(**data, epochs=3, validation_data=(noisy[:16], X[:16])).history
logged["clean"] = autoencoder.predict(noisy[:2], verbose=0)
