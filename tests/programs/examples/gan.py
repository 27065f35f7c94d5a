# A GAN on vectors: two optimizers, compile with other arguments, no call.
from keras import layers, ops

rng = np.random.default_rng(5)
noise = rng.normal(size=(8, 3))


class GAN(keras.Model):
    def __init__(self, discriminator, generator):
        super().__init__()
        self.discriminator = discriminator
        self.generator = generator
        self.d_loss_tracker = keras.metrics.Mean(name="d_loss")
        self.g_loss_tracker = keras.metrics.Mean(name="g_loss")

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile()
        self.d_optimizer = d_optimizer
        self.g_optimizer = g_optimizer
        self.loss_fn = loss_fn

    @property
    def metrics(self):
        return [self.d_loss_tracker, self.g_loss_tracker]

    def train_step(self, real):
        if isinstance(real, tuple):
            real = real[0]
        batch_size = ops.shape(real)[0]
        fake = self.generator(noise)
        both = ops.concatenate([fake, real], axis=0)
        labels = ops.concatenate([ops.ones((batch_size, 1)), ops.zeros((batch_size, 1))], axis=0)
        with GradientTape() as tape:
            d_loss = self.loss_fn(labels, self.discriminator(both))
        grads = tape.gradient(d_loss, self.discriminator.trainable_weights)
        self.d_optimizer.apply_gradients(zip(grads, self.discriminator.trainable_weights))
        with GradientTape() as tape:
            g_loss = self.loss_fn(ops.zeros((batch_size, 1)), self.discriminator(self.generator(noise)))
        grads = tape.gradient(g_loss, self.generator.trainable_weights)
        self.g_optimizer.apply_gradients(zip(grads, self.generator.trainable_weights))
        self.d_loss_tracker.update_state(d_loss)
        self.g_loss_tracker.update_state(g_loss)
        return {"d_loss": self.d_loss_tracker.result(), "g_loss": self.g_loss_tracker.result()}


discriminator = keras.Sequential([keras.Input((2,)), layers.Dense(6), layers.LeakyReLU(0.25), layers.Dense(1)])
generator = keras.Sequential([keras.Input((3,)), layers.Dense(6, activation="relu"), layers.Dense(2)])
same_start(discriminator, generator)
gan = GAN(discriminator, generator)
gan.compile(keras.optimizers.Adam(0.01), keras.optimizers.SGD(0.05), keras.losses.BinaryCrossentropy(from_logits=True))
logged["fit"] = gan.fit(rng.normal(size=(24, 2)), batch_size=8, epochs=3, shuffle=False, verbose=0).history
logged["weights"] = generator.get_weights()
