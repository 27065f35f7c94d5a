"""The loss head: the fused and the unfused way agree, and the fused one is real Keras's."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import Sequential, config, kernels, layers, losses
from minikeras.calls import Pass
from minikeras.training.head import Fused, Head

from ..gradients import norm_relative

PAIRS = [
    ("softmax", losses.SparseCategoricalCrossentropy(), "softmax_crossentropy"),
    (None, losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=2), "softmax_crossentropy"),
    ("softmax", losses.CategoricalCrossentropy(label_smoothing=0.1), "softmax_crossentropy_dense"),
    ("sigmoid", losses.BinaryCrossentropy(), "sigmoid_crossentropy"),
    (None, losses.SparseCategoricalCrossentropy(from_logits=True), "softmax_crossentropy"),
    (None, losses.CategoricalCrossentropy(from_logits=True), "softmax_crossentropy_dense"),
    (None, losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.2), "sigmoid_crossentropy"),
]
FUSED_ACTIVATIONS = [pair for pair in PAIRS if pair[0]]


def network(activation, loss, fused=True, n=6, k=4):
    rng = np.random.default_rng(5)
    model = Sequential(
        [
            layers.Dense(3, "tanh", dtype="float64", input_shape=(2,)),
            layers.Dense(k, activation, dtype="float64"),
        ]
    )
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    model.compile("sgd", loss, fused=fused)
    y = rng.integers(0, k, n)
    if loss.targets == "one-hot":
        y = np.eye(k)[y]
    elif loss.targets == "same":
        y = rng.random((n, k))
    return model, rng.normal(size=(n, 2)), y


@pytest.mark.parametrize("weights", [None, np.linspace(0.5, 2, 6)], ids=["plain", "weighted"])
@pytest.mark.parametrize(("activation", "loss", "kernel"), PAIRS)
def test_both_ways_agree(activation, loss, kernel, weights):
    results = []
    for fused in (True, False):
        model, x, y = network(activation, loss, fused)
        results.append(model.compute_gradients(x, y, weights))
        assert isinstance(model._head, Fused) is fused
    assert results[0][0] == pytest.approx(results[1][0], rel=1e-12)
    for a, b in zip(results[0][1].values(), results[1][1].values(), strict=True):
        assert norm_relative(a, b) < 1e-12


@pytest.mark.parametrize(("activation", "loss", "kernel"), PAIRS)
def test_compiled_and_reference_kernels_agree(activation, loss, kernel):
    results = []
    for backend in ("numba", "numpy"):
        with config.using(backend=backend):
            model, x, y = network(activation, loss)
            results.append(list(model.compute_gradients(x, y)[1].values()))
    for a, b in zip(*results, strict=True):
        assert norm_relative(a, b) < 1e-14


@given(
    n=st.integers(1, 6),
    k=st.integers(1, 6),
    dtype=st.sampled_from(["float32", "float64"]),
    seed=st.integers(0, 999),
)
def test_kernels_on_all_shapes(n, k, dtype, seed):
    rng = np.random.default_rng(seed)
    z = (10 * rng.normal(size=(n, k))).astype(dtype)
    w = rng.random(n).astype(dtype)
    tolerance = 1e-5 if dtype == "float32" else 1e-13
    for name, targets in [
        ("softmax_crossentropy", rng.integers(0, k, n)),
        ("softmax_crossentropy_dense", rng.random((n, k)).astype(dtype)),
        ("sigmoid_crossentropy", rng.random((n, k)).astype(dtype)),
    ]:
        results = []
        for twin in (kernels.reference, kernels.select(np.dtype(dtype))):
            out = [np.empty_like(z), np.empty(n, dtype), np.empty_like(z)]
            getattr(twin, name)(z, targets, w, *out)
            results.append(out)
        for a, b in zip(*results, strict=True):
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
        p, _, dz = results[0]
        if name != "sigmoid_crossentropy":
            np.testing.assert_allclose(p.sum(axis=1), 1, rtol=10 * tolerance)
            np.testing.assert_allclose(dz.sum(axis=1), 0, atol=10 * tolerance * k)


def test_nan_logits_give_nan_loss():
    for backend in ("numba", "numpy"):
        with config.using(backend=backend):
            model, x, y = network("softmax", losses.SparseCategoricalCrossentropy())
            x[0, 0] = np.nan
            loss, _ = model.compute_gradients(x, y)
            assert np.isnan(loss)


@pytest.mark.parametrize(
    ("last", "loss"),
    [
        (layers.Dense(3, "relu"), losses.SparseCategoricalCrossentropy()),
        (layers.Dense(3, "softmax"), losses.SparseCategoricalCrossentropy(mode="clipped")),
        (layers.Dense(3, "softmax"), losses.SparseCategoricalCrossentropy(ignore_class=1)),
        (layers.Dense(3, "softmax"), losses.MeanSquaredError()),
        (layers.Softmax(axis=1), losses.SparseCategoricalCrossentropy()),
        (layers.Dropout(0.5), losses.SparseCategoricalCrossentropy()),
    ],
)
def test_other_pairs_are_not_fused(last, loss):
    assert not Head.resolve(last, loss).fused


def test_softmax_as_a_layer_of_its_own_is_fused_too():
    assert Head.resolve(layers.Activation("softmax"), losses.SparseCategoricalCrossentropy()).fused
    assert Head.resolve(layers.Softmax(), losses.SparseCategoricalCrossentropy()).fused


@pytest.mark.keras
@pytest.mark.parametrize(("activation", "loss", "kernel"), PAIRS)
def test_gradients_are_keras_own(keras64, activation, loss, kernel):
    import tensorflow as tf

    model, x, y = network(activation, loss)
    dense = keras64.layers.Dense
    theirs = keras64.Sequential([keras64.layers.Input((2,)), dense(3, "tanh"), dense(4, activation)])
    weights = model.get_weights()
    weights[2] *= 20  # saturates: some probabilities are far below 1e-7
    model.set_weights(weights)
    theirs.set_weights(weights)
    if activation:
        assert model(x).min() < 1e-7
    their_loss = getattr(keras64.losses, type(loss).__name__).from_config(loss.get_config())
    with tf.GradientTape() as tape:
        value = their_loss(y, theirs(x))
    gradients = tape.gradient(value, theirs.trainable_variables)
    ours = model.compute_gradients(x, y)
    assert ours[0] == pytest.approx(float(value), rel=1e-12)
    for a, b in zip(ours[1].values(), gradients, strict=True):
        assert norm_relative(a, b.numpy()) < 1e-12


@pytest.mark.parametrize("scale", [1, 5, 12])
@pytest.mark.parametrize(("activation", "loss", "kernel"), FUSED_ACTIVATIONS)
def test_both_ways_agree_when_outputs_saturate(activation, loss, kernel, scale):
    """dz of each row, wherever the true classes have p > 1e-6; other classes may be as small as they like."""
    rng = np.random.default_rng(scale)
    n, k = 200, 5
    z = scale * rng.normal(size=(n, k))
    labels = rng.integers(0, k, n)
    one_hot = np.eye(k)[labels]
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    if activation == "sigmoid":
        sigmoid = 1 / (1 + np.exp(-z))
        likely = (np.where(one_hot, sigmoid, 1 - sigmoid) > 1e-6).all(axis=1)
    else:
        likely = p[np.arange(n), labels] > 1e-6
    y = labels if loss.targets == "labels" else one_hot
    values, gradients = [], []
    for fused in (True, False):
        model = Sequential([layers.Activation(activation, dtype="float64", input_shape=(k,))])
        head = Head.resolve(model.layers[-1], loss, fused=fused)
        assert head.fused is fused
        x, over = z[likely], Pass(record=True)
        over.live.add(id(x))
        values.append(head.forward(model, x, y[likely], over=over)[0])
        gradients.append(head.backward().copy())
    assert likely.sum() > 20
    assert values[0] == pytest.approx(values[1], rel=1e-12)
    np.testing.assert_allclose(gradients[0], gradients[1], rtol=0, atol=1e-12 / likely.sum())
    assert norm_relative(*gradients) < 1e-12


@pytest.mark.parametrize(
    ("mode", "loss", "dz"), [("logits", 20.0, [-1, 1, 2.0612e-9]), ("clipped", 16.1181, [0, 0, 0])]
)
def test_saturated_softmax_in_both_meanings(mode, loss, dz):
    """Logits (0, 20, 0), the truth is class 0."""
    model = Sequential([layers.Dense(3, "softmax", dtype="float64", input_shape=(1,))])
    model.set_weights([np.zeros((1, 3)), np.array([0.0, 20.0, 0.0])])
    model.compile("sgd", losses.SparseCategoricalCrossentropy(mode=mode))
    value, gradients = model.compute_gradients(np.ones((1, 1)), [0])
    assert value == pytest.approx(loss, abs=5e-5)
    np.testing.assert_allclose(list(gradients.values())[1], dz, atol=1e-8 if mode == "logits" else 0)


@pytest.mark.keras
@pytest.mark.parametrize(
    ("activation", "loss", "fused"),
    [
        ("softmax", losses.SparseCategoricalCrossentropy(from_logits=True), True),
        ("softmax", losses.SparseCategoricalCrossentropy(ignore_class=1), False),
        ("softmax", losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=1), False),
        ("sigmoid", losses.BinaryCrossentropy(from_logits=True), True),
        ("tanh", losses.MeanSquaredError(), False),
    ],
)
@pytest.mark.filterwarnings("ignore:.*from_logits=True:UserWarning")
def test_odd_pairs_are_keras_own(keras64, activation, loss, fused):
    import tensorflow as tf

    model, x, y = network(activation, loss)
    assert Head.resolve(model.layers[-1], loss).fused is fused
    dense = keras64.layers.Dense
    theirs = keras64.Sequential([keras64.layers.Input((2,)), dense(3, "tanh"), dense(4, activation)])
    weights = model.get_weights()
    weights[2] *= 8
    model.set_weights(weights)
    theirs.set_weights(weights)
    their_loss = getattr(keras64.losses, type(loss).__name__).from_config(loss.get_config())
    with tf.GradientTape() as tape:
        value = their_loss(y, theirs(x))
    gradients = tape.gradient(value, theirs.trainable_variables)
    ours = model.compute_gradients(x, y)
    assert ours[0] == pytest.approx(float(value), rel=1e-12)
    for a, b in zip(ours[1].values(), gradients, strict=True):
        assert norm_relative(a, b.numpy()) < 1e-12


def test_from_logits_behind_a_softmax_is_said_aloud():
    with pytest.warns(UserWarning, match=r"from_logits=True, but the last layer '.*' ends with softmax"):
        Head.resolve(layers.Dense(3, "softmax"), losses.SparseCategoricalCrossentropy(from_logits=True))


@pytest.mark.parametrize("weights", [None, np.linspace(0.5, 2, 16_384, dtype="float32")], ids=["plain", "weighted"])
@pytest.mark.parametrize(
    ("activation", "loss", "y"),
    [
        ("softmax", losses.SparseCategoricalCrossentropy(), "uint8"),
        ("softmax", losses.SparseCategoricalCrossentropy(), "float32"),
        (None, losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=2), "int64"),
        ("softmax", losses.CategoricalCrossentropy(label_smoothing=0.1), "uint8"),
        ("sigmoid", losses.BinaryCrossentropy(label_smoothing=0.1), "float64"),
    ],
)
def test_fused_head_allocates_nothing_after_the_first_step(activation, loss, y, weights):
    n, k = 16_384, 4  # the smallest array, the mask, would be 16,384 bytes; the recorded calls take about 5,000
    labels = np.random.default_rng(0).integers(0, k, n)
    targets = (labels if loss.targets == "labels" else np.eye(k)[labels]).astype(y)
    model = Sequential([layers.Dense(k, activation, input_shape=(2,))])
    model.compile("sgd", loss)
    x = np.random.default_rng(1).random((n, 2), dtype=np.float32)
    model.train_on_batch(x, targets, weights)
    model._prepare(x, training=True)

    def step():
        model._head.forward(model, x, targets, weights, True, Pass(True, model._reusable))
        model._head.backward()

    assert model._head.fused
    for _ in range(3):
        step()
    tracemalloc.start()
    try:
        step()
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        step()
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert peak < 10_000


def test_an_ignored_row_has_neither_value_nor_weight_nor_gradient():
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)
    model, x, _ = network(None, loss)
    y = np.array([0, 255, 1, 255, 2, 3], "uint8")
    model.compute_gradients(x, y)
    head = model._head
    assert isinstance(head, Fused)
    ignored = y == 255
    assert not head.last_values[ignored].any()
    assert (head.last_values[~ignored] > 0).all()
    np.testing.assert_allclose(head.last_weights, np.where(ignored, 0, 0.25))
    assert not head._gradient[ignored].any()
