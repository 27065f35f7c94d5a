# A GAN as a Sequential of two: the discriminator is frozen in the joint model; train_on_batch by turns.
from keras import layers

keras.utils.set_random_seed(13)
rng = np.random.default_rng(17)
X = rng.normal(size=(48, 4)) * [1.0, 0.5, 2.0, 0.1]

generator = keras.Sequential([keras.Input((3,)), layers.Dense(6, activation="selu"), layers.Dense(4)])
discriminator = keras.Sequential(
    [keras.Input((4,)), layers.Dense(6), layers.LeakyReLU(negative_slope=0.25), layers.Dense(1, activation="sigmoid")]
)
gan = keras.Sequential([generator, discriminator])
discriminator.compile(loss="binary_crossentropy", optimizer="rmsprop")
discriminator.trainable = False
gan.compile(loss="binary_crossentropy", optimizer="rmsprop")

scores = []
for epoch in range(2):
    for first in range(0, 48, 16):
        noise = rng.normal(size=(16, 3))
        generated = generator.predict_on_batch(noise)
        both = np.concatenate([generated, X[first : first + 16]])
        labels = np.array([[0.0]] * 16 + [[1.0]] * 16)
        gan.train_on_batch(noise, np.array([[1.0]] * 16))
        scores.append(
            [float(discriminator.test_on_batch(both, labels)), float(gan.test_on_batch(noise, np.ones((16, 1))))]
        )
logged["scores"] = scores
logged["trainable"] = [len(gan.trainable_weights), len(discriminator.trainable_weights), len(gan.weights)]
logged["generator"] = generator.get_weights()
logged["discriminator"] = discriminator.get_weights()
