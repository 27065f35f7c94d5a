"""Datasets: small ones by hand, and rows, orders and images as Keras's."""

import numpy as np
import pytest

from minikeras import utils
from minikeras.random import state, tensorflow_stream
from minikeras.utils import image_utils
from minikeras.utils.dataset import Dataset


def numbers(dataset):
    return [np.asarray(x).tolist() for x in dataset]


def test_methods_by_hand():
    five = Dataset.range(5)
    assert numbers(five.batch(2)) == [[0, 1], [2, 3], [4]]
    assert numbers(five.batch(2, drop_remainder=True)) == [[0, 1], [2, 3]]
    assert numbers(five.batch(2).unbatch().skip(1).take(3)) == [1, 2, 3]
    assert numbers(five.take(2).repeat(2).concatenate(five.skip(4))) == [0, 1, 0, 1, 4]
    assert numbers(five.filter(lambda x: x % 2)) == [1, 3]
    assert [len(d) for d in (five.batch(2), five.take(9), five.skip(9), five.repeat(3))] == [3, 5, 0, 15]
    assert [d.cardinality() for d in (five.repeat(), five.filter(bool), Dataset.zip(five, five.repeat()))] == [
        -1,
        -2,
        5,
    ]
    with pytest.raises(TypeError, match="infinite"):
        len(five.repeat())


def test_an_element_keeps_its_nesting():
    dataset = Dataset.from_tensor_slices(({"a": [1, 2, 3], "b": np.eye(3)}, [4, 5, 6]))
    (x, y), *_ = dataset.batch(2)
    assert x["a"].tolist() == [1, 2]
    assert x["b"].shape == (2, 3)
    assert y.tolist() == [4, 5]
    assert dataset.element_spec == ({"a": ((), "int64"), "b": ((3,), "float64")}, ((), "int64"))
    with pytest.raises(ValueError, match="one length"):
        Dataset.from_tensor_slices(([1], [2, 3]))


def test_a_cache_calls_its_source_once():
    calls = []
    dataset = Dataset.range(3).map(lambda x: calls.append(x) or x).cache()
    assert numbers(dataset) == numbers(dataset) == [0, 1, 2]
    assert len(calls) == 3


def test_a_shuffle_is_a_permutation_and_new_in_every_iteration():
    dataset = Dataset.range(50).shuffle(10, seed=3)
    first, second = numbers(dataset), numbers(dataset)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second
    fixed = Dataset.range(50).shuffle(10, seed=3, reshuffle_each_iteration=False)
    assert numbers(fixed) == numbers(fixed)
    assert all(x < i + 10 for i, x in enumerate(first))


def test_a_model_trains_on_a_dataset():
    import minikeras as keras

    x, y = np.random.default_rng(0).normal(size=(8, 3)), np.arange(8.0)[:, None]
    losses = []
    for data in ((x, y), (Dataset.from_tensor_slices((x, y)).batch(4),)):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile(optimizer="sgd", loss="mse")
        more = {"batch_size": 4, "shuffle": False} if len(data) == 2 else {}
        losses.append(model.fit(*data, epochs=3, verbose=0, **more).history["loss"])
    assert losses[0] == losses[1]


def test_windows_by_hand():
    batches = list(utils.timeseries_dataset_from_array(np.arange(10), None, 3, sequence_stride=4, sampling_rate=2))
    assert batches[0].tolist() == [[0, 2, 4], [4, 6, 8]]
    with pytest.raises(ValueError, match="sampling_rate"):
        utils.timeseries_dataset_from_array(np.arange(5), None, 2, sampling_rate=5)


@pytest.mark.parametrize("arguments", [{}, {"left_size": 0}, {"left_size": 0.7, "right_size": 0.6}, {"left_size": 6}])
def test_impossible_splits_are_refused(arguments):
    with pytest.raises(ValueError, match="size"):
        utils.split_dataset(np.arange(6), **arguments)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(5)
    for name in "ab":
        (tmp_path / name).mkdir()
        for i in range(9):
            utils.save_img(tmp_path / name / f"{i}.png", rng.integers(0, 256, (6 + i, 7, 3)), scale=False)
            (tmp_path / name / f"{i}.txt").write_text(f"{name}{i} é")
    return tmp_path


def test_a_folder_by_hand(folder, capsys):
    dataset = utils.text_dataset_from_directory(folder, shuffle=False, batch_size=10, label_mode="binary")
    assert capsys.readouterr().out == "Found 18 files belonging to 2 classes.\n"
    assert dataset.class_names == ["a", "b"]
    texts, labels = next(iter(dataset))
    assert texts[0] == "a0 é"
    assert labels.ravel().tolist() == [0] * 9 + [1]
    with pytest.raises(ValueError, match="validation_split"):
        utils.text_dataset_from_directory(folder, subset="training")
    with pytest.raises(ValueError, match="class_names"):
        utils.image_dataset_from_directory(folder, class_names=["c"])


@pytest.mark.keras
def test_as_keras(folder, monkeypatch):
    keras = pytest.importorskip("keras")
    tf = pytest.importorskip("tensorflow")
    tf.random.set_seed(5)
    monkeypatch.setattr(state, "_seed", 5)

    def same(theirs, ours):
        for one, other in zip(theirs, ours, strict=True):
            for a, b in zip(one, other, strict=True):
                assert a.dtype == b.dtype
                np.testing.assert_array_equal(a, b)

    for arguments in (
        {"seed": 3},
        {"seed": 3, "validation_split": 0.3, "subset": "both"},
        {"seed": 1, "pad_to_aspect_ratio": True, "label_mode": "binary"},
        {"seed": 1, "crop_to_aspect_ratio": True, "label_mode": "categorical", "interpolation": "nearest"},
    ):
        both = [
            module.image_dataset_from_directory(folder, image_size=(8, 8), batch_size=1, verbose=False, **arguments)
            for module in (keras.utils, utils)
        ]
        for theirs, ours in zip(*both, strict=True) if isinstance(both[0], list) else [both]:
            for _ in range(2):  # a new order in the second pass
                for (a, p), (b, q) in zip(theirs, ours, strict=True):
                    np.testing.assert_allclose(a, b, atol=1e-4)
                    np.testing.assert_array_equal(p, q)
    texts = [m.text_dataset_from_directory(folder, batch_size=4, seed=3, verbose=False) for m in (keras.utils, utils)]
    for (a, p), (b, q) in zip(*texts, strict=True):
        assert [text.decode() for text in a.numpy()] == b.tolist()
        np.testing.assert_array_equal(p, q)

    rng = np.random.default_rng(6)
    series, targets = rng.normal(size=(40, 2)), rng.normal(size=37)
    for arguments in (
        {"batch_size": 4, "shuffle": True, "seed": 4},
        {"batch_size": 4, "sequence_stride": 3, "sampling_rate": 2, "start_index": 3, "end_index": 31},
        {"batch_size": None, "shuffle": True, "seed": 5},
    ):
        same(*(m.timeseries_dataset_from_array(series, targets, 5, **arguments) for m in (keras.utils, utils)))
    splits = [m.split_dataset([series[:37], targets], 0.7, shuffle=True, seed=2) for m in (keras.utils, utils)]
    for theirs, ours in zip(*splits, strict=True):
        same(theirs, ours)

    theirs = tf.data.Dataset.range(23).shuffle(5, seed=7)
    ours = Dataset.range(23).shuffle(5, seed=7)
    for _ in range(3):
        assert [int(x) for x in theirs] == numbers(ours)
    image = rng.integers(0, 256, (7, 9, 3)).astype(np.uint8)
    for method in ("nearest", "bilinear", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic", "bicubic"):
        for size in ((4, 5), (11, 20)):
            a, b = tf.image.resize(image, size, method=method).numpy(), image_utils.resize(image, size, method)
            np.testing.assert_allclose(a.astype(float), b, atol=0.25 if method == "bicubic" else 1e-3)


def test_words_of_the_stream_continue_over_blocks():
    stream = tensorflow_stream.words(42, 0)
    drawn = [next(stream) for _ in range(600)]
    p = list(range(601))
    for i, word in enumerate(drawn):
        j = i + word % (601 - i)
        p[i], p[j] = p[j], p[i]
    assert p == tensorflow_stream.order(42, 601).tolist()


def test_elements_are_tensors_with_the_dtypes_of_keras():
    dataset = Dataset.from_tensor_slices(np.array([[0, 51], [102, 255]], "uint8")).map(lambda x: x / 255.0)
    first, second = dataset
    assert first.dtype == "float32"
    np.testing.assert_allclose(second.numpy(), [0.4, 1.0], rtol=1e-6)
    assert [int(i.numpy()) for i in Dataset.range(2)] == [0, 1]
