"""Initializers: shapes, ranges, configs, and Keras's form of them. Their bits are tested in tests/random."""

import math

import numpy as np
import pytest

from minikeras import config, initializers
from minikeras.errors import ShapeError
from minikeras.random import SeedGenerator

# name -> (variance for fan_in 400 and fan_out 100, distribution)
SCALED = {
    "glorot_uniform": (2 / 500, "uniform"),
    "glorot_normal": (2 / 500, "truncated"),
    "he_uniform": (2 / 400, "uniform"),
    "he_normal": (2 / 400, "truncated"),
    "lecun_uniform": (1 / 400, "uniform"),
    "lecun_normal": (1 / 400, "truncated"),
}

CONFIGS = [
    ("Zeros", {}),
    ("Ones", {}),
    ("Constant", {"value": 2.5}),
    ("Identity", {}),
    ("STFT", {"side": "imag", "window": "hann", "periodic": True, "scaling": None}),
    ("RandomNormal", {"seed": 3, "mean": 1.0, "stddev": 0.5}),
    ("TruncatedNormal", {"seed": None, "mean": 0.0, "stddev": 0.05}),
    ("RandomUniform", {"seed": None, "minval": -1.0, "maxval": 2.0}),
    (
        "VarianceScaling",
        {
            "seed": 1,
            "scale": 3.0,
            "mode": "fan_out",
            "distribution": "untruncated_normal",
            "input_axes": [0],
            "output_axes": [1],
        },
    ),
    ("Orthogonal", {"seed": 2, "gain": 1.5}),
    *(
        (name, {"seed": 4, "input_axes": None, "output_axes": None})
        for name in ("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal")
    ),
]


@pytest.mark.parametrize("name", SCALED)
def test_variance_and_bounds(name):
    variance, distribution = SCALED[name]
    w = initializers.get({"class_name": name, "config": {"seed": 1}})((400, 100), dtype="float64")
    n = w.size
    assert abs(w.mean()) < 5 * math.sqrt(variance / n)
    assert abs(w.var() / variance - 1) < 5 * math.sqrt(2 / n)
    bound = math.sqrt(3 * variance) if distribution == "uniform" else 2 * math.sqrt(variance) / 0.87962566
    assert 0.99 * bound < np.abs(w).max() <= bound * (1 + 1e-7)


def test_untruncated_normal_reaches_further():
    w = initializers.VarianceScaling(distribution="untruncated_normal", seed=1)((400, 100), dtype="float64")
    assert np.abs(w).max() > 3.5 / 20
    assert abs(w.var() * 400 - 1) < 5 * math.sqrt(2 / w.size)


def test_constants():
    assert initializers.Zeros()((2, 3)).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert initializers.Ones()((2,), dtype="float64").dtype == np.float64
    assert initializers.Constant(2.5)((2,)).tolist() == [2.5, 2.5]
    assert initializers.Identity(gain=3)((2, 3)).tolist() == [[3, 0, 0], [0, 3, 0]]
    with config.using(floatx="float64"):
        assert initializers.Zeros()((1,)).dtype == np.float64
        assert initializers.GlorotUniform()((1, 1)).dtype == np.float64


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (2, 3, 4)])
def test_orthogonal(shape):
    w = initializers.Orthogonal(gain=2.0, seed=1)(shape, dtype="float64")
    assert w.shape == shape
    matrix = w.reshape(-1, shape[-1]) / 2
    gram = matrix @ matrix.T if matrix.shape[0] < matrix.shape[1] else matrix.T @ matrix
    assert np.abs(gram - np.eye(len(gram))).max() < 1e-14


def test_compute_fans():
    fans = initializers.compute_fans
    assert fans(()) == (1, 1)
    assert fans((7,)) == (7, 7)
    assert fans((3, 3, 16, 32)) == (144, 288)
    assert fans((2, 3, 5), input_axes=(1,), output_axes=(0, 2)) == (3, 10)


def test_seeded_twice_gives_the_same_and_a_generator_does_not():
    same = initializers.GlorotUniform(seed=5)
    assert (same((3, 3)) == same((3, 3))).all()
    moving = initializers.GlorotUniform(seed=SeedGenerator(5))
    first = moving((3, 3))
    assert (first == same((3, 3))).all()
    assert (first != moving((3, 3))).any()


def test_clone_and_from_config_draw_again():
    original = initializers.GlorotUniform()
    assert original.clone().seed != original.seed
    assert original.get_config()["seed"] is None


@pytest.mark.parametrize(("name", "settings"), CONFIGS)
def test_config_round_trip(name, settings):
    made = initializers.deserialize({"class_name": name, "config": settings})
    assert type(made).__name__ == name
    serialized = initializers.serialize(made)
    assert serialized == {
        "module": "keras.initializers",
        "class_name": name,
        "config": settings,
        "registered_name": None,
    }
    again = initializers.get(serialized)
    if settings.get("seed", 0) is not None:
        shape = (4, 1, 3) if name == "STFT" else (2, 2)
        assert (again(shape) == made(shape)).all()


def test_special_configs():
    array = initializers.get(initializers.serialize(initializers.Constant(np.float32([1, 2]))))
    assert array((2, 2)).tolist() == [[1, 2], [1, 2]]
    generator = initializers.get(initializers.serialize(initializers.HeNormal(seed=SeedGenerator(5))))
    assert (generator((2, 2)) == initializers.HeNormal(seed=5)((2, 2))).all()
    assert initializers.get(initializers.serialize(initializers.Identity(2.0))).gain == 2.0


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("zeros", "Zeros"),
        ("zero", "Zeros"),
        ("one", "Ones"),
        ("normal", "RandomNormal"),
        ("uniform", "RandomUniform"),
        ("truncated_normal", "TruncatedNormal"),
        ("he_normal", "HeNormal"),
        ("HeNormal", "HeNormal"),
        ("OrthogonalInitializer", "Orthogonal"),
        ("IdentityInitializer", "Identity"),
    ],
)
def test_aliases(alias, name):
    assert type(initializers.get(alias)).__name__ == name


def test_get():
    assert initializers.get(None) is None
    assert isinstance(initializers.get(initializers.HeNormal), initializers.HeNormal)
    given = np.arange(4.0).reshape(2, 2)
    assert initializers.get(given)((2, 2), dtype="float32").dtype == np.float32
    function = initializers.get(lambda shape, dtype=None: np.full(shape, 7))
    assert function((1,)).tolist() == [7]
    with pytest.raises(ShapeError, match="Expected `shape`"):
        initializers.get(given)((2, 3))
    with pytest.raises(ValueError, match="Did you mean 'glorot_uniform'"):
        initializers.get("glorot_unifrom")
    with pytest.raises(ValueError, match="Could not interpret"):
        initializers.get(3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: initializers.Identity()((2,)), "2D matrices"),
        (lambda: initializers.Orthogonal()((2,)), "at least two-dimensional"),
        (lambda: initializers.GlorotUniform(seed=1.5), "`seed` argument"),
        (lambda: initializers.VarianceScaling(scale=-1), "`scale` must be positive"),
        (lambda: initializers.VarianceScaling(mode="fan"), "Invalid `mode`"),
        (lambda: initializers.VarianceScaling(distribution="poisson"), "Invalid `distribution`"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.keras
@pytest.mark.parametrize(("name", "settings"), CONFIGS)
def test_keras_reads_and_writes_the_same_configs(name, settings):
    keras = pytest.importorskip("keras")
    ours = initializers.serialize(initializers.deserialize({"class_name": name, "config": settings}))
    assert keras.initializers.serialize(keras.initializers.deserialize(ours)) == ours


@pytest.mark.keras
def test_every_keras_name_is_known():
    pytest.importorskip("keras")
    from keras.src.initializers import ALL_OBJECTS_DICT

    assert set(ALL_OBJECTS_DICT) == set(initializers._registry)
