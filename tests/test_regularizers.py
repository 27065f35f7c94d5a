"""L1, L2, L1L2: penalties by hand, gradients by differences, configs as Keras's."""

import numpy as np
import pytest

from minikeras import ops, regularizers

EACH = [
    regularizers.L1(0.25),
    regularizers.L2(0.125),
    regularizers.L1L2(0.25, 0.125),
    regularizers.L1L2(l2=0.125),
]


def test_penalties_by_hand():
    """w = (1, −2, 0): Σ|w| = 3, Σw² = 5."""
    w = np.array([1.0, -2.0, 0.0])
    assert [float(r(w)) for r in EACH] == [0.75, 0.625, 1.375, 0.625]
    gradients = [np.zeros(3) for _ in EACH]
    for r, grad in zip(EACH, gradients, strict=True):
        r.add_gradient(w, grad)
    expected = [[0.25, -0.25, 0], [0.25, -0.5, 0], [0.5, -0.75, 0], [0.25, -0.5, 0]]
    np.testing.assert_allclose(gradients, expected, rtol=1e-15)


@pytest.mark.parametrize(
    "regularizer",
    [*EACH, regularizers.OrthogonalRegularizer(0.3), regularizers.OrthogonalRegularizer(0.3, mode="columns")],
)
def test_gradient_is_the_derivative_and_is_added(regularizer):
    rng = np.random.default_rng(0)
    w = rng.normal(size=(3, 4))
    w += np.sign(w) * 0.01  # away from |w|'s kink
    grad = np.full(w.shape, 7.0)
    before = w.copy()
    regularizer.add_gradient(w, grad)
    np.testing.assert_array_equal(w, before)
    direction = rng.normal(size=w.shape)
    central = (regularizer(w + 1e-5 * direction) - regularizer(w - 1e-5 * direction)) / 2e-5
    complex_step = regularizer(w + 1e-30j * direction).imag / 1e-30
    derivative = float(np.sum((grad - 7) * direction))
    assert central == pytest.approx(derivative, rel=1e-8)
    assert complex_step == pytest.approx(derivative, rel=1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("regularizer", EACH)
def test_dtypes_stay(regularizer, dtype):
    w, grad = np.ones((2, 2), dtype), np.zeros((2, 2), dtype)
    regularizer.add_gradient(w, grad)
    assert regularizer(w).dtype == grad.dtype == dtype


def test_nan_is_kept():
    w, grad = np.array([np.nan, 1.0]), np.zeros(2)
    regularizers.L1L2(0.1, 0.1).add_gradient(w, grad)
    assert np.isnan(grad[0])
    assert np.isnan(regularizers.L1L2(0.1, 0.1)(w))


@pytest.mark.parametrize("factor", [-1, float("inf"), float("nan"), "much", np.float32(0.1)])
@pytest.mark.parametrize("name", ["l1", "l2"])
def test_factors_are_checked(name, factor):
    for cls in (getattr(regularizers, name), regularizers.L1L2):
        with pytest.raises(ValueError, match=f"argument {name}: expected a non-negative float.*{name}="):
            cls(**{name: factor})


def test_get():
    assert regularizers.get(None) is None
    for name, cls in (("l1", "L1"), ("L2", "L2"), ("l1_l2", "L1L2"), ("l1l2", "L1L2"), ("L1L2", "L1L2")):
        assert type(regularizers.get(name)).__name__ == cls
    one = regularizers.L2(0.5)
    assert regularizers.get(one) is one
    assert regularizers.get(regularizers.serialize(one)).l2 == 0.5
    assert regularizers.L1(None).l1 == regularizers.L1().l1
    with pytest.raises(ValueError, match=r"Could not interpret regularizer identifier: 'l3'"):
        regularizers.get("l3")


def test_a_function_is_a_regularizer():
    def cubes(w):
        return ops.sum(w**3)

    assert regularizers.get(cubes) is cubes
    grad = np.ones(2)
    regularizers.add_gradient(cubes, np.array([1.0, -2.0]), grad)
    np.testing.assert_allclose(grad, [1 + 3, 1 + 12], rtol=1e-15)  # 3 w²


def test_one_of_ones_own():
    class Half(regularizers.Regularizer):
        def __call__(self, x):
            return 0.5 * ops.sum(x)

    assert regularizers.Regularizer()(np.ones(2)) == 0.0
    grad = np.zeros(2)
    Half().add_gradient(np.ones(2), grad)
    np.testing.assert_array_equal(grad, [0.5, 0.5])
    with pytest.raises(NotImplementedError, match="get_config"):
        Half().get_config()


@pytest.mark.keras
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "arguments"), [("L1", [0.1]), ("L2", [0.1]), ("L1L2", [0.1, 0.3]), ("L1", [])])
def test_penalties_gradients_and_configs_are_kerass(name, arguments, dtype):
    keras = pytest.importorskip("keras")
    tf = pytest.importorskip("tensorflow")
    mine, kerass = getattr(regularizers, name)(*arguments), getattr(keras.regularizers, name)(*arguments)
    w = np.random.default_rng(0).normal(size=(5, 4)).astype(dtype)
    w[0, 0] = 0
    x = tf.constant(w)
    with tf.GradientTape() as tape:
        tape.watch(x)
        penalty = kerass(x)
    grad = np.zeros_like(w)
    mine.add_gradient(w, grad)
    tolerance = {"float32": 1e-6, "float64": 1e-14}[dtype]
    assert float(mine(w)) == pytest.approx(float(penalty), rel=tolerance)
    np.testing.assert_allclose(grad, tape.gradient(penalty, x).numpy(), rtol=tolerance)
    assert regularizers.serialize(mine) == keras.regularizers.serialize(kerass)


def test_the_orthogonal_regularizer_takes_matrices_and_names_its_modes():
    with pytest.raises(ValueError, match="rank 2"):
        regularizers.OrthogonalRegularizer()(np.ones(3))
    with pytest.raises(ValueError, match="mode"):
        regularizers.OrthogonalRegularizer(mode="diagonals")
    assert regularizers.OrthogonalRegularizer(0.5)(np.eye(3)) == 0
    assert regularizers.OrthogonalRegularizer(0.5)(np.ones((1, 3))) == 0
    assert regularizers.OrthogonalRegularizer(0.5)(np.ones((3, 2))) == pytest.approx(0.5)
