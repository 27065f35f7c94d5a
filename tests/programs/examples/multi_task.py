# Several tasks with dictionaries of outputs, losses, weights and metrics; data from a generator and a PyDataset.
from keras import layers

rng = np.random.default_rng(1)
x = keras.Input((4,), name="x")
h = layers.Dense(7, activation="tanh")(x)
outputs = {
    "price": layers.Dense(1, name="price")(h),
    "kind": layers.Dense(3, activation="softmax", name="kind")(h),
    "sold": layers.Dense(1, activation="sigmoid", name="sold")(h),
}
model = keras.Model(x, outputs)
same_start(model)

X = rng.normal(size=(30, 4))
Y = {
    "price": rng.normal(size=(30, 1)),
    "kind": rng.integers(0, 3, (30, 1)),
    "sold": rng.integers(0, 2, (30, 1)).astype("float64"),
}
W = {"price": rng.random(30), "kind": rng.random(30), "sold": rng.random(30)}
model.compile(
    keras.optimizers.Adam(0.01),
    loss={"price": "mse", "kind": "sparse_categorical_crossentropy", "sold": "binary_crossentropy"},
    loss_weights={"price": 0.5, "kind": 1.0, "sold": 2.0},
    metrics={"kind": ["accuracy"], "sold": ["accuracy", "mae"]},
    weighted_metrics={"kind": ["accuracy"], "price": ["mae"]},
)
logged["fit"] = model.fit(X, Y, sample_weight=W, epochs=2, batch_size=10, shuffle=False, verbose=0).history


class Rows(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, i):
        rows = slice(10 * i, 10 * i + 10)
        return X[rows], {name: y[rows] for name, y in Y.items()}


def generator():
    data = Rows()
    while True:
        for i in range(3):
            yield data[i]


logged["dataset"] = model.fit(Rows(), epochs=1, shuffle=False, verbose=0).history
logged["generator"] = model.fit(generator(), steps_per_epoch=2, epochs=2, verbose=0).history
logged["evaluate"] = model.evaluate(X, Y, sample_weight=W, batch_size=10, verbose=0, return_dict=True)
logged["list"] = model.evaluate(X, Y, batch_size=10, verbose=0)
logged["predict"] = model.predict(X, batch_size=7, verbose=0)
logged["batch"] = model.test_on_batch(X, Y, return_dict=True)
