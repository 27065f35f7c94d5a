"""A trace's numbers are the step's numbers."""

import numpy as np
import pytest

import minikeras as keras
from minikeras import Sequential, layers
from minikeras.errors import DataError, ShapeError
from minikeras.tracing import GradientHealth


def network(activation="softmax", loss="sparse_categorical_crossentropy", **arguments):
    keras.utils.set_random_seed(3)
    model = Sequential(
        [
            layers.Flatten(input_shape=(2, 3)),
            layers.Dense(5, activation="relu", name="hidden"),
            layers.Dropout(0.5),
            layers.Activation("tanh"),
            layers.Dense(4, activation=activation, name="out"),
        ]
    )
    model.compile(keras.optimizers.SGD(0.1, momentum=0.5), loss, **arguments)
    rng = np.random.default_rng(0)
    return model, rng.random((7, 2, 3)).astype("float32"), rng.integers(0, 4, 7)


@pytest.mark.parametrize("fused", [True, False])
def test_after_is_what_training_gives_to_the_bit(fused):
    model, x, y = network(fused=fused)
    start = model.get_weights()
    trace = model.trace(x, y)
    for a, b in zip(start, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.optimizer.iterations == 0
    loss = model.train_on_batch(x, y)
    assert loss == pytest.approx(trace.loss, rel=1e-6)
    for p in model.weights:
        np.testing.assert_array_equal(p.value, trace.after[p.path])
    other, _, _ = network()
    trace.replay(other)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_apply_is_train_on_batch():
    model, x, y = network()
    twin, _, _ = network()
    model.trace(x, y, apply=True)
    twin.train_on_batch(x, y)
    for a, b in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_step_of_a_large_model_is_the_same_to_the_bit():
    """BLAS rounds otherwise on several threads than on one."""
    rng = np.random.default_rng(0)
    batch = rng.random((32, 28, 28)), rng.integers(0, 10, 32)
    models = []
    for _ in range(2):
        keras.utils.set_random_seed(1)
        model = Sequential(
            [
                layers.Flatten(input_shape=(28, 28)),
                layers.Dense(300, activation="relu"),
                layers.Dense(10, activation="softmax"),
            ]
        )
        model.compile("sgd", "sparse_categorical_crossentropy")
        models.append(model)
    traced, trained = models
    trace = traced.trace(*batch)
    for path, gradient in traced.compute_gradients(*batch)[1].items():
        np.testing.assert_array_equal(trace.gradients[path], gradient)
    trained.train_on_batch(*batch)
    trace.replay(traced)
    for a, b in zip(traced.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("fused", [True, False])
def test_the_numbers_follow_from_each_other(fused):
    """Each formula shown is computed again, from the other numbers shown, in float64."""
    model, x, y = network(fused=fused)
    t = model.trace(x, y)
    q = {(layer.name, item.name): item.value.astype("float64") for layer in t.layers for item in layer}
    w = {p.path.split("/", 1)[1]: t.before[p.path].astype("float64") for p in model.weights}
    close = {"rtol": 1e-4, "atol": 1e-6}
    for name in ("hidden", "out"):
        np.testing.assert_allclose(q[name, "z"], q[name, "x"] @ w[f"{name}/kernel"] + w[f"{name}/bias"], **close)
        np.testing.assert_allclose(q[name, "dkernel"], q[name, "x"].T @ q[name, "dz"], **close)
        np.testing.assert_allclose(q[name, "dbias"], q[name, "dz"].sum(axis=0), **close)
        np.testing.assert_allclose(q[name, "dx"], q[name, "dz"] @ w[f"{name}/kernel"].T, **close)
    np.testing.assert_allclose(q["hidden", "y"], np.maximum(q["hidden", "z"], 0), **close)
    np.testing.assert_allclose(q["hidden", "dz"], q["hidden", "dy"] * (q["hidden", "z"] > 0), **close)
    p = q["out", "y"]
    np.testing.assert_allclose(q["out", "dz"], (p - np.eye(4)[y]) / 7, **close)
    np.testing.assert_allclose(t["values"].value, -np.log(p[np.arange(7), y]), **close)
    assert float(t["loss"].value) == pytest.approx(t.loss, rel=1e-5)
    np.testing.assert_allclose(t["weights"].value, 1 / 7, rtol=1e-6)
    for path, gradient in t.gradients.items():
        np.testing.assert_allclose(t.after[path], t.before[path] - np.float32(0.1) * gradient, **close)


def test_gradients_are_those_of_compute_gradients():
    model, x, y = network()
    model.pop()
    model.layers[2].rate = 0  # without Dropout both walk the same way
    model.add(layers.Dense(4, activation="softmax", name="top"))
    _, gradients = model.compute_gradients(x, y, np.linspace(0, 2, 7))
    trace = model.trace(x, y, np.linspace(0, 2, 7))
    for path, gradient in gradients.items():
        np.testing.assert_array_equal(trace.gradients[path], gradient)


def test_explain_adds_up():
    model, x, y = network()
    t = model.trace(x, y)
    text = t.explain("out/kernel", (3, 1), terms=2)
    lines = text.splitlines()
    assert lines[0].startswith("∂L/∂kernel[3, 1] of out = Σₙ x[n, 3] · dz[n, 1] = ")
    numbers = [float(line.rsplit(" ", 1)[1]) for line in lines[1:]]
    assert sum(numbers) == pytest.approx(t["out/kernel"][3, 1], rel=1e-4, abs=1e-7)
    assert "smaller terms" in lines[-1]
    assert "Σₙ dz[n, 2]" in t.explain("out/bias", (2,))
    with pytest.raises(KeyError, match="No trained parameter"):
        t.explain("nothing/kernel", (0, 0))
    for index in ((0,), (0, 4), (0, 0, 0)):
        with pytest.raises(IndexError, match=r"out/kernel has the shape \(5, 4\)"):
            t.explain("out/kernel", index)
    with pytest.raises(ShapeError):
        t.replay(Sequential([layers.Dense(3, input_shape=(2,))]))


def test_a_penalty_is_part_of_the_gradient_and_of_its_explanation():
    model = Sequential(
        [layers.Dense(2, kernel_regularizer=keras.regularizers.L2(0.5), input_shape=(1,), dtype="float64", name="d")]
    )
    model.set_weights([[[1.0, 2.0]], [0.0, 0.0]])
    model.compile("sgd", "mse")
    t = model.trace([[1.0]], [[0.0, 0.0]])  # L = (w₁² + w₂²) / 2 + (w₁² + w₂²) / 2
    np.testing.assert_array_equal(t["d", "dkernel"].value, [[2.0, 4.0]])
    np.testing.assert_array_equal(t["d/kernel"], [[2.0, 4.0]])
    assert t["d", "dkernel"].formula == "dW = xᵀ dz + ∂R/∂W"
    lines = t.explain("d/kernel", (0, 1)).splitlines()
    assert lines[0].endswith("+ ∂R/∂kernel[0, 1] = 4")
    assert lines[-1].endswith("the regularizer's: 2")


def test_it_can_be_read():
    model, x, y = network()
    t = model.trace(x, y)
    text = str(t)
    for piece in ("Forward", "z = x W + b    (7, 5)", "Loss", "dz = (p − t) · w", "Backward", "Update", "η = 0.1"):
        assert piece in text
    assert r"\begin{align*}" in t.to_latex()
    with pytest.raises(KeyError, match="Did you mean 'hidden'"):
        t["hiden", "z"]
    with pytest.raises(KeyError, match="no quantity 'q'"):
        t["hidden", "q"]


def test_gradient_health_follows_and_names_the_first_nan():
    model, x, y = network()
    health = GradientHealth()
    model.fit(x, y, epochs=3, verbose=0, callbacks=[health])
    entry = health.history[model.weights[0].path]
    assert {name: len(values) for name, values in entry.items()} == {
        "gradient_norm": 3,
        "update_ratio": 3,
        "zero_share": 3,
    }
    model.weights[0].value[0, 0] = np.nan
    with pytest.raises(DataError, match=r"First NaN or infinity: the \w+ of .*hidden/kernel, epoch 1, step 0"):
        model.fit(x, y, verbose=0, callbacks=[GradientHealth()])
