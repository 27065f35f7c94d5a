"""Both streams against what real Keras drew (tests/random/record_fixtures.py)."""

import os
import random as python_random
import subprocess
import sys
import weakref

import numpy as np
import pytest

from minikeras import config, initializers, random, utils
from minikeras.random import orders, state

from .record_fixtures import ARTICLE, FIXTURES, INITIALIZERS, digest

EXACT = {
    "tensorflow": [name for name in INITIALIZERS if name != "Orthogonal"],
    "jax": [name for name in INITIALIZERS if name.endswith("Uniform")],
}
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])
BACKENDS = pytest.mark.parametrize("backend", ["numba", "numpy"])
STREAMS = pytest.mark.parametrize("stream", ["tensorflow", "jax"])


@pytest.fixture(scope="module")
def recorded():
    return {stream: np.load(FIXTURES / f"random_{stream}.npz") for stream in ("tensorflow", "jax")}


@pytest.fixture(autouse=True)
def unseeded():
    """Every test starts and ends without a seed, and leaves Python's and NumPy's generators as they were."""
    python, numpy = python_random.getstate(), np.random.get_state()
    state._seed, state._stream, state._global_generator = None, "tensorflow", None
    yield
    state._seed, state._stream, state._global_generator = None, "tensorflow", None
    python_random.setstate(python)
    np.random.set_state(numpy)


@BACKENDS
@DTYPES
@pytest.mark.parametrize(("stream", "name"), [(s, name) for s, names in EXACT.items() for name in names])
def test_weights_of_the_article_s_model_have_keras_s_bits(recorded, stream, name, dtype, backend):
    utils.set_random_seed(42, stream)
    initializer = getattr(initializers, name)(seed=1234567891)
    with config.using(backend=backend):
        small = initializer((13, 7), dtype=dtype)
        assert small.dtype == dtype
        assert small.tobytes() == recorded[stream][f"{name}/{dtype}/small"].tobytes()
        for part, shape in ARTICLE.items():
            weights = initializer(shape, dtype=dtype)
            assert (digest(weights) == recorded[stream][f"{name}/{dtype}/{part}"]).all(), part


@DTYPES
@pytest.mark.parametrize(
    ("stream", "name"),
    [("jax", name) for name in INITIALIZERS if "Normal" in name]
    + [("jax", "Orthogonal"), ("tensorflow", "Orthogonal")],
)
def test_the_others_are_close(recorded, stream, name, dtype):
    utils.set_random_seed(42, stream)
    ours = getattr(initializers, name)(seed=1234567891)((13, 7), dtype=dtype)
    theirs = recorded[stream][f"{name}/{dtype}/small"]
    assert np.abs(ours - theirs).max() < 10 * np.finfo(dtype).eps * theirs.std()


def test_next_seed_and_other_stream_differ(recorded):
    theirs = recorded["tensorflow"]["GlorotUniform/float32/small"]
    assert (initializers.GlorotUniform(seed=1234567892)((13, 7)) != theirs).all()
    utils.set_random_seed(42, "jax")
    assert (initializers.GlorotUniform(seed=1234567891)((13, 7)) != theirs).all()


@STREAMS
def test_next_seed_other_stream_and_no_shuffle_give_another_order(recorded, stream):
    theirs = recorded[stream]["order/100"][0]

    def ours(seed, stream):
        utils.set_random_seed(seed, stream)
        random.on_compile()
        return random.order(100)

    other = {"tensorflow": "jax", "jax": "tensorflow"}[stream]
    assert (ours(42, stream) == theirs).all()
    for order in (ours(43, stream), ours(42, other), np.arange(100)):
        assert (order != theirs).mean() > 0.9


def test_another_keras_s_orders_go_beside_these(monkeypatch):
    utils.set_random_seed(42)
    before = random.order(9).tolist()
    monkeypatch.setitem(orders.ORDERS, ("tensorflow", "3.99"), lambda seed, n, first: np.arange(n)[::-1])
    assert random.order(9).tolist() == before
    monkeypatch.setattr(orders, "KERAS", "3.99")
    assert random.order(9).tolist() == [8, 7, 6, 5, 4, 3, 2, 1, 0]


@STREAMS
def test_default_seeds_are_drawn_when_constructed(recorded, stream):
    utils.set_random_seed(42, stream)
    drawn = [getattr(initializers, name)().seed for name in INITIALIZERS]
    assert drawn == recorded[stream]["default_seeds"].tolist()
    assert drawn[:3] == [686579304, 119540832, 26855093]


@BACKENDS
@pytest.mark.parametrize("n", [96, 100])
def test_tensorflow_order_is_keras_s_and_repeats(recorded, n, backend):
    utils.set_random_seed(42)
    random.on_compile()
    with config.using(backend=backend):
        ours = np.stack([random.order(n) for _ in range(4)])
    assert (ours == recorded["tensorflow"][f"order/{n}"]).all()
    assert (ours == ours[0]).all()


@BACKENDS
def test_tensorflow_order_of_all_rows(recorded, backend):
    utils.set_random_seed(42)
    with config.using(backend=backend):
        order = random.order(55_000)
    assert order[:8].tolist() == recorded["tensorflow"]["order/55000/head"].tolist()
    assert (digest(order) == recorded["tensorflow"]["order/55000"]).all()


def test_jax_s_order_of_all_rows_in_two_epochs(recorded):
    utils.set_random_seed(42, "jax")
    random.on_compile()
    order = np.stack([random.order(55_000) for _ in range(2)])
    assert order[:, :8].tolist() == recorded["jax"]["order/55000/head"].tolist()
    assert (digest(order) == recorded["jax"]["order/55000"]).all()


@STREAMS
def test_batch_order_is_keras_s(recorded, stream):
    utils.set_random_seed(42, stream)
    random.on_compile()
    for theirs in recorded[stream]["batch_order/100"]:  # one row an epoch
        ours = [random.batch_order(32, k) + 32 * k for k in range(3)]
        ours.append(random.batch_order(32, 3, n=4) + 96)
        assert np.concatenate(ours).tolist() == theirs.tolist()


@pytest.mark.parametrize("n", [96, 100])
def test_jax_order_spends_one_after_compile_and_goes_on(recorded, n):
    utils.set_random_seed(42, "jax")
    random.on_compile()
    ours = np.stack([random.order(n) for _ in range(4)])  # two fits of two epochs
    assert (ours == recorded["jax"][f"order/{n}"]).all()
    assert (ours[0] != ours[1]).any()


def test_jax_spends_one_for_each_compiled_model_unless_built_before():
    class Model:
        pass

    first, second, third = Model(), Model(), Model()
    utils.set_random_seed(3, "jax")
    for model in (first, second, third):
        random.on_compile(model)
    random.on_build(third)
    ours = [random.order(9, model).tolist() for model in (first, second, third)]
    legacy = np.random.RandomState(3)
    theirs = [legacy.permutation(9).tolist() for _ in range(5)]
    assert ours == [theirs[1], theirs[3], theirs[4]]
    gone = weakref.ref(first)
    del first, model
    assert gone() is None


def test_without_a_seed_every_order_is_new():
    orders = {tuple(random.order(50)) for _ in range(5)}
    assert len(orders) == 5
    assert all(sorted(order) == list(range(50)) for order in orders)


@BACKENDS
@DTYPES
@STREAMS
def test_dropout_masks_are_keras_s(recorded, stream, dtype, backend):
    utils.set_random_seed(42, stream)
    generator = random.SeedGenerator(99)
    with config.using(backend=backend):
        masks = [random.dropout_mask(generator, (5, 33), 0.3, dtype) for _ in range(3)]
    assert masks[0].dtype == bool
    assert (np.packbits(np.stack(masks)) == recorded[stream][f"dropout/{dtype}"]).all()
    assert generator.state.tolist() == [99, 3]
    with config.using(backend=backend):  # control: a counter that is off by one
        late = random.dropout_mask((99, 1), (5, 33), 0.3, dtype)
    assert (late != masks[0]).any()


@STREAMS
def test_distributions(stream):
    """First two moments of 200,000 numbers, to five standard errors."""
    utils.set_random_seed(0, stream)
    n = 200_000
    u = random.uniform((n,), -1.0, 3.0, "float64", seed=5)
    assert u.min() >= -1.0
    assert u.max() < 3.0
    assert abs(u.mean() - 1.0) < 5 * (16 / 12 / n) ** 0.5
    z = random.normal((n,), 2.0, 3.0, "float64", seed=5)
    assert abs(z.mean() - 2.0) < 5 * 3 / n**0.5
    assert abs(z.std() - 3.0) < 5 * 3 / (2 * n) ** 0.5
    t = random.truncated_normal((n,), 0.0, 1.0, "float32", seed=5)
    assert np.abs(t).max() < 2
    assert abs(t.astype(np.float64).std() - 0.8796256610342398) < 0.01


@STREAMS
def test_empty_and_scalar_shapes(stream):
    utils.set_random_seed(0, stream)
    for draw in (random.uniform, random.normal, random.truncated_normal):
        assert draw((0, 3), seed=1).shape == (0, 3)
        assert draw((), seed=1).shape == ()
        assert draw((1,), seed=1)[0] == draw((9,), seed=1)[0]
    assert random.order(0).tolist() == []
    assert random.order(1).tolist() == [0]


def test_tensorflow_seeds_count_modulo_2_to_the_31_less_2():
    shape = (4, 3)
    expected = random.uniform(shape, seed=5)
    assert (random.uniform(shape, seed=5 + 2**31 - 2) == expected).all()
    assert (random.uniform(shape, seed=5 + 2**31 - 1) != expected).any()
    assert (random.uniform(shape, seed=5 - (2**31 - 2)) == expected).all()


def test_seedless_draws_differ_and_start_anew_with_the_seed():
    utils.set_random_seed(11)
    first, second = random.uniform((3,)), random.uniform((3,))
    assert (first != second).all()
    utils.set_random_seed(11)
    assert (random.uniform((3,)) == first).all()


PROGRAM = """
import hashlib
import numpy as np
import minikeras as keras
for backend in ("numba", "numpy"):
    keras.config.set_backend(backend)
    keras.utils.clear_session()
    keras.utils.set_random_seed(42)
    drawn = hashlib.sha256()
    for initializer in (keras.initializers.GlorotUniform(), keras.initializers.HeNormal()):
        for dtype in ("float32", "float64"):
            drawn.update(initializer((30, 20), dtype=dtype).tobytes())
    drawn.update(keras.random.order(1000).tobytes())
    drawn.update(keras.random.dropout_mask(keras.random.SeedGenerator(), (30, 20), 0.5).tobytes())

    layers = [keras.layers.Dense(300, "relu"), keras.layers.Dropout(0.5), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((784,)), *layers])
    model.compile(loss="sparse_categorical_crossentropy")
    x = np.sin(np.arange(320.0 * 784)).reshape(320, 784)
    model.fit(x, np.arange(320) % 10, epochs=2, verbose=0)
    print(drawn.hexdigest(), hashlib.sha256(b"".join(w.tobytes() for w in model.get_weights())).hexdigest())
"""


def test_new_processes_give_the_same_bytes():
    """Whatever the hash seed and the number of BLAS threads; trained weights, with the same kernels."""

    def run(hash_seed: str, threads: str) -> list[str]:
        return subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=os.environ | {"PYTHONHASHSEED": hash_seed, "OPENBLAS_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()

    found = run("1", "1")
    assert found == run("2", "2")
    compiled, _, plain, _ = found
    assert compiled == plain


def test_bad_seeds():
    with pytest.raises(ValueError, match="integer"):
        utils.set_random_seed("42")
    with pytest.raises(ValueError, match="torch"):
        utils.set_random_seed(42, stream="torch")
    with pytest.raises(ValueError, match="integer"):
        random.SeedGenerator(1.5)
    with pytest.raises(ValueError, match="SeedGenerator"):
        random.uniform((2,), seed="1")
    with pytest.raises(ValueError, match="float16"):
        random.uniform((2,), dtype="float16", seed=1)


@pytest.mark.keras
@pytest.mark.parametrize("seed", [0, 1, 2**31 - 2, 2**31 - 1, 2**31, 2**32 - 1, 10**9, 123456789012])
def test_live_keras_with_other_seeds(seed):
    keras = pytest.importorskip("keras")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("needs Keras on TensorFlow")
    for name in ("RandomUniform", "TruncatedNormal"):
        theirs = np.asarray(getattr(keras.initializers, name)(seed=seed)((5, 3)))
        assert (getattr(initializers, name)(seed=seed)((5, 3)) == theirs).all()
    tf = pytest.importorskip("tensorflow")
    if seed < 2**32:
        utils.set_random_seed(seed)
        tf.random.set_seed(seed)
        data = tf.data.Dataset.range(1).map(lambda _: tf.random.shuffle(tf.range(20)))
        assert next(iter(data)).numpy().tolist() == random.order(20).tolist()


LIVE_ORDERS = """
import sys
import keras
import numpy as np
from tests.random.record_fixtures import fit_orders
print(keras.__version__)
np.save(sys.argv[1], fit_orders(keras, 55_000, epochs=2, fits=1, batch_size=11_000))
"""


@pytest.mark.slow
@pytest.mark.keras
@STREAMS
def test_live_keras_s_order_of_all_rows(stream, tmp_path):
    for module in ("keras", stream):
        pytest.importorskip(module)
    file = tmp_path / "orders.npy"
    command = [sys.executable, "-c", LIVE_ORDERS, str(file)]
    environment = os.environ | {"KERAS_BACKEND": stream, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    version = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert version.startswith(f"{orders.KERAS}."), "this Keras's orders are not in minikeras.random.orders.ORDERS"
    utils.set_random_seed(42, stream)
    random.on_compile()
    ours = [random.order(55_000) for _ in range(2)]
    assert (np.stack(ours) == np.load(file)).all()
