# Transfer learning on scikit-learn's digits: train on 0-4, freeze, train a new head on 5-9, then tune everything.
from keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(9)
images, digits = load_digits(return_X_y=True)
images = (images / 16.0)[:400]
digits = digits[:400]
low = digits < 5
X_a, y_a = images[low], digits[low]
X_b, y_b = images[~low][:60], digits[~low][:60] - 5
X_test, y_test = images[~low][60:], digits[~low][60:] - 5

model_a = keras.Sequential(
    [
        keras.Input((64,)),
        layers.Dense(24, activation="relu", kernel_initializer="he_normal", name="features"),
        layers.Dense(16, activation="relu", kernel_initializer="he_normal"),
        layers.Dense(5, activation="softmax"),
    ]
)
model_a.compile("nadam", "sparse_categorical_crossentropy", metrics=["accuracy"])
logged["first task"] = model_a.fit(X_a, y_a, epochs=3, batch_size=32, validation_split=0.1, verbose=0).history

copy_of_a = keras.models.clone_model(model_a)
copy_of_a.set_weights(model_a.get_weights())
model_b = keras.Sequential(copy_of_a.layers[:-1])
model_b.add(layers.Dense(5, activation="softmax", name="new_head"))
for layer in model_b.layers[:-1]:
    layer.trainable = False
model_b.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
kept = model_b.get_layer("features").get_weights()[0]
logged["new head"] = model_b.fit(X_b, y_b, epochs=3, batch_size=16, validation_data=(X_test, y_test), verbose=0).history
logged["frozen"] = float(np.abs(model_b.get_layer("features").get_weights()[0] - kept).max())

for layer in model_b.layers[:-1]:
    layer.trainable = True
model_b.compile(keras.optimizers.SGD(0.02, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
logged["tuned"] = model_b.fit(X_b, y_b, epochs=2, batch_size=16, verbose=0).history
logged["test"] = model_b.evaluate(X_test, y_test, verbose=0)

inputs = keras.Input((64,))
x = model_a.get_layer("features")(inputs)
bottleneck = keras.Model(inputs, x)
logged["bottleneck"] = bottleneck.predict(X_b[:3], verbose=0).sum(axis=0)
