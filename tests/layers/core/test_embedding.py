"""Embedding: rows that are read, the gradient of rows read twice, and which rows are touched."""

import numpy as np
import pytest

from minikeras import config, layers


@pytest.fixture(params=["numba", "numpy"])
def embedding(request):
    with config.using(backend=request.param):
        layer = layers.Embedding(5, 2, dtype="float64")
        layer.build(None)
        layer.set_weights([np.arange(10.0).reshape(5, 2)])
        yield layer


def test_reads_rows(embedding):
    np.testing.assert_array_equal(embedding(np.array([[4, 0]])), [[[8, 9], [0, 1]]])
    np.testing.assert_array_equal(embedding(np.array([2.0])), [[4, 5]])


def test_a_row_read_twice_gets_both_gradients(embedding):
    embedding(np.array([[1, 3], [1, 1]]), record=True)
    embedding.backward(np.array([[[1.0, 2], [3, 4]], [[5, 6], [7, 8]]]))
    np.testing.assert_array_equal(embedding.embeddings.grad, [[0, 0], [13, 16], [0, 0], [3, 4], [0, 0]])
    np.testing.assert_array_equal(embedding.embeddings.rows, [1, 3, 1, 1])
    np.testing.assert_array_equal(embedding.embeddings.row_gradients, [[1, 2], [3, 4], [5, 6], [7, 8]])


def test_the_next_gradient_forgets_the_rows_of_the_last(embedding):
    for ids in ([0, 1], [4], [1]):
        embedding(np.array(ids), record=True)
        embedding.backward(np.ones((len(ids), 2)))
        expected = np.zeros((5, 2))
        expected[ids] = 1
        np.testing.assert_array_equal(embedding.embeddings.grad, expected)
        np.testing.assert_array_equal(embedding.embeddings.rows, ids)


def test_a_regularizer_may_have_written_any_row():
    layer = layers.Embedding(3, 1, embeddings_regularizer="l2", dtype="float64")
    for _ in range(2):
        layer(np.array([1]), record=True)
        layer.backward(np.ones((1, 1)))
        np.testing.assert_array_equal(layer.embeddings.grad, [[0], [1], [0]])
        layer.embeddings.grad[...] += 5


@pytest.mark.parametrize("ids", [[5], [-1], [0, 7]])
def test_an_id_out_of_range_is_named(embedding, ids):
    with pytest.raises(ValueError, match=r"ids 0 to 4\. Received ids from"):
        embedding(np.array(ids))


@pytest.mark.parametrize("arguments", [(0, 2), (2, 0), (2.0, 2), (True, 2)])
def test_sizes_are_positive_integers(arguments):
    with pytest.raises(ValueError, match="must be a positive integer"):
        layers.Embedding(*arguments)


def test_mask_zero():
    ids = np.array([[0, 2]])
    assert layers.Embedding(3, 1).compute_mask(ids) is None
    np.testing.assert_array_equal(layers.Embedding(3, 1, mask_zero=True).compute_mask(ids), [[False, True]])


@pytest.mark.keras
def test_keras_agrees_on_config_and_initial_weights():
    keras = pytest.importorskip("keras")
    arguments = {"embeddings_initializer": keras.initializers.RandomUniform(seed=3), "mask_zero": True, "name": "e"}
    theirs = keras.layers.Embedding(7, 3, **arguments)
    ours = layers.deserialize(keras.layers.serialize(theirs))
    assert ours.get_config() == theirs.get_config()
    theirs.build()
    ours.build(None)
    np.testing.assert_array_equal(ours.get_weights()[0], theirs.get_weights()[0])
