# A convnet on scikit-learn's digits, the training images flipped, moved and brightened at random.
from keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(1)  # importing draws from Python's generator

images, labels = load_digits(return_X_y=True)
X = (images / 16.0)[:160].reshape(-1, 8, 8, 1)
y = labels[:160]

augmentation = keras.Sequential(
    [
        layers.RandomFlip("horizontal", seed=3),
        layers.RandomTranslation(0.1, 0.1, fill_mode="constant", seed=4),
        layers.RandomBrightness(0.2, value_range=(0.0, 1.0), seed=5),
    ]
)
model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        augmentation,
        layers.Conv2D(6, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dropout(0.2),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
logged["fit"] = model.fit(X, y, batch_size=32, epochs=3, validation_split=0.2, verbose=0).history
logged["evaluate"] = model.evaluate(X, y, verbose=0)
logged["kernel"] = model.layers[1].get_weights()[0]
