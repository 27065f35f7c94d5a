# Addition as a sequence: "12+34 " read by an encoder, repeated, and written by a decoder, one digit a step.
from keras import layers

digits = 2
chars = "0123456789+ "
table = {c: i for i, c in enumerate(chars)}


def encode(string, rows):
    x = np.zeros((rows, len(chars)))
    for i, c in enumerate(string):
        x[i, table[c]] = 1
    return x


rng = np.random.default_rng(6)
maxlen = 2 * digits + 1
pairs = rng.integers(0, 100, (96, 2))
questions = [f"{a}+{b}".ljust(maxlen)[::-1] for a, b in pairs]
answers = [str(a + b).ljust(digits + 1) for a, b in pairs]
x = np.array([encode(q, maxlen) for q in questions])
y = np.array([encode(a, digits + 1) for a in answers])

model = keras.Sequential()
model.add(layers.Input((maxlen, len(chars))))
model.add(layers.LSTM(8))
model.add(layers.RepeatVector(digits + 1))
model.add(layers.LSTM(8, return_sequences=True))
model.add(layers.TimeDistributed(layers.Dense(len(chars), activation="softmax")))
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
logged["fit"] = model.fit(x, y, batch_size=16, epochs=3, validation_split=0.1, verbose=0).history
logged["guess"] = np.argmax(model.predict(x[:4], verbose=0), axis=-1)
