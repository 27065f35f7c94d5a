# Sequence to sequence: the encoder's last states start the decoder; then both are used apart, step by step.
from keras import layers

rng = np.random.default_rng(8)
tokens, latent = 6, 5
source = rng.integers(2, tokens, (48, 4))
target = np.concatenate([np.zeros((48, 1), int), source[:, ::-1], np.ones((48, 1), int)], axis=1)
one_hot = np.eye(tokens)
encoder_input_data = one_hot[source]
decoder_input_data = one_hot[target[:, :-1]]
decoder_target_data = one_hot[target[:, 1:]]

encoder_inputs = keras.Input(shape=(None, tokens))
encoder_outputs, state_h, state_c = layers.LSTM(latent, return_state=True)(encoder_inputs)
decoder_inputs = keras.Input(shape=(None, tokens))
decoder_lstm = layers.LSTM(latent, return_sequences=True, return_state=True)
decoder_outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=[state_h, state_c])
decoder_dense = layers.Dense(tokens, activation="softmax")
model = keras.Model([encoder_inputs, decoder_inputs], decoder_dense(decoder_outputs))
model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
data = [encoder_input_data, decoder_input_data]
logged["fit"] = model.fit(data, decoder_target_data, batch_size=16, epochs=3, validation_split=0.25, verbose=0).history

encoder_model = keras.Model(encoder_inputs, [state_h, state_c])
states_in = [keras.Input(shape=(latent,)), keras.Input(shape=(latent,))]
outputs, h, c = decoder_lstm(decoder_inputs, initial_state=states_in)
decoder_model = keras.Model([decoder_inputs, *states_in], [decoder_dense(outputs), h, c])
states = encoder_model.predict(encoder_input_data[:1], verbose=0)
token, decoded = 0, []
for _ in range(5):
    probabilities, *states = decoder_model.predict([one_hot[[[token]]], *states], verbose=0)
    token = int(probabilities[0, -1].argmax())
    decoded.append(token)
logged["decoded"], logged["states"] = decoded, states
