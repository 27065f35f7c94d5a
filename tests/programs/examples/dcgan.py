# A small DCGAN: a generator of transposed convolutions against a discriminator of strided ones.
from keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(1)  # importing draws from Python's generator

real_images = (load_digits().images / 8.0 - 1.0)[:48, ..., np.newaxis]
rng = np.random.default_rng(5)
size = 4

generator = keras.Sequential(
    [
        keras.Input((size,)),
        layers.Dense(2 * 2 * 8),
        layers.Reshape((2, 2, 8)),
        layers.Conv2DTranspose(6, 4, strides=2, padding="same"),
        layers.BatchNormalization(),
        layers.LeakyReLU(negative_slope=0.25),
        layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh"),
    ]
)
discriminator = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        layers.Conv2D(6, 4, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.25),
        layers.Conv2D(8, 4, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.25),
        layers.Flatten(),
        layers.Dropout(0.25),
        layers.Dense(1),
    ]
)
loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)
discriminator.compile(keras.optimizers.Adam(1e-3), loss_fn)

discriminator.trainable = False
gan = keras.Sequential([keras.Input((size,)), generator, discriminator])
gan.compile(keras.optimizers.Adam(1e-3, beta_1=0.5), loss_fn)
discriminator.trainable = True
discriminator.compile(keras.optimizers.Adam(1e-3), loss_fn)

d_losses, g_losses = [], []
for start in range(0, 48, 16):
    real = real_images[start : start + 16]
    fake = generator.predict(rng.normal(size=(16, size)), verbose=0)
    images = np.concatenate([fake, real])
    labels = np.concatenate([np.ones((16, 1)), np.zeros((16, 1))]) + 0.05 * rng.random((32, 1))
    discriminator.trainable = True
    d_losses += discriminator.fit(images, labels, batch_size=32, shuffle=False, verbose=0).history["loss"]
    discriminator.trainable = False
    noise = rng.normal(size=(16, size))
    g_losses += gan.fit(noise, np.zeros((16, 1)), batch_size=16, shuffle=False, verbose=0).history["loss"]
logged["discriminator"], logged["generator"] = d_losses, g_losses
logged["images"] = generator.predict(rng.normal(size=(2, size)), verbose=0)
