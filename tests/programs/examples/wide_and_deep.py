# A wide-and-deep regression with two inputs and an auxiliary output.
from keras import layers

rng = np.random.default_rng(0)
wide = keras.Input((5,), name="wide")
deep = keras.Input((6,), name="deep")
hidden = layers.Dense(8, activation="relu")(deep)
hidden = layers.Dense(8, activation="relu")(hidden)
joined = layers.Concatenate()([wide, hidden])
output = layers.Dense(1, name="main")(joined)
auxiliary = layers.Dense(1, name="aux")(hidden)
model = keras.Model([wide, deep], [output, auxiliary])
same_start(model)

X = [rng.normal(size=(40, 5)), rng.normal(size=(40, 6))]
Y = [rng.normal(size=(40, 1)), rng.normal(size=(40, 1))]
model.compile("sgd", loss=["mse", "mae"], loss_weights=[0.9, 0.1], metrics=[["mae"], ["mse"]])
logged["fit"] = model.fit(X, Y, epochs=3, batch_size=10, shuffle=False, validation_split=0.25, verbose=0).history
logged["evaluate"] = model.evaluate(X, Y, batch_size=10, verbose=0)
logged["dict"] = model.evaluate({"wide": X[0], "deep": X[1]}, Y, batch_size=10, verbose=0, return_dict=True)
logged["predict"] = model.predict(X, verbose=0)
