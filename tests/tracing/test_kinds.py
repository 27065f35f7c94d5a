"""Traces of sequences, attention, graphs with several inputs and outputs, and of an optimizer's slots."""

import re

import numpy as np

import minikeras as keras
from minikeras import layers


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def test_an_lstm_has_its_gates_and_states_row_by_row():
    rng = np.random.default_rng(0)
    model = keras.Sequential([layers.LSTM(2, input_shape=(4, 3), dtype="float64", name="lstm")])
    w, u, b = rng.normal(size=(3, 8)), rng.normal(size=(2, 8)), rng.normal(size=8)
    model.set_weights([w, u, b])
    model.compile("sgd", "mse")
    x = rng.normal(size=(4, 4, 3))  # as many rows as steps
    trace = model.trace(x, np.zeros((4, 2)))
    h, c = np.zeros((4, 2)), np.zeros((4, 2))
    for t in range(4):
        found = {q.name: q.value[:, t] for q in trace["lstm"] if q.value.ndim == 3}
        np.testing.assert_allclose(found["h_before"], h, atol=1e-12)
        np.testing.assert_allclose(found["c_before"], c, atol=1e-12)
        i, f, g, o = np.split(x[:, t] @ w + h @ u + b, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        for name, value in {"i": sigmoid(i), "f": sigmoid(f), "g": np.tanh(g), "o": sigmoid(o), "c": c, "h": h}.items():
            np.testing.assert_allclose(found[name], value, atol=1e-12)
    assert trace["lstm", "c"].formula == "c = f ⊙ c′ + i ⊙ g"


def test_attention_has_its_weights_by_head_and_an_operator_its_own_entry():
    rng = np.random.default_rng(1)
    x = keras.Input((3, 4), name="x")
    y = x + layers.MultiHeadAttention(2, 3, name="attend")(x, x)
    model = keras.Model(x, y)
    model.compile("sgd", "mse")
    trace = model.trace(rng.normal(size=(2, 3, 4)), np.zeros((2, 3, 4)))
    q, k, v = (trace["attention", name].value for name in "qkv")
    e = np.einsum("nthd,nshd->nhts", q, k) / np.sqrt(3)
    p = np.exp(e) / np.exp(e).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(trace["attention", "p"].value, p, rtol=1e-5)
    np.testing.assert_allclose(trace["attention", "y[0]"].value, np.einsum("nhts,nshd->nthd", p, v), atol=1e-5)
    add = trace.layers[-1]
    assert add.kind == "Add"
    np.testing.assert_array_equal(add["y"].value, add["x1"].value + add["x2"].value)


def test_several_inputs_and_outputs_are_traced():
    rng = np.random.default_rng(2)
    left, right = keras.Input((3,), name="left"), keras.Input((2,), name="right")
    h = layers.Concatenate(name="both")([left, right])
    kind = layers.Dense(2, activation="softmax", name="kind")(h)
    model = keras.Model({"left": left, "right": right}, [kind, layers.Dense(1, name="size")(h)])
    model.compile("sgd", ["sparse_categorical_crossentropy", "mse"], loss_weights=[1.0, 0.5])
    x = {"left": rng.normal(size=(4, 3)), "right": rng.normal(size=(4, 2))}
    y = [np.array([0, 1, 1, 0]), rng.normal(size=(4, 1))]
    loss, gradients = model.compute_gradients(x, y)
    trace = model.trace(x, y)
    assert abs(trace.loss - loss) < 1e-6
    for path, gradient in gradients.items():
        np.testing.assert_array_equal(trace.gradients[path], gradient)
    p = trace["kind", "y"].value
    np.testing.assert_allclose(p, model.predict(x, verbose=0)[0], rtol=1e-6)
    np.testing.assert_allclose(trace["values[kind]"].value, -np.log(p[range(4), y[0]]), rtol=1e-5)
    total = trace["loss[kind]"].value + 0.5 * trace["loss[size]"].value
    np.testing.assert_allclose(total, trace.loss, rtol=1e-6)


def test_slots_before_and_after_a_step_are_kept():
    model = keras.Sequential([layers.Dense(1, use_bias=False, input_shape=(1,), dtype="float64")])
    model.compile(keras.optimizers.SGD(0.5, momentum=0.5), "mse")
    model.set_weights([[[1.0]]])
    model.train_on_batch(np.array([[1.0]]), np.array([[0.0]]))  # g = 2, v = −1, w = 0
    trace = model.trace(np.array([[1.0]]), np.array([[1.0]]))  # g = −2, v = 0.5 · −1 + 1 = 0.5
    [slots] = trace.slots.values()
    before, after = slots["momentum"]
    assert (before.item(), after.item(), trace.iteration) == (-1.0, 0.5, 2)
    assert model.optimizer.variables[-1].value.item() == -1.0  # put back


def test_a_notebook_shows_a_model_s_summary():
    model = keras.Sequential([layers.Dense(2, input_shape=(3,), name="<b>")], name="m")
    html = model._repr_html_()
    assert "Model: &quot;m&quot;\nTotal params: 8 (32.00 B)" in html
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", html)
    assert cells == ["&lt;b&gt; (Dense)", "(None, 2)", "8"]
