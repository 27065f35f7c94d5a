"""Preprocessing layers: derivatives, vocabularies and files, inputs of every kind, what is refused."""

import numpy as np
import pytest

import minikeras as keras
from minikeras import layers

from ...gradients import check_layer


@pytest.mark.parametrize(
    "layer",
    [
        layers.Rescaling(3.0, offset=-1.0, dtype="float64"),
        layers.Rescaling(np.array([1.0, -2.0]), dtype="float64"),
        layers.Normalization(mean=[1.0, 2.0], variance=[4.0, 9.0], dtype="float64"),
        layers.Normalization(mean=1.0, variance=4.0, axis=None, invert=True, dtype="float64"),
        layers.PReLU("random_normal", dtype="float64"),
        layers.PReLU("random_normal", shared_axes=[1], dtype="float64"),
    ],
    ids=lambda layer: layer.name,
)
def test_gradients(layer):
    rng = np.random.default_rng(0)
    check_layer(layer, rng.normal(size=(3, 4, 2)), rng)


def test_prelu_by_hand():
    layer = layers.PReLU(keras.initializers.Constant(0.5), dtype="float64")
    x = np.array([[-2.0, 0.0], [-4.0, 3.0]])
    np.testing.assert_array_equal(layer(x, record=True), [[-1, 0], [-2, 3]])
    np.testing.assert_array_equal(layer.backward(np.full((2, 2), 10.0)), [[5, 0], [5, 10]])
    np.testing.assert_array_equal(layer.alpha.grad, [-60, 0])
    with pytest.raises(ValueError, match="alpha"):
        layer(np.ones((2, 3)))


@pytest.mark.keras
@pytest.mark.parametrize("shared", [None, [1]])
def test_prelu_is_keras_s(shared):
    theirs = pytest.importorskip("keras")
    import tensorflow as tf

    x = np.random.default_rng(0).normal(size=(3, 4, 2)).astype("float32")
    x[0, 0, 0] = 0
    ours, other = (m.layers.PReLU("ones", shared_axes=shared, name="p") for m in (keras, theirs))
    z = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(z)
        y = other(z)
    dx, dalpha = tape.gradient(y, [z, other.alpha.value])
    np.testing.assert_allclose(ours(x, record=True), y.numpy(), rtol=1e-6)
    np.testing.assert_allclose(ours.backward(np.ones_like(x)), dx.numpy(), rtol=1e-6)
    np.testing.assert_allclose(ours.alpha.grad, dalpha.numpy(), rtol=1e-5)
    assert {k: v for k, v in ours.get_config().items() if k != "dtype"} == {
        k: v for k, v in other.get_config().items() if k != "dtype"
    }


def test_normalization_of_batches_is_that_of_all_rows():
    x = np.random.default_rng(0).normal(2, 3, size=(30, 4))
    whole, parts = layers.Normalization(dtype="float64"), layers.Normalization(dtype="float64")
    whole.adapt(x)
    parts.adapt(iter([(x[:7], None), (x[7:8], None), (x[8:], None)]))
    np.testing.assert_allclose(parts.mean, whole.mean, rtol=1e-13)
    np.testing.assert_allclose(parts.variance, whole.variance, rtol=1e-13)
    np.testing.assert_allclose(whole(x).mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(whole(x).std(axis=0), 1, rtol=1e-13)


def test_a_normalized_model_trains():
    rng = np.random.default_rng(0)
    x, y = rng.normal(100, 50, size=(40, 3)), rng.integers(0, 2, 40)
    normalization = layers.Normalization()
    normalization.adapt(x)
    model = keras.Sequential([normalization, layers.Dense(2, activation="softmax")])
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd")
    losses = model.fit(x, y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0] < 3


@pytest.mark.parametrize(
    "words",
    [
        np.array(["a", "b"]),
        np.array(["a", "b"], object),
        np.array([b"a", b"b"]),
        ["a", "b"],
        np.array([b"a", "b"], object),
    ],
)
def test_strings_of_every_kind(words):
    layer = layers.StringLookup(vocabulary=["b", "a"])
    assert layer(words).tolist() == [2, 1]
    assert layer.backward(None) is None


def test_vocabulary_files(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("b\na\né\n", encoding="utf-8")
    layer = layers.StringLookup(vocabulary=str(path), mask_token="")
    assert layer.get_vocabulary() == ["", "[UNK]", "b", "a", "é"]
    assert layer(np.array(["é", "", "q"])).tolist() == [4, 0, 1]
    path.write_text("7\n5\n")
    assert layers.IntegerLookup(vocabulary=str(path))(np.array([5, 7])).tolist() == [2, 1]
    with pytest.raises(ValueError, match="does not exist"):
        layers.StringLookup(vocabulary=str(tmp_path / "none"))


def test_an_adapted_vocabulary_goes_through_its_file(tmp_path):
    layer = layers.StringLookup(output_mode="tf_idf")
    layer.adapt(np.array([["a", "b"], ["b", "c"]]))
    store: dict = {}
    layer.save_assets(tmp_path)
    layer.save_own_variables(store)
    again = layers.deserialize(layers.serialize(layer))
    with pytest.raises(RuntimeError, match="without its vocabulary"):
        again(np.array([["a"]]))
    again.load_own_variables(store)
    again.load_assets(tmp_path)
    x = np.array([["a", "c", "z"]])
    np.testing.assert_array_equal(again(x), layer(x))


def test_batches_count_as_one_array():
    whole, parts = layers.IntegerLookup(), layers.IntegerLookup()
    x = np.random.default_rng(0).integers(0, 9, size=(20, 2))
    whole.adapt(x)
    parts.adapt(iter([x[:5], x[5:], 100 * x]), steps=2)
    assert parts.get_vocabulary() == whole.get_vocabulary()


def test_invert_undoes():
    vocabulary = ["x", "y", "z"]
    there, back = (layers.StringLookup(vocabulary=vocabulary, mask_token="", invert=i) for i in (False, True))
    assert back(there(np.array(["y", "", "q", "z"]))).tolist() == ["y", "", "[UNK]", "z"]


def test_integers_keep_their_digits():
    """2²⁴ + 1 is no float32."""
    layer = layers.IntegerLookup(vocabulary=[2**24, 2**24 + 1])
    assert layer(np.array([2**24 + 1])).tolist() == [2]


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: layers.StringLookup(vocabulary=["a", "a"]), "repeated"),
        (lambda: layers.StringLookup(vocabulary=[]), "empty"),
        (lambda: layers.StringLookup(vocabulary=["a", "m", "b"], mask_token="m"), "reserved mask"),
        (lambda: layers.StringLookup(max_tokens=2, vocabulary=["a", "b"]), "larger"),
        (lambda: layers.StringLookup(num_oov_indices=0, vocabulary=["a"])(["b"]), "'b'"),
        (lambda: layers.StringLookup(vocabulary=["a"])(np.ones(2)), "expects strings"),
        (lambda: layers.StringLookup(vocabulary=["a"]).adapt(["b"]), "static"),
        (lambda: layers.StringLookup(output_mode="bits"), "output_mode"),
        (lambda: layers.StringLookup(output_mode="count", sparse=True), "sparse"),
        (lambda: layers.StringLookup(salt="x"), "salt"),
        (lambda: layers.IntegerLookup(vocabulary=[1])(np.array([np.nan])), "NaN"),
        (lambda: layers.IntegerLookup(salt=3), "farmhash"),
        (lambda: layers.CategoryEncoding(3)(np.array([3])), "from 0 to 2"),
        (lambda: layers.CategoryEncoding(3)(np.array([-1])), "from 0 to 2"),
        (lambda: layers.CategoryEncoding(3)(np.array([1]), count_weights=[2.0]), "count_weights"),
        (lambda: layers.Discretization(num_bins=3)(np.ones(2)), "adapt"),
        (lambda: layers.Discretization([1.0])(np.array([np.nan])), "NaN"),
        (lambda: layers.Discretization(), "need to set"),
        (lambda: layers.Hashing(0), "num_bins"),
        (lambda: layers.HashedCrossing(3)([np.array([1])]), "at least two"),
        (lambda: layers.HashedCrossing(3)([np.array([1.0]), np.array([1])]), "integer or string"),
        (lambda: layers.Normalization(mean=1.0), "both"),
        (lambda: layers.Normalization(mean=[1.0, 2.0], variance=[1.0]), "same shape"),
        (lambda: layers.Normalization().adapt(iter([])), "no data"),
        (lambda: layers.Normalization(axis=3).adapt(np.ones((2, 2))), "axis"),
    ],
)
def test_what_is_refused(make, match):
    with pytest.raises(ValueError, match=match):
        make()


def test_category_weights():
    layer = layers.CategoryEncoding(3, output_mode="count")
    got = layer(np.array([[0, 2, 2]]), count_weights=np.array([[1.0, 0.5, 0.25]]))
    np.testing.assert_array_equal(got, [[1, 0, 0.75]])


def test_the_mean_of_a_normalization_is_a_tensor():
    layer = layers.Normalization()
    layer.adapt(np.array([[1.0, 2.0], [3.0, 6.0]], "float32"))
    np.testing.assert_allclose(layer.mean.numpy(), [[2.0, 4.0]])
    np.testing.assert_allclose(np.asarray(layer(np.array([[3.0, 4.0]], "float32"))), [[1.0, 0.0]], atol=1e-6)
