# A bagged ensemble: networks trained on bootstrap samples, joined by Average into one model.
from keras import layers

keras.utils.set_random_seed(8)
rng = np.random.default_rng(15)
X = rng.normal(size=(72, 4))
y = (X @ [1.0, -2.0, 0.5, 0.0] + 0.3 * rng.normal(size=72) > 0).astype("int32")


def make(number):
    inputs = keras.Input((4,))
    x = layers.Dense(6, activation="relu", name=f"hidden_{number}")(inputs)
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(x), name=f"member_{number}")


members = []
for number in range(3):
    rows = np.random.randint(0, len(X), len(X))
    member = make(number)
    member.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    logged[f"member {number}"] = member.fit(X[rows], y[rows], epochs=2, batch_size=24, verbose=0).history
    members.append(member)

inputs = keras.Input((4,))
average = layers.Average()([member(inputs) for member in members])
ensemble = keras.Model(inputs, average, name="ensemble")
ensemble.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"], optimizer="sgd")
logged["evaluate"] = ensemble.evaluate(X, y, verbose=0)
logged["mean"] = ensemble.predict(X[:5], verbose=0) - np.mean([m.predict(X[:5], verbose=0) for m in members], axis=0)
logged["tuned"] = ensemble.fit(X, y, epochs=2, class_weight={0: 1.0, 1: 2.0}, verbose=0).history

copy = keras.models.clone_model(ensemble)
copy.set_weights(ensemble.get_weights())
logged["copy"] = copy.predict(X[:5], verbose=0) - ensemble.predict(X[:5], verbose=0)
logged["names"] = [ensemble.get_layer("member_1").count_params(), len(ensemble.layers)]
