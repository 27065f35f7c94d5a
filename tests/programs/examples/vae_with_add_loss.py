# A variational autoencoder whose layers add the divergence, with regularizers on weights and activities.
from keras import layers, ops

rng = np.random.default_rng(4)
noise = rng.normal(size=(2,))


class Latent(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.mean, self.log_var = layers.Dense(2), layers.Dense(2)

    def call(self, x):
        mean, log_var = self.mean(x), self.log_var(x)
        self.add_loss(-0.5 * ops.mean(1 + log_var - ops.square(mean) - ops.exp(log_var)))
        return mean + ops.exp(0.5 * log_var) * ops.convert_to_tensor(noise)


class Autoencoder(keras.Model):
    def __init__(self):
        super().__init__()
        self.encoder = layers.Dense(5, activation="tanh", activity_regularizer=keras.regularizers.L1(0.01))
        self.latent = Latent()
        self.decoder = layers.Dense(6, kernel_regularizer="l2")

    def call(self, x):
        return self.decoder(self.latent(self.encoder(x)))


model = Autoencoder()
X = rng.random((24, 6))
model(X[:8])
same_start(model)
model.compile("sgd", "mse")
logged["fit"] = model.fit(X, X, epochs=3, batch_size=8, shuffle=False, verbose=0).history
logged["evaluate"] = model.evaluate(X, X, batch_size=8, verbose=0)
model(X[:8])
logged["losses"] = sorted(float(loss) for loss in model.losses)
