# A mask from an Embedding reaches the loss and the metrics.
from keras import layers

rng = np.random.default_rng(2)
model = keras.Sequential(
    [
        keras.Input((6,), dtype="int32"),
        layers.Embedding(9, 4, mask_zero=True),
        layers.LSTM(5, return_sequences=True),
        layers.Dense(3, activation="softmax"),
    ]
)
same_start(model)
X = rng.integers(1, 9, (20, 6))
for row, length in zip(X, rng.integers(2, 7, 20)):
    row[length:] = 0
Y = rng.integers(0, 3, (20, 6))
model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"], weighted_metrics=["accuracy"])
logged["fit"] = model.fit(X, Y, epochs=2, batch_size=8, shuffle=False, verbose=0).history
logged["weighted"] = model.fit(X, Y, sample_weight=rng.random((20, 6)), batch_size=8, shuffle=False, verbose=0).history
logged["evaluate"] = model.evaluate(X, Y, verbose=0, return_dict=True)
