# A sparse denoising autoencoder; the encoder and the decoder are models of their own afterwards.
from keras import layers, regularizers

keras.utils.set_random_seed(5)
rng = np.random.default_rng(12)
X = rng.random((64, 9))
noisy = X + 0.1 * rng.normal(size=X.shape)

input_img = keras.Input(shape=(9,))
encoded = layers.Dense(6, activation="relu")(input_img)
encoded = layers.Dense(3, activation="relu", activity_regularizer=regularizers.l1(1e-3), name="code")(encoded)
decoded = layers.Dense(6, activation="relu")(encoded)
decoded = layers.Dense(9, activation="sigmoid")(decoded)
autoencoder = keras.Model(input_img, decoded)
encoder = keras.Model(input_img, encoded)
encoded_input = keras.Input(shape=(3,))
decoder = keras.Model(encoded_input, autoencoder.layers[-1](autoencoder.layers[-2](encoded_input)))

autoencoder.compile(optimizer=keras.optimizers.Adam(learning_rate=0.02), loss="binary_crossentropy")
logged["fit"] = autoencoder.fit(
    noisy, X, epochs=4, batch_size=16, shuffle=True, validation_data=(noisy[:16], X[:16]), verbose=0
).history
codes = encoder.predict(X[:6], verbose=0)
logged["codes"] = codes
logged["decoded"] = decoder.predict(codes, verbose=0)
logged["same"] = decoder.predict(codes, verbose=0) - autoencoder.predict(X[:6], verbose=0)
features = keras.Model(autoencoder.input, autoencoder.get_layer("code").output)
logged["features"] = features.predict(X[:2], verbose=0) - codes[:2]

stacked = keras.Sequential(
    [
        keras.Sequential(
            [keras.Input((9,)), layers.GaussianNoise(0.1), layers.Dense(4, activation="selu")], name="enc"
        ),
        keras.Sequential([layers.Dense(9, activation="sigmoid")], name="dec"),
    ]
)
stacked.compile(loss="mse", optimizer=keras.optimizers.SGD(0.5, momentum=0.9, nesterov=True))
logged["stacked"] = stacked.fit(X, X, epochs=3, batch_size=16, verbose=0).history
logged["stacked code"] = stacked.get_layer("enc").predict(X[:3], verbose=0)
