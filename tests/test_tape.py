"""GradientTape and grad: hand-worked numbers, structures, what is refused."""

import numpy as np
import pytest

import minikeras as keras
from minikeras import GradientTape, Input, Model, layers, losses, ops

X = np.array([1.0, -2.0, 3.0])


def test_the_gradient_of_a_cube_by_hand():
    x = ops.convert_to_tensor(X)
    with GradientTape() as tape:
        tape.watch(x)
        y = x**3
    np.testing.assert_allclose(tape.gradient(y, x), 3 * X**2)


def test_sources_in_structures_and_unconnected_ones():
    a, b, c = (keras.Variable(X, name=n) for n in "abc")
    with GradientTape(persistent=True) as tape:
        y = ops.sum(a * b)
    found = tape.gradient(y, {"a": a, "rest": [b, c]})
    np.testing.assert_array_equal(found["a"], X)
    np.testing.assert_array_equal(found["rest"][0], X)
    assert found["rest"][1] is None
    np.testing.assert_array_equal(tape.gradient(y, c, unconnected_gradients="zero"), np.zeros(3))
    assert [v.name for v in tape.watched_variables()] == ["a", "b"]


def test_a_source_inside_the_block_gets_its_gradient():
    v = keras.Variable(X)
    with GradientTape() as tape:
        h = v * 2
        y = h * h
    found = tape.gradient(y, [h, v])
    np.testing.assert_allclose(found[0], 4 * X)
    np.testing.assert_allclose(found[1], 8 * X)


def test_only_what_is_watched_counts_without_accessed_variables():
    a, b = keras.Variable(X), keras.Variable(X)
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(a)
        y = a * b
    found = tape.gradient(y, [a, b])
    np.testing.assert_array_equal(found[0], X)
    assert found[1] is None


def test_two_tapes_in_one_block_each_give_their_gradients():
    v = keras.Variable(X)
    with GradientTape() as first, GradientTape() as second:
        y, z = v * v, v * 3
    np.testing.assert_allclose(first.gradient(y, v), 2 * X)
    np.testing.assert_allclose(second.gradient(z, v), [3, 3, 3])


def test_a_second_gradient_needs_a_persistent_tape():
    v = keras.Variable(X)
    with GradientTape() as tape:
        y = v * v
    tape.gradient(y, v)
    with pytest.raises(RuntimeError, match="non-persistent"):
        tape.gradient(y, v)


def test_second_derivatives_are_refused_by_name():
    v = keras.Variable(X)
    with GradientTape():
        with GradientTape() as inner:
            y = v**3
        with pytest.raises(RuntimeError, match="Derivatives of derivatives"):
            inner.gradient(y, v)


def test_jacobians_by_hand():
    w = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    x = ops.convert_to_tensor(np.array([[1.0, 1.0, 2.0], [0.0, 3.0, 1.0]]))
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = ops.matmul(x * x, w)
    full, rows = tape.jacobian(y, x), tape.batch_jacobian(y, x)
    for n in range(2):
        np.testing.assert_allclose(rows[n], (2 * np.asarray(x)[n][:, None] * w).T)
        np.testing.assert_allclose(full[n, :, n], rows[n])
    assert not np.asarray(full[0, :, 1]).any()


@pytest.mark.parametrize("loss", ["MeanSquaredError", "Huber", "BinaryCrossentropy", "MeanAbsoluteError"])
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "none"])
def test_a_loss_on_a_tape_has_the_gradient_of_its_backward(loss, reduction):
    rng = np.random.default_rng(0)
    y, p = rng.uniform(size=(4, 2)), ops.convert_to_tensor(rng.uniform(0.1, 0.9, size=(4, 2)))
    f = getattr(losses, loss)(reduction=reduction)
    with GradientTape() as tape:
        tape.watch(p)
        total = f(y, p, sample_weight=[1.0, 2.0, 0.5, 0.0])
    np.testing.assert_allclose(tape.gradient(total, p), f.backward(y, np.asarray(p), [1.0, 2.0, 0.5, 0.0]), rtol=1e-12)


def test_a_loss_of_two_outputs_of_trained_layers_goes_back_to_both():
    v, w = keras.Variable(X[None]), keras.Variable(2 * X[None])
    with GradientTape() as tape:
        total = losses.MeanSquaredError()(v * 1, w * 1)
    found = tape.gradient(total, [v, w])
    np.testing.assert_allclose(found[0], 2 * (X - 2 * X)[None] / 3)
    np.testing.assert_allclose(found[1], -np.asarray(found[0]))
    with GradientTape(), pytest.raises(TypeError, match="no derivative by y_true"):
        losses.CategoricalCrossentropy()(v * 1, w * 1)


def test_a_custom_loss_and_a_function_train_as_the_built_in_one():
    class Mine(losses.Loss):
        def call(self, y_true, y_pred):
            return ops.mean(ops.square(y_pred - y_true), axis=-1)

    def mine(y_true, y_pred):
        return ops.mean((y_pred - y_true) ** 2, axis=-1)

    x, y = np.random.default_rng(0).normal(size=(2, 12, 3))
    weights = []
    for loss in ("mse", Mine(), mine):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([layers.Dense(4, activation="tanh"), layers.Dense(3)])
        model.compile(optimizer="sgd", loss=loss)
        model.fit(x, y, epochs=2, batch_size=4, verbose=0)
        weights.append(model.get_weights())
    for other in weights[1:]:
        for a, b in zip(weights[0], other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)


def test_stop_gradient_and_custom_gradient():
    @ops.custom_gradient
    def halved(x):
        return x * 2, lambda upstream: 0.5 * upstream

    x = ops.convert_to_tensor(X)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y, z = x * ops.stop_gradient(x), halved(x)
    np.testing.assert_allclose(tape.gradient(y, x), X)
    np.testing.assert_allclose(z, 2 * X)
    np.testing.assert_allclose(tape.gradient(z, x), [0.5, 0.5, 0.5])


def test_grad_and_value_and_grad():
    value, (by_x, by_y) = keras.value_and_grad(lambda x, y: ops.sum(x * y**2), argnums=(0, 1))(X, 2 * X)
    assert float(value) == pytest.approx(float((4 * X**3).sum()))
    np.testing.assert_allclose(by_x, 4 * X**2)
    np.testing.assert_allclose(by_y, 4 * X**2)
    with pytest.raises(ValueError, match="one number"):
        keras.grad(lambda x: x * 2)(X)


def test_watching_integers_is_refused():
    with GradientTape() as tape, pytest.raises(ValueError, match="tensors of floats"):
        tape.watch(ops.convert_to_tensor([1, 2]))


@pytest.mark.parametrize("swapped", [False, True])
def test_the_gradient_of_a_loss_of_a_single_row_without_axes_is_not_lost(swapped):
    v = keras.Variable(np.array([0.3, 1.7]), dtype="float64")
    loss, target = keras.losses.Huber(), np.array([1.0])
    with keras.GradientTape() as tape:
        y = keras.ops.expand_dims(v[0], 0)
        value = loss(y, target) if swapped else loss(target, y)
    assert np.allclose(tape.gradient(value, v), [-0.7, 0])  # L = (y − 1)² / 2 for small differences


def test_the_gradient_of_a_call_that_returns_a_number_is_not_lost():
    class Total(keras.layers.Layer):
        def call(self, x):
            self.save(shape=x.shape)
            return np.sum(x)  # NumPy gives a number, not an array

        def backward(self, dy):
            return np.full(self.saved()["shape"], dy)

    v = keras.Variable(np.ones((2, 3)))
    with keras.GradientTape() as tape:
        value = Total()(v * 2.0) * 3.0
    assert np.allclose(tape.gradient(value, v), 6)


def test_an_output_that_the_same_model_used_inside_has_its_whole_gradient():
    """Grad-CAM: a model gives the output of a layer beside its prediction."""
    rng = np.random.default_rng(3)
    x = Input((6,), dtype="float64")
    h = layers.Dense(4, "tanh", dtype="float64")(x)
    model = Model(x, [h, layers.Dense(3, dtype="float64")(layers.Identity(dtype="float64")(h))])
    with GradientTape(persistent=True) as tape:
        a, p = model(rng.normal(size=(5, 6)))
        score, both = ops.sum(p[:, 1]), ops.sum(p[:, 1]) + 2 * ops.sum(a)
    w = model.layers[-1].kernel.value[:, 1]
    np.testing.assert_allclose(tape.gradient(score, a), np.tile(w, (5, 1)), rtol=1e-14)
    np.testing.assert_allclose(tape.gradient(both, a), np.tile(w + 2, (5, 1)), rtol=1e-14)
