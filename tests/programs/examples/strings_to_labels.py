# From raw strings to labels: TextVectorization is adapted outside the model and turns strings into ids.
from keras import layers

good = ["A fine, fine film!", "What a joy to watch", "The best film of the year", "Joy from start to end, watch it"]
bad = ["A dull film.", "The worst of the year", "Dull from start to end", "What a bore: I left, and so should you"]
texts = np.array((good + bad) * 4)
y = np.array(([1.0] * len(good) + [0.0] * len(bad)) * 4)

vectorize = layers.TextVectorization(max_tokens=40, output_mode="int", output_sequence_length=6)
vectorize.adapt(texts)
x = np.array(vectorize(texts))
logged["ids"] = x
bag = layers.TextVectorization(max_tokens=20, ngrams=2, output_mode="tf_idf")
bag.adapt(texts)
logged["tf_idf"] = np.array(bag(texts[:3])).round(5)

model = keras.Sequential(
    [
        keras.Input((6,), dtype="int64"),
        layers.Embedding(len(vectorize.get_vocabulary()), 8),
        layers.Dropout(0.2),
        layers.Conv1D(6, 3, activation="relu"),
        layers.GlobalMaxPooling1D(),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
logged["fit"] = model.fit(x, y, batch_size=8, epochs=4, verbose=0).history
new = np.array(vectorize(np.array(["A fine joy", "dull, dull, dull"])))
logged["new"] = model.predict(new, verbose=0)
