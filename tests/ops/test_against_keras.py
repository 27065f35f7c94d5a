"""Every function of ``ops``, and GradientTape, beside real Keras in float64: the same numbers to 1e-12."""

import numpy as np
import pytest

import minikeras
from minikeras import GradientTape, ops

from .cases import CASES, drawn
from .test_derivatives import by_tape

pytestmark = pytest.mark.keras

#: Where Keras on TensorFlow rounds a constant to float32, or LAPACK is not accurate to the last digit.
ROUNDED = ("leaky_relu", "gelu", "gelu exact", "quantile", "dot_product_attention", "logaddexp2")
APART = (
    dict.fromkeys(ROUNDED, 1e-7)
    | dict.fromkeys(("ctc_loss", "ctc_loss, another blank"), 1e-6)
    | dict.fromkeys(("inv", "det", "solve"), 1e-10)
)
#: Keras on TensorFlow has no function, or no derivative, for these arguments.
UNKNOWN = {
    "vectorized_map",
    "scan",
    "fori_loop",
    "slice_update",
    "rfft, cut",
    "irfft, cut",
    "max_pool of volumes",
    "adaptive_average_pool of volumes",
    "sparsemax",  # Keras 3.15.1's does not sum to 1
}


def test_values_and_gradients_are_those_of_keras(keras64):
    tf = pytest.importorskip("tensorflow")
    wrong = []
    for name, (f, _, _) in CASES.items():
        if name in UNKNOWN:
            continue
        arrays = drawn(name, 3, 2, 5)
        y, u, mine = by_tape(f, arrays, np.random.default_rng(0))
        with tf.GradientTape() as tape:
            tensors = [tf.constant(a) for a in arrays]
            tape.watch(tensors)
            theirs = f(keras64.ops, *tensors)
        gradients = tape.gradient(theirs, tensors, u, "zero")
        for ours, their in zip([y, *mine], [theirs, *gradients], strict=True):
            their = np.asarray(tf.convert_to_tensor(their))
            error = np.abs(np.asarray(ours) - their).max(initial=0)
            if ours.shape != their.shape or error > APART.get(name, 1e-12) * max(1, np.abs(their).max(initial=0)):
                wrong.append((name, error))
    assert not wrong, "\n".join(f"{name}: {error:.1e}" for name, error in wrong)


LOGITS = np.random.default_rng(5).normal(size=(2, 6, 4)) * 2


def beams(ops):
    return ops.ctc_decode(LOGITS, np.array([6, 4], "int32"), "beam_search", beam_width=30, top_paths=3)


PLAIN = {
    "argmax": lambda ops, x: ops.argmax(x, axis=1),
    "argsort": lambda ops, x: ops.argsort(x, axis=0),
    "greater": lambda ops, x: ops.greater(x, 0.1),
    "isclose": lambda ops, x: ops.isclose(x, x + 1e-9),
    "logical_and": lambda ops, x: ops.logical_and(x > 0, x < 1),
    "one_hot": lambda ops, x: ops.one_hot(ops.cast(ops.abs(x), "int32"), 3),
    "one_hot in front": lambda ops, x: ops.one_hot(ops.cast(ops.abs(x), "int32"), 3, axis=0),
    "multi_hot": lambda ops, x: ops.multi_hot(ops.cast(ops.abs(x), "int32"), 3),
    "count_nonzero": lambda ops, x: ops.count_nonzero(ops.floor(x), axis=0),
    "arange": lambda ops, x: ops.arange(3),
    "arange of floats": lambda ops, x: ops.arange(0.0, 1.0, 0.3),
    "linspace": lambda ops, x: ops.linspace(0.0, 1.0, 5),
    "eye": lambda ops, x: ops.eye(3, 4, k=1),
    "sum of integers": lambda ops, x: ops.sum(ops.cast(x, "int32")),
    "integer divided": lambda ops, x: ops.divide(ops.cast(x, "int32"), 2),
    "integer times float": lambda ops, x: ops.multiply(ops.cast(x, "int32"), x),
    "in_top_k": lambda ops, x: ops.in_top_k(ops.convert_to_tensor([0, 1, 1]), ops.cast(x, "float32"), k=1),
    "searchsorted": lambda ops, x: ops.searchsorted(ops.sort(x[:, 0]), x[:, 1]),
    "bincount": lambda ops, x: ops.bincount(ops.convert_to_tensor([0, 2, 2])),
    "round": lambda ops, x: ops.round(x, 1),
    "tri": lambda ops, x: ops.tri(3, 2, -1),
    "zeros_like": lambda ops, x: ops.zeros_like(x, dtype="int32"),
}


#: Functions whose integers have different widths on Keras's backends.
VALUES = {
    "argpartition": lambda ops, x: ops.sort(ops.argpartition(x, 1, axis=0)[:2], axis=0),
    "bitwise_not": lambda ops, x: ops.bitwise_not(ops.cast(x * 5, "int32")),
    "gcd": lambda ops, x: ops.gcd(ops.cast(x * 9, "int32"), 6),
    "lcm": lambda ops, x: ops.lcm(ops.cast(x * 9, "int32"), 6),
    "isposinf": lambda ops, x: ops.isposinf(x * np.inf),
    "signbit": lambda ops, x: ops.signbit(x),
    "nanargmax": lambda ops, x: ops.nanargmax(ops.where(x > 0, x, np.nan), axis=0),
    "hanning": lambda ops, x: ops.hanning(5),
    "kaiser": lambda ops, x: ops.kaiser(5, 2.0),
    "logspace": lambda ops, x: ops.logspace(0.0, 2.0, 5),
    "geomspace": lambda ops, x: ops.geomspace(1.0, 8.0, 4),
    "histogram": lambda ops, x: ops.histogram(ops.ravel(x), 4)[0],
    "ends of a histogram": lambda ops, x: ops.histogram(ops.ravel(x), 4)[1],
    "unravel_index": lambda ops, x: ops.unravel_index(ops.convert_to_tensor([0, 4], "int32"), (2, 3))[1],
    "matrix_rank": lambda ops, x: ops.matrix_rank(x),
    "labels of ctc_decode": lambda ops, x: ops.ctc_decode(LOGITS, np.array([6, 4], "int32"))[0],
    "scores of ctc_decode": lambda ops, x: ops.ctc_decode(LOGITS, np.array([6, 4], "int32"), mask_index=2)[1],
    "labels of beams": lambda ops, x: beams(ops)[0],
    "scores of beams": lambda ops, x: beams(ops)[1],
}


def test_plain_functions_are_those_of_keras_dtype_and_all(keras64):
    x = np.random.default_rng(3).normal(size=(3, 2)) * 1.5
    for name, f in PLAIN.items():
        ours, theirs = f(ops, ops.convert_to_tensor(x)), f(keras64.ops, keras64.ops.convert_to_tensor(x))
        theirs = keras64.ops.convert_to_numpy(theirs)
        assert ours.dtype == theirs.dtype, (name, ours.dtype, theirs.dtype)
        np.testing.assert_allclose(np.asarray(ours), theirs, rtol=1e-12, err_msg=name)


def test_further_plain_functions_have_the_values_of_keras(keras64):
    x = np.random.default_rng(3).normal(size=(3, 2)) * 1.5
    for name, f in VALUES.items():
        ours, theirs = f(ops, ops.convert_to_tensor(x)), f(keras64.ops, keras64.ops.convert_to_tensor(x))
        theirs = np.asarray(keras64.ops.convert_to_numpy(theirs))
        np.testing.assert_allclose(
            np.asarray(ours),
            theirs,
            rtol=1e-12 if theirs.dtype != np.float32 and "scores" not in name else 1e-6,
            err_msg=name,
        )


def test_a_loop_on_a_tape_gives_the_weights_of_keras_and_tensorflow(keras64):
    tf = pytest.importorskip("tensorflow")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
    weights = [rng.normal(size=s) for s in ((3, 4), (4,), (4, 2), (2,))]

    def trained(keras, tape_class):
        model = keras.Sequential([keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(2)])
        model.build((None, 3))
        model.set_weights(weights)
        optimizer, loss = keras.optimizers.SGD(0.1, momentum=0.5), keras.losses.Huber()
        values = []
        for _ in range(4):
            with tape_class(persistent=True) as tape:
                p = model(x, training=True)
                total = loss(y, p) + keras.ops.sum(keras.ops.square(model.layers[0].kernel)) * 0.01
                h = p[:, 0] * 2
            gradients = tape.gradient(total, model.trainable_variables)
            values.append(float(total))
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            jacobian = np.asarray(tape.jacobian(h, model.trainable_variables[-1]))
        return values, [*model.get_weights(), jacobian]

    mine, theirs = trained(minikeras, GradientTape), trained(keras64, tf.GradientTape)
    np.testing.assert_allclose(mine[0], theirs[0], rtol=1e-10)
    for a, b in zip(mine[1], theirs[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
