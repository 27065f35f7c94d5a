"""The article's program, in Keras's spelling, with nothing changed but the import, the data and the epochs."""

import numpy as np
import pytest

import minikeras as keras
from minikeras.plotting import image_grid, predictions


def test_the_articles_program():
    pd = pytest.importorskip("pandas")
    keras.utils.set_random_seed(42)
    (X_train_full, y_train_full), (X_test, y_test) = keras.datasets.fashion_mnist.load_sample()
    X_train, y_train = X_train_full[:-5000], y_train_full[:-5000]
    X_valid, y_valid = X_train_full[-5000:], y_train_full[-5000:]
    X_train, X_valid, X_test = X_train / 255.0, X_valid / 255.0, X_test / 255.0
    class_names = keras.datasets.fashion_mnist.class_names

    model = keras.Sequential(
        [
            keras.layers.Flatten(input_shape=[28, 28]),
            keras.layers.Dense(300, activation="relu"),
            keras.layers.Dense(100, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    assert model.count_params() == 784 * 300 + 300 + 300 * 100 + 100 + 100 * 10 + 10
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
    history = model.fit(X_train, y_train, epochs=3, validation_data=(X_valid, y_valid), verbose=0)

    table = pd.DataFrame(history.history)
    assert list(table.columns) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert table.shape == (3, 4)
    assert table["loss"].is_monotonic_decreasing

    loss, accuracy = model.evaluate(X_test, y_test, verbose=0)
    assert 0.65 < accuracy < 0.85  # after three epochs on a twelfth of the data

    y_proba = model.predict(X_test, verbose=0)
    assert y_proba.shape == (2000, 10)
    np.testing.assert_allclose(y_proba.sum(axis=1), 1, atol=1e-6)
    y_pred = y_proba.argmax(axis=-1)
    assert np.mean(y_pred == y_test) == pytest.approx(accuracy, abs=1e-6)
    p_true = y_proba[np.arange(2000), y_test].astype(np.float64)
    assert -np.log(p_true).mean() == pytest.approx(loss, rel=1e-5)

    pytest.importorskip("matplotlib")
    table.plot(figsize=(8, 5))
    grid = image_grid(X_train[:25], y_train[:25], class_names)
    shown = predictions(X_test[:25], y_test[:25], y_pred[:25], class_names)
    assert grid.axes[0].get_title() == class_names[y_train[0]]
    blue = [ax.title.get_color() == "blue" for ax in shown.axes]
    assert blue == list(y_pred[:25] == y_test[:25])
