"""Every optimizer in every setting for 100 steps beside real Keras on TensorFlow: weights and slots."""

import numpy as np
import pytest

import minikeras
from minikeras import config, optimizers
from minikeras.parameter import Parameter

pytestmark = pytest.mark.keras

SHAPES = {"m/d/kernel": (3, 4), "m/d/bias": (4,), "m/e/kernel": (4, 2)}
STEPS = 100

CASES = {
    "SGD": [{"learning_rate": 0.05, "momentum": 0.9}],
    "Adam": [{"learning_rate": 0.01}, {"learning_rate": 0.01, "amsgrad": True, "beta_2": 0.9}],
    "AdamW": [{"learning_rate": 0.01, "weight_decay": 0.1}],
    "Adamax": [{"learning_rate": 0.01}],
    "Nadam": [{"learning_rate": 0.01}],
    "RMSprop": [
        {"learning_rate": 0.01},
        {"learning_rate": 0.01, "momentum": 0.8},
        {"learning_rate": 0.01, "centered": True, "epsilon": 1e-3},
        {"learning_rate": 0.01, "centered": True, "momentum": 0.8, "epsilon": 1e-3},
    ],
    "Adagrad": [{"learning_rate": 0.1}],
    "Adadelta": [{"learning_rate": 1.0}],
    "Ftrl": [
        {"learning_rate": 0.1},
        {
            "learning_rate": 0.1,
            "learning_rate_power": -0.7,
            "l1_regularization_strength": 0.3,
            "l2_regularization_strength": 0.2,
            "l2_shrinkage_regularization_strength": 0.1,
            "beta": 0.4,
        },
    ],
    "Lion": [{"learning_rate": 0.01}],
    "Lamb": [{"learning_rate": 0.01}],
    "Adafactor": [{"learning_rate": 0.1}],
    "Muon": [
        {"learning_rate": 0.01},
        {"learning_rate": 0.01, "nesterov": False, "rms_rate": None, "adam_lr_ratio": 0.3},
    ],
}

SETTINGS = {
    "plain": {},
    "clipvalue": {"clipvalue": 0.4},
    "clipnorm": {"clipnorm": 0.9},
    "global_clipnorm": {"global_clipnorm": 1.3},
    "weight_decay": {"weight_decay": 0.3},
    "average": {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 7},
    "accumulation": {"gradient_accumulation_steps": 3},
    "everything": {
        "clipnorm": 0.9,
        "weight_decay": 0.3,
        "use_ema": True,
        "ema_overwrite_frequency": 5,
        "gradient_accumulation_steps": 4,
        "loss_scale_factor": 3.0,
    },
    "schedule": {"learning_rate": ([50], [0.02, 0.005])},
}


def numbers(seed):
    rng = np.random.default_rng(seed)
    start = [rng.normal(size=shape) for shape in SHAPES.values()]
    return start, [[rng.normal(size=shape) for shape in SHAPES.values()] for _ in range(STEPS)]


def arguments(library, name, own, setting):
    given = {**own, **SETTINGS[setting]}
    if setting == "schedule":
        given["learning_rate"] = library.schedules.PiecewiseConstantDecay(*given["learning_rate"])
    return given


def ours(optimizer, start, gradients, dtype):
    parameters = [Parameter(w.astype(dtype), path.split("/")[-1], path) for path, w in zip(SHAPES, start, strict=True)]
    for grads in gradients:
        optimizer.apply([g.astype(dtype) for g in grads], parameters)
    return [p.value for p in parameters]


class Theirs:
    """Real Keras: the steps of an optimizer as one compiled function."""

    def __init__(self):
        self.keras = pytest.importorskip("keras")
        import tensorflow

        self.tf = tensorflow

    def __call__(self, optimizer, start, gradients, dtype):
        variables = []
        for path, w in zip(SHAPES, start, strict=True):
            model, layer, name = path.split("/")
            with self.keras.name_scope(model), self.keras.name_scope(layer):
                variables.append(self.keras.Variable(w, dtype=dtype, name=name))
        optimizer.build(variables)
        stacked = [self.tf.constant(np.stack(of_one), dtype) for of_one in zip(*gradients, strict=True)]

        @self.tf.function
        def steps():
            for i in self.tf.range(STEPS):
                optimizer.apply([g[i] for g in stacked], variables)

        steps()
        return [v.numpy() for v in variables]


def compared(theirs, name, own, setting, dtype):
    start, gradients = numbers(len(name) + len(setting))
    floatx = "float64" if name == "Muon" and dtype == "float64" else "float32"  # with another, Keras refuses Muon
    theirs.keras.config.set_floatx(floatx)
    try:
        kerass = getattr(theirs.keras.optimizers, name)(**arguments(theirs.keras.optimizers, name, own, setting))
        expected = theirs(kerass, start, gradients, dtype)
    finally:
        theirs.keras.config.set_floatx("float32")
    with config.using(floatx=floatx):
        mine = getattr(optimizers, name)(**arguments(optimizers, name, own, setting))
        weights = ours(mine, start, gradients, dtype)
    slots = [v.value for v in mine.variables]
    assert [v.shape for v in mine.variables] == [tuple(v.shape) for v in kerass.variables]
    if setting == "plain":
        paths = [v.path.split("/")[-1] for v in kerass.variables]
        assert [v.name for v in mine.variables] == ["u_product" if p.startswith("variable") else p for p in paths]
    pairs = zip([*weights, *slots], [*expected, *(v.numpy() for v in kerass.variables)], strict=True)
    return max(float(np.max(np.abs(a - b) / (1 + np.abs(b)), initial=0)) for a, b in pairs)


def assert_close(name, settings):
    theirs = Theirs()
    errors = {}
    for i, own in enumerate(CASES[name]):
        for setting in settings:
            errors[i, setting, "float64"] = compared(theirs, name, own, setting, "float64")
    errors["plain", "float32"] = compared(theirs, name, CASES[name][0], "plain", "float32")
    limits = {"float64": 1e-12, "float32": 1e-5}
    assert not {case: error for case, error in errors.items() if not error <= limits[case[-1]]}


@pytest.mark.parametrize("name", ["Adam", "RMSprop", "Adafactor"])
def test_100_steps(name):
    assert_close(name, ["everything"])


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_100_steps_in_every_setting(name):
    # With a schedule Keras multiplies Muon's float32 rate by its float64 update, which TensorFlow refuses.
    assert_close(name, [setting for setting in SETTINGS if (name, setting) != ("Muon", "schedule")])


@pytest.mark.parametrize("name", ["Adam", "Nadam"])
def test_a_file_with_slots_goes_both_ways(name, tmp_path):
    keras = pytest.importorskip("keras")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(16, 3)).astype("float32"), rng.normal(size=(16, 2)).astype("float32")
    model = minikeras.Sequential([minikeras.layers.Dense(2, activation="tanh", input_shape=(3,))])
    model.compile(getattr(optimizers, name)(0.1), "mse")
    model.fit(x, y, epochs=2, verbose=0)
    model.save(tmp_path / "ours.keras")
    theirs = keras.models.load_model(tmp_path / "ours.keras")
    theirs.fit(x, y, epochs=2, shuffle=False, batch_size=16, verbose=0)
    theirs.save(tmp_path / "theirs.keras")
    again = minikeras.saving.load_model(tmp_path / "theirs.keras")
    assert again.optimizer.iterations == 4
    model.fit(x, y, epochs=2, shuffle=False, batch_size=16, verbose=0)
    for mine, read in zip(
        [*model.weights, *model.optimizer.variables], [*again.weights, *again.optimizer.variables], strict=True
    ):
        np.testing.assert_allclose(mine.value, read.value, rtol=1e-4, atol=1e-6)


def test_configs_are_kerass():
    keras = pytest.importorskip("keras")
    for name in [*CASES, "ScheduleFreeAdamW"]:
        mine, kerass = (getattr(library.optimizers, name)(name="o") for library in (minikeras, keras))
        assert optimizers.serialize(mine) == keras.optimizers.serialize(kerass)
    made = []
    for library in (minikeras.optimizers, keras.optimizers):
        inner = library.OptimizerMap(library.SGD(name="s"), {".*bias": library.Adam(name="a")})
        for one in (
            library.MultiOptimizer(inner, name="m"),
            library.LossScaleOptimizer(library.Adam(name="a"), name="l"),
        ):
            made.append(library.serialize(one))
    assert made[:2] == made[2:]
