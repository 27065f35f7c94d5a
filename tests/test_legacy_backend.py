"""The functions of Keras 2's ``keras.backend``, against those that Keras 3 keeps for old programs."""

import numpy as np
import pytest

from minikeras import GradientTape, ops, optimizers
from minikeras import backend as K

A = np.random.default_rng(1).normal(size=(3, 4)).astype("float32")
B = np.random.default_rng(2).normal(size=(3, 4, 2)).astype("float32")
C = np.random.default_rng(3).uniform(0.1, 1.0, size=(3, 4)).astype("float32")
CASES = [
    ("argmax", A),
    ("argmin", A),
    ("batch_dot", A, B, (1, 1)),
    ("batch_dot", B, B, (2, 2)),
    ("batch_dot", A, A),
    ("batch_flatten", B),
    ("bias_add", B, np.array([1.0, 2.0], "float32")),
    ("binary_crossentropy", C, C),
    ("cast", A, "int32"),
    ("clip", A, -0.5, 0.5),
    ("concatenate", [A, A]),
    ("constant", 2.0, "float32", (2, 2)),
    ("cumprod", A),
    ("cumsum", A),
    ("dot", A, A.T),
    ("expand_dims", A),
    ("flatten", A),
    ("foldl", lambda a, b: a - b, A),
    ("foldr", lambda a, b: a - b, A),
    ("gather", A, np.array([2, 0])),
    ("in_top_k", A, np.array([0, 1, 2]), 2),
    ("int_shape", B),
    ("l2_normalize", A, 1),
    ("mean", A, 0, True),
    ("ndim", B),
    ("permute_dimensions", B, (0, 2, 1)),
    ("pow", C, 2.5),
    ("relu", A, 0.1, 0.4),
    ("repeat", A, 3),
    ("repeat_elements", A, 2, 1),
    ("resize_images", B[None], 2, 3, "channels_last"),
    ("reverse", A, 1),
    ("spatial_2d_padding", B[None]),
    ("sqrt", A),
    ("std", A, 1),
    ("switch", A > 0, A, C),
    ("temporal_padding", B),
    ("var", A, 0),
]


@pytest.mark.keras
def test_the_functions_give_what_those_of_tf_keras_give():
    tensorflow = pytest.importorskip("tensorflow")
    tree = pytest.importorskip("keras").tree
    theirs = pytest.importorskip("keras._tf_keras.keras.backend")
    for name, *args in CASES:
        tensors = tree.map_structure(lambda a: tensorflow.constant(a) if isinstance(a, np.ndarray) else a, args)
        expected = np.asarray(getattr(theirs, name)(*tensors))
        found = np.asarray(getattr(K, name)(*args))
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6, err_msg=name)
        assert found.dtype.kind == expected.dtype.kind, name
    names = [name for name in dir(theirs) if not name.startswith("_") and hasattr(K, name)]
    assert len(names) > 100


def test_a_distance_of_keras_2_has_a_gradient():
    x = ops.convert_to_tensor(np.array([[3.0, 4.0]]))
    with GradientTape() as tape:
        tape.watch(x)
        distance = K.sqrt(K.sum(K.square(x), axis=-1))
    np.testing.assert_allclose(tape.gradient(distance, x), [[0.6, 0.8]])


def test_variables_are_read_and_set():
    v = K.variable([1.0, 2.0])
    K.set_value(v, [3.0, 4.0])
    np.testing.assert_array_equal(K.get_value(v), [3.0, 4.0])
    K.update_add(v, 1.0)
    np.testing.assert_array_equal(K.eval(K.moving_average_update(v, 0.0, 0.5)), [2.0, 2.5])


def test_the_learning_rate_is_read_and_set():
    optimizer = optimizers.SGD(0.5)
    K.set_value(optimizer.learning_rate, K.get_value(optimizer.learning_rate) / 4)
    assert optimizer.learning_rate == optimizer.learning_rate.numpy() == 0.125


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no 'learning_phase'"):
        K.learning_phase()
