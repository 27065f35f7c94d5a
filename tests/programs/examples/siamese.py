# A siamese network: one trunk for both images, the distance of their features, a contrastive loss function.
from keras import layers, ops

keras.utils.set_random_seed(4)
rng = np.random.default_rng(11)


def euclidean_distance(vects):
    x, y = vects
    sum_square = ops.sum(ops.square(x - y), axis=1, keepdims=True)
    return ops.sqrt(ops.maximum(sum_square, keras.config.epsilon()))


def contrastive(margin=1.0):
    def contrastive_loss(y_true, y_pred):
        square_pred = ops.square(y_pred)
        margin_square = ops.square(ops.maximum(margin - y_pred, 0))
        return ops.mean((1 - y_true) * square_pred + y_true * margin_square)

    return contrastive_loss


def far(y_true, y_pred):
    return ops.mean(ops.cast(ops.equal(y_true, ops.cast(y_pred > 0.5, y_true.dtype)), "float64"))


trunk_input = layers.Input((4, 4, 1))
x = layers.Flatten()(trunk_input)
x = layers.BatchNormalization()(x)
x = layers.Dense(10, activation="tanh")(x)
trunk = keras.Model(trunk_input, layers.Dense(4, activation="tanh")(x), name="trunk")

left, right = layers.Input((4, 4, 1)), layers.Input((4, 4, 1))
distance = layers.Lambda(euclidean_distance, output_shape=(1,))([trunk(left), trunk(right)])
distance = layers.BatchNormalization()(distance)
siamese = keras.Model([left, right], layers.Dense(1, activation="sigmoid")(distance))
siamese.compile(loss=contrastive(margin=1), optimizer="RMSprop", metrics=["accuracy", far])

kinds = rng.integers(0, 3, 60)
images = rng.normal(size=(60, 4, 4, 1)) + kinds[:, None, None, None]
other = rng.permutation(60)
labels = (kinds != kinds[other]).astype("float64")[:, None]
logged["weights"] = len(siamese.trainable_weights)
logged["fit"] = siamese.fit(
    [images[:40], images[other][:40]],
    labels[:40],
    validation_data=([images[40:], images[other][40:]], labels[40:]),
    batch_size=8,
    epochs=3,
    verbose=0,
).history
logged["features"] = trunk.predict(images[:4], verbose=0)
logged["evaluate"] = siamese.evaluate([images, images[other]], labels, verbose=0, return_dict=True)
