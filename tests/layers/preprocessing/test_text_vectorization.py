"""TextVectorization: hand-made texts, what it refuses, inside a model, and live Keras."""

import numpy as np
import pytest

import minikeras as keras
from minikeras.layers import TextVectorization, deserialize, serialize

TEXTS = ["The cat sat.", "the DOG, the\tdog!", "", "Ünïcode É it's  a   test", "dog cat dog"]


def test_a_text_becomes_the_indices_of_its_words():
    layer = TextVectorization(vocabulary=["earth", "wind", "and", "fire"])
    assert layer.get_vocabulary() == ["", "[UNK]", "earth", "wind", "and", "fire"]
    np.testing.assert_array_equal(layer([["earth WIND, fire"], ["fire & rain"]]), [[2, 3, 5], [5, 1, 0]])


def test_adapt_takes_lists_arrays_columns_generators_and_datasets():
    tokens = {
        tuple(layer.get_vocabulary())
        for data in (
            TEXTS,
            np.array(TEXTS),
            np.array(TEXTS, object)[:, None],
            (np.array(part, object) for part in (TEXTS[:2], TEXTS[2:])),
            [s.encode() for s in TEXTS],
        )
        for layer in [TextVectorization()]
        if layer.adapt(data) is None
    }
    assert len(tokens) == 1
    dataset = keras.utils.Dataset.from_tensor_slices(np.array(TEXTS)).batch(2)
    layer = TextVectorization()
    layer.adapt(dataset)
    assert tuple(layer.get_vocabulary()) in tokens


def test_own_functions_standardize_and_split():
    layer = TextVectorization(
        standardize=lambda x: np.char.replace(x, "<br />", " "), split=lambda x: [s.split("|") for s in x]
    )
    layer.adapt(["a<br />b|c"])
    assert layer.get_vocabulary()[2:] == ["c", "a b"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"ragged": True},
        {"sparse": True},
        {"standardize": "upper"},
        {"split": "words"},
        {"ngrams": "two"},
        {"output_mode": "binaries"},
        {"output_mode": "count", "output_sequence_length": 3},
        {"output_mode": "tf_idf", "vocabulary": ["a"]},
    ],
)
def test_arguments_that_it_cannot_take_are_refused(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        TextVectorization(**arguments)


def test_texts_with_several_columns_are_refused():
    with pytest.raises(ValueError, match="last shape dimension must be 1"):
        TextVectorization(vocabulary=["a"])(np.array([["a", "b"]]))
    with pytest.raises(ValueError, match="expects strings"):
        TextVectorization(vocabulary=["a"])(np.array([1.0]))


def test_a_config_cannot_name_a_file():
    config = {**TextVectorization(vocabulary=["a"]).get_config(), "vocabulary": "/etc/passwd"}
    with pytest.raises(keras.errors.UnsupportedError, match="names a vocabulary file"):
        TextVectorization.from_config(config)


def test_a_model_goes_from_strings_to_a_loss():
    texts = np.array(["good film", "bad film", "good good", "bad bad"])
    y = np.array([1.0, 0.0, 1.0, 0.0])
    vectorize = TextVectorization(output_sequence_length=3)
    vectorize.adapt(texts)
    head = keras.Sequential(
        [
            keras.layers.Embedding(vectorize.vocabulary_size(), 4),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    head.compile("adam", "binary_crossentropy")
    losses = head.fit(vectorize(texts), y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    inputs = keras.Input(shape=(1,), dtype="string")
    model = keras.Model(inputs, head(vectorize(inputs)))
    np.testing.assert_array_equal(model(texts[:, None]), head(vectorize(texts)))


CASES = [
    {},
    {"max_tokens": 5},
    {"output_sequence_length": 2},
    {"output_sequence_length": 9, "ngrams": 2},
    {"ngrams": (2, 3)},
    {"standardize": None, "split": "character"},
    {"standardize": "lower"},
    {"standardize": "strip_punctuation", "split": None},
    {"split": None, "output_sequence_length": 3},
    {"output_mode": "multi_hot"},
    {"output_mode": "count", "max_tokens": 20, "pad_to_max_tokens": True},
    {"output_mode": "tf_idf"},
    {"output_mode": "tf_idf", "max_tokens": 30, "pad_to_max_tokens": True, "ngrams": 2},
    {"output_mode": "multi_hot", "split": None},
    {"vocabulary": ["dog", "cat"], "output_mode": "count"},
]


@pytest.mark.keras
def test_every_option_is_keras_s():
    real = pytest.importorskip("keras")
    for arguments in CASES:
        ours, theirs = TextVectorization(name="a", **arguments), real.layers.TextVectorization(name="a", **arguments)
        for layer in (ours, theirs):
            if "vocabulary" not in arguments:
                layer.adapt(TEXTS)
        assert ours.get_vocabulary() == theirs.get_vocabulary(), arguments
        for x in (np.array([*TEXTS, "new dog"]), np.array([*TEXTS, "new dog"])[:, None]):
            got, expected = ours(x), np.asarray(theirs(x))
            assert got.dtype == expected.dtype, arguments
            np.testing.assert_allclose(got, expected, rtol=1e-6, err_msg=str(arguments))
            shape = ours.compute_output_shape(x.shape)
            assert len(shape) == got.ndim, arguments
            assert all(s in (None, n) for s, n in zip(shape, got.shape, strict=True)), arguments
        differ = {k for k, v in theirs.get_config().items() if k != "dtype" and ours.get_config().get(k, "?") != v}
        assert not differ, (arguments, differ)
        assert deserialize(serialize(ours)).get_config() == ours.get_config()
