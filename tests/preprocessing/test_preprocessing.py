"""Texts, sequences and images under Keras's older names, against Keras's legacy module."""

import numpy as np
import pytest

from minikeras.preprocessing import image, sequence, text

TEXTS = ["The cat sat on the mat.", "A dog, a cat; the END", "mat mat dog"]


def test_an_image_shifted_by_hand():
    x = np.arange(12.0).reshape(3, 4, 1)
    moved = image.apply_affine_transform(x, tx=1, row_axis=0, col_axis=1, channel_axis=2)
    assert moved[..., 0].tolist() == x[[1, 2, 2], :, 0].tolist()
    turned = image.apply_affine_transform(x[:, :3], theta=90, row_axis=0, col_axis=1, channel_axis=2)
    np.testing.assert_allclose(turned[..., 0], np.rot90(x[:, :3, 0], -1), atol=1e-9)


def test_a_generator_gives_each_image_once_in_a_pass():
    x = np.arange(10.0).reshape(10, 1, 1, 1) * np.ones((1, 2, 2, 1))
    batches = image.ImageDataGenerator(rescale=2).flow(x, np.arange(10), batch_size=4, seed=1)
    assert len(batches) == 3
    for _ in range(2):
        parts = list(batches)
        y = np.concatenate([y for _, y in parts])
        assert sorted(y) == list(range(10))
        np.testing.assert_array_equal(np.concatenate([x for x, _ in parts])[:, 0, 0, 0], 2 * y)


@pytest.mark.keras
def test_as_keras():
    pytest.importorskip("keras")
    from keras.src.legacy.preprocessing import image as their_image
    from keras.src.legacy.preprocessing import sequence as their_sequence
    from keras.src.legacy.preprocessing import text as their_text

    for arguments in ({}, {"num_words": 4}, {"oov_token": "?", "num_words": 5}, {"char_level": True, "lower": False}):
        both = []
        for module in (text, their_text):
            tokenizer = module.Tokenizer(**arguments)
            tokenizer.fit_on_texts(TEXTS)
            tokenizer = module.tokenizer_from_json(tokenizer.to_json())
            numbers = tokenizer.texts_to_sequences([*TEXTS, "the bird"])
            modes = ("binary", "count", "freq", "tfidf")
            matrices = [tokenizer.texts_to_matrix(TEXTS, mode).tolist() for mode in modes]
            both.append([tokenizer.word_index, numbers, tokenizer.sequences_to_texts(numbers), matrices])
        assert both[0] == both[1]
    assert text.hashing_trick(TEXTS[0], 50, "md5") == their_text.hashing_trick(TEXTS[0], 50, "md5")

    np.testing.assert_allclose(sequence.make_sampling_table(20), their_sequence.make_sampling_table(20))
    arguments = {"length": 4, "sampling_rate": 2, "stride": 3, "reverse": True, "batch_size": 2}
    ours, theirs = (
        m.TimeseriesGenerator(np.arange(20), np.arange(20), **arguments) for m in (sequence, their_sequence)
    )
    assert len(ours) == len(theirs)
    for i in range(len(ours)):
        np.testing.assert_array_equal(ours[i][0], theirs[i][0])

    x = np.random.default_rng(7).uniform(0, 255, (6, 5, 4, 3))
    for arguments in (
        {"horizontal_flip": True, "vertical_flip": True, "channel_shift_range": 20.0, "rescale": 1 / 255},
        {"featurewise_std_normalization": True, "featurewise_center": True, "validation_split": 0.5},
        {"samplewise_center": True, "samplewise_std_normalization": True, "brightness_range": (0.5, 1.5)},
    ):
        both = []
        for module in (image, their_image):
            generator = module.ImageDataGenerator(**arguments)
            generator.fit(x)
            flow = generator.flow(x.copy(), np.arange(6), batch_size=4, seed=3)
            both.append([next(flow) for _ in range(4)])
        for (a, p), (b, q) in zip(*both, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4)
            np.testing.assert_array_equal(p, q)
