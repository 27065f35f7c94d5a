# 2,000 images of Fashion-MNIST, 5 epochs: a convnet with Dropout, and one with BatchNormalization, both with Adam.
from keras import layers
from minikeras.datasets import fashion_mnist

(images, labels), _ = fashion_mnist.load_data()
X, y = images[:2000, ..., np.newaxis] / 255.0, labels[:2000]


def train(*middle):
    keras.utils.set_random_seed(42)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 3, use_bias=False),
            *middle,
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model.fit(X, y, batch_size=128, epochs=5, verbose=0).history


logged["dropout"] = train(layers.Activation("relu"))
logged["normalized"] = train(layers.BatchNormalization(), layers.Activation("relu"))
