# Sentiment from padded ids: an Embedding with mask_zero under a bidirectional LSTM.
from keras import layers

rng = np.random.default_rng(3)
reviews = [list(rng.integers(1, 30, rng.integers(2, 9))) for _ in range(64)]
y = np.array([float(np.mean(review) > 15) for review in reviews])
x = keras.utils.pad_sequences(reviews, maxlen=8, padding="post")

model = keras.Sequential(
    [
        keras.Input((None,), dtype="int32"),
        layers.Embedding(30, 6, mask_zero=True),
        layers.Bidirectional(layers.LSTM(5, return_sequences=True)),
        layers.Bidirectional(layers.LSTM(4, dropout=0.2)),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
logged["fit"] = model.fit(x, y, batch_size=16, epochs=3, validation_split=0.25, verbose=0).history
logged["predict"] = model.predict(x[:5], verbose=0)
