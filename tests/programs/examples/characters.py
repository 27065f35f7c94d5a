# Text generation character by character: windows of a text, an LSTM, and sampling with a temperature.
from keras import layers

text = "the cat sat on the mat. the dog sat on the log. the cat and the dog sat on the log and the mat. " * 2
chars = sorted(set(text))
char_indices = {c: i for i, c in enumerate(chars)}
maxlen, step = 8, 3
sentences = [text[i : i + maxlen] for i in range(0, len(text) - maxlen, step)]
next_chars = [text[i + maxlen] for i in range(0, len(text) - maxlen, step)]
x = np.zeros((len(sentences), maxlen, len(chars)))
y = np.zeros((len(sentences), len(chars)))
for i, sentence in enumerate(sentences):
    for t, char in enumerate(sentence):
        x[i, t, char_indices[char]] = 1
    y[i, char_indices[next_chars[i]]] = 1

model = keras.Sequential(
    [keras.Input((maxlen, len(chars))), layers.LSTM(8), layers.Dense(len(chars), activation="softmax")]
)
model.compile(optimizer=keras.optimizers.RMSprop(learning_rate=0.01), loss="categorical_crossentropy")


def sample(preds, temperature, rng):
    preds = np.exp(np.log(preds) / temperature)
    return int(np.argmax(rng.multinomial(1, preds / preds.sum())))


losses = []
for _ in range(2):
    losses += model.fit(x, y, batch_size=16, epochs=1, verbose=0).history["loss"]
rng, generated = np.random.default_rng(0), text[:maxlen]
for _ in range(10):
    window = np.zeros((1, maxlen, len(chars)))
    for t, char in enumerate(generated[-maxlen:]):
        window[0, t, char_indices[char]] = 1.0
    generated += chars[sample(model.predict(window, verbose=0)[0], 0.5, rng)]
logged["losses"] = losses
logged["generated"] = [char_indices[c] for c in generated]
