"""The preprocessing layers against live Keras: what adapt learns, every output mode, configs."""

import numpy as np
import pytest

from minikeras import layers

pytestmark = pytest.mark.keras

WORDS = np.array([["b", "a", "b"], ["c", "b", "é"], ["a", "", "zz"], ["m", "c", "m"]])
NUMBERS = np.array([[7, 5, 7], [3, -2, 7], [5, 5, 40], [0, 3, 0]])

# class, arguments, what adapt sees or None, what the layer is called on
CASES = [
    ("StringLookup", {}, WORDS, WORDS),
    ("StringLookup", {"mask_token": "m"}, WORDS, WORDS),
    ("StringLookup", {"max_tokens": 4, "num_oov_indices": 2, "mask_token": ""}, WORDS, WORDS),
    ("StringLookup", {"num_oov_indices": 3, "salt": [3, 9], "vocabulary": ["a", "c"]}, None, WORDS),
    ("StringLookup", {"output_mode": "multi_hot", "mask_token": "m"}, WORDS, WORDS),
    ("StringLookup", {"output_mode": "count", "max_tokens": 12, "pad_to_max_tokens": True}, WORDS, WORDS),
    ("StringLookup", {"output_mode": "one_hot"}, WORDS, WORDS[:, :1]),
    ("StringLookup", {"output_mode": "tf_idf"}, WORDS, WORDS),
    ("StringLookup", {"output_mode": "tf_idf", "max_tokens": 9, "pad_to_max_tokens": True}, WORDS, WORDS),
    ("StringLookup", {"vocabulary": ["x", "y"], "output_mode": "tf_idf", "idf_weights": [0.5, 2.0]}, None, WORDS),
    ("IntegerLookup", {}, NUMBERS, NUMBERS),
    ("IntegerLookup", {"mask_token": 0, "num_oov_indices": 3, "max_tokens": 6}, NUMBERS, NUMBERS),
    ("IntegerLookup", {"num_oov_indices": 3, "oov_method": "farmhash", "vocabulary": [7, 5]}, None, NUMBERS),
    ("IntegerLookup", {"output_mode": "count", "vocabulary": [7, 5, 3]}, None, NUMBERS),
    ("IntegerLookup", {"invert": True, "vocabulary": [7, 5, 3], "mask_token": 0}, None, np.array([[0, 1, 2, 3, 9]])),
    ("Hashing", {"num_bins": 7}, None, WORDS),
    ("Hashing", {"num_bins": 7, "salt": 133, "mask_value": "b"}, None, WORDS),
    ("Hashing", {"num_bins": 5, "output_mode": "count"}, None, NUMBERS),
    ("Hashing", {"num_bins": 5, "output_mode": "one_hot", "mask_value": 7}, None, NUMBERS[:, :1]),
    ("HashedCrossing", {"num_bins": 11}, None, [WORDS[:, 0], NUMBERS[:, 0]]),
    ("HashedCrossing", {"num_bins": 11, "output_mode": "one_hot"}, None, [WORDS[:, :1], WORDS[:, 1:2]]),
    ("CategoryEncoding", {"num_tokens": 50}, None, np.abs(NUMBERS)),
    ("CategoryEncoding", {"num_tokens": 50, "output_mode": "count"}, None, np.abs(NUMBERS)),
    ("CategoryEncoding", {"num_tokens": 50, "output_mode": "one_hot"}, None, np.abs(NUMBERS)),
    ("Discretization", {"bin_boundaries": [0.0, 4.0, 7.0]}, None, NUMBERS.astype("float32")),
    ("Discretization", {"num_bins": 4, "epsilon": 0.05}, "normal", NUMBERS.astype("float32") / 7),
    ("Discretization", {"num_bins": 3, "output_mode": "one_hot"}, "normal", NUMBERS[:, :1].astype("float32") / 7),
    ("Discretization", {"bin_boundaries": [0.0, 4.0], "output_mode": "count"}, None, NUMBERS.astype("float32")),
    ("Normalization", {}, NUMBERS.astype("float32"), NUMBERS.astype("float32")),
    ("Normalization", {"axis": None, "invert": True}, NUMBERS.astype("float32"), NUMBERS.astype("float32")),
    ("Normalization", {"axis": (1, 2)}, "cube", "cube"),
    ("Normalization", {"mean": [1.0, 2.0, 3.0], "variance": [4.0, 0.0, 9.0]}, None, NUMBERS.astype("float32")),
    ("Rescaling", {"scale": 1 / 255, "offset": -0.5}, None, NUMBERS),
]  # fmt: skip


def test_every_layer_is_keras_s():
    keras = pytest.importorskip("keras")
    rng = np.random.default_rng(0)
    made = {"normal": rng.normal(size=(300, 3)).astype("float32"), "cube": rng.normal(size=(5, 2, 3)).astype("float32")}
    for name, arguments, data, x in CASES:
        data, x = (made[v] if isinstance(v, str) else v for v in (data, x))
        ours, theirs = getattr(layers, name)(name="a", **arguments), getattr(keras.layers, name)(name="a", **arguments)
        for layer in (ours, theirs):
            if data is not None:
                layer.adapt(data)
        expected = np.asarray(theirs(x))
        if hasattr(ours, "get_vocabulary"):
            assert ours.get_vocabulary() == [v if isinstance(v, str) else int(v) for v in theirs.get_vocabulary()]
            assert ours.vocabulary_size() == theirs.vocabulary_size()
        got = ours(x)
        assert got.dtype == expected.dtype, (name, arguments)
        assert got.shape == expected.shape, (name, arguments)
        np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-6, err_msg=f"{name} {arguments}")
        if name != "HashedCrossing":
            assert ours.compute_output_shape(np.shape(x)) == got.shape, (name, arguments)
        differ = {k for k, v in theirs.get_config().items() if k != "dtype" and ours.get_config().get(k, "?") != v}
        assert not differ, (name, arguments, {k: (theirs.get_config()[k], ours.get_config().get(k)) for k in differ})
        again = layers.deserialize(layers.serialize(ours))
        assert again.get_config() == ours.get_config()


def test_hashes_are_tensorflow_s():
    tf = pytest.importorskip("tensorflow")
    from minikeras.layers.preprocessing.hashes import fingerprint64, siphash64

    rng = np.random.default_rng(0)
    strings = [rng.bytes(n) for n in (*range(140), 191, 192, 193, 500)]
    fast = tf.strings.to_hash_bucket_fast(strings, 2**62).numpy()
    strong = tf.strings.to_hash_bucket_strong(strings, 2**62, key=[5, 2**40 + 7]).numpy()
    assert [fingerprint64(s) % 2**62 for s in strings] == fast.tolist()
    assert [siphash64(s, 5, 2**40 + 7) % 2**62 for s in strings] == strong.tolist()
