"""Gradient checks of custom layers: every fault is refused and named, a kink is not."""

import numpy as np
import pytest

from minikeras import layers
from minikeras.testing import GradientError, check_layer

from .test_check import assert_exact


class Affine(layers.Layer):
    """y = max(x W + b, 0), with one fault."""

    def __init__(self, fault=None, **kwargs):
        super().__init__(**kwargs)
        self.fault = fault

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1], 3), name="kernel")
        self.b = self.add_weight((3,), name="bias")

    def call(self, x):
        if self.fault == "writes into x":
            x += 1e-3
        z = x @ self.w.value + self.b.value
        self.save(x=x, z=z)
        return np.maximum(z, 0) if self.fault != "float32" else np.maximum(z, 0).real.astype("float32")

    def backward(self, dy):
        x, z = self.saved().values()
        if self.fault == "frame left":
            self._recorded.append(None)
        if self.fault == "writes into dy":
            dy *= z > 0
        dz = dy * (z > 0)
        dw = x.T @ dz
        if self.fault == "accumulates":
            self.w.grad[...] += dw
        else:
            self.w.grad[...] = dw * {"scale": 1.005, "sign": -1}.get(self.fault, 1)
        self.b.grad[...] = dz.mean(axis=0) if self.fault == "bias averaged" else dz.sum(axis=0)
        if self.fault == "bias zero":
            self.b.grad[...] = 0
        if self.fault == "nan":
            self.b.grad[0] = np.nan
        dx = dz @ self.w.value.T
        if self.fault == "dx":
            dx = dz @ self.w.value.reshape(3, -1)
        return dx[:, :2] if self.fault == "dx shape" else dx


def test_a_right_layer_of_ones_own_passes_in_one_line():
    check_layer(Affine(), (4,)).assert_ok()
    check_layer(Affine(), (None, 4), dtype="float32").assert_ok()


def test_a_scale_error_of_half_a_percent_is_refused_by_name_and_factor():
    with pytest.raises(GradientError, match=r"mine/kernel: the gradient is 1\.005 times the right one") as caught:
        check_layer(Affine("scale", name="mine"), (4,)).assert_ok()
    assert isinstance(caught.value, AssertionError)
    assert "mine/bias: the gradient" not in str(caught.value)
    with pytest.raises(GradientError, match=r"1\.005 times"):
        check_layer(Affine("scale"), (4,), dtype="float32").assert_ok()
    with pytest.raises(GradientError, match=r"1\.005 times"):
        check_layer(Affine("scale"), (4,), methods="direction").assert_ok()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("sign", "kernel: the gradient is -1 times"),
        ("bias averaged", "bias: the gradient is 0.2 times"),
        ("bias averaged", "bias_averaged"),
        ("bias zero", "bias: the gradient is zero, and should not be"),
        ("dx", "x: the gradient is wrong"),
        ("dx shape", "x: backward"),
        ("accumulates", "kernel: the second backward"),
        ("writes into x", "x: the layer writes into it"),
        ("writes into dy", "dy: the layer writes into it"),
        ("float32", "gives float32 from float64"),
        ("frame left", "left a recorded call behind"),
        ("nan", "bias: the gradient is wrong"),
    ],
)
def test_every_fault_of_a_layer_is_refused_and_named(fault, words):
    result = check_layer(Affine(fault, name="mine"), (4,))
    assert not result.passed
    assert words in str(result), str(result)


class Absolute(layers.Layer):
    """|x|, which np.abs makes real, so that no complex step can see through it."""

    def call(self, x):
        self.save(x=x)
        return np.abs(x)

    def backward(self, dy):
        return dy * np.sign(self.saved()["x"]) * getattr(self, "factor", 1)


class RealOnly(Absolute):
    def call(self, x):
        if np.iscomplexobj(x):
            raise TypeError("no complex numbers")
        return super().call(x)


@pytest.mark.parametrize("kind", [Absolute, RealOnly])
def test_where_no_complex_step_can_be_had_differences_judge(kind):
    layer = kind()
    result = check_layer(layer, (4,))
    assert_exact(result, complex_too=False)
    assert "no complex step" in str(result)
    layer.factor = 1.005
    assert not check_layer(layer, (4,)).passed
    assert not check_layer(layer, (4,), methods="direction").passed


def test_a_kink_is_counted_and_does_not_fail():
    x = np.array([[4e-6, 1.0], [-4e-6, -1.0], [0.5, 2.0]])
    result = check_layer(layers.ReLU(), (2,), x=x)
    assert_exact(result)
    assert result.kinks == (2, 6)
    assert "2 of 6 differences met a kink" in str(result)


def test_a_wrong_mask_at_a_kink_is_no_excuse():
    class Wrong(layers.ReLU):
        def call(self, x):
            self.save(x=x)
            return np.maximum(x, 0)

        def backward(self, dy):
            x = self.saved()["x"]
            return dy * (x > 0) + np.where((x > -1e-5) & (x < 0), 0.5 * dy, 0)

    x = np.array([[4e-6, 1.0], [-4e-6, -1.0], [0.5, 2.0]])
    for methods in ("complex", "central"):
        assert not check_layer(Wrong(), (2,), x=x, methods=methods).passed
