"""Pictures of networks: what is drawn is what the layers hold, and derivatives are those of finite differences."""

import numpy as np
import pytest

import minikeras as keras
from minikeras import layers, plotting

RNG = np.random.default_rng(0)


def network():
    model = keras.Sequential(
        [
            keras.Input((6, 6, 2), dtype="float64"),
            layers.Conv2D(3, 3, activation="tanh", name="conv", dtype="float64"),
            layers.Flatten(dtype="float64"),
            layers.Dense(4, name="scores", dtype="float64"),
        ]
    )
    model.set_weights([RNG.normal(size=w.shape) for w in model.weights])
    return model, RNG.normal(size=(2, 6, 6, 2))


def test_saliency_is_the_largest_derivative_of_the_score():
    model, x = network()
    found = plotting.saliency_map(model, x, [1, 3])
    step, at = 1e-6, [(0, 2, 3, 1), (1, 4, 0, 3)]
    for n, i, j, k in at:
        slopes = []
        for c in range(2):
            moved = x.copy()
            moved[n, i, j, c] += step
            slopes.append((model(moved)[n, k] - model(x)[n, k]) / step)
        assert np.isclose(np.abs(slopes).max(), found[n, i, j], rtol=1e-4)
    drawn = plotting.saliency(model, x, [1, 3]).axes
    np.testing.assert_array_equal(drawn[1].images[0].get_array(), found[0])


def test_grad_cam_weighs_the_maps_with_their_mean_derivatives():
    model, x = network()
    w = model.get_layer("scores").kernel.numpy().reshape(4, 4, 3, 4)  # ∂y[k] / ∂A, since the head is linear
    a = keras.Model(model.inputs[0], model.get_layer("conv").output)(x)
    expected = np.maximum((w[..., 2].mean(axis=(0, 1)) * a).sum(axis=-1), 0)
    assert expected.max() > 0
    found = plotting.grad_cam_map(model, x, "conv", 2)
    np.testing.assert_allclose(
        found, layers.Resizing(6, 6, dtype="float64")(expected[..., None])[..., 0], rtol=1e-5, atol=1e-6
    )


def test_feature_maps_and_kernels_are_those_of_the_layer():
    model, x = network()
    figure = plotting.feature_maps(model, x, "conv")
    maps = keras.Model(model.inputs[0], model.get_layer("conv").output)(x)
    for k, ax in enumerate(figure.axes):
        np.testing.assert_array_equal(ax.images[0].get_array(), maps[0, :, :, k])
    for k, ax in enumerate(plotting.kernels(model.get_layer("conv")).axes):
        np.testing.assert_allclose(ax.images[0].get_array(), model.weights[0].numpy()[..., k].mean(axis=2))
    with pytest.raises(ValueError, match="no feature maps"):
        plotting.feature_maps(model, x, "scores")
    with pytest.raises(ValueError, match="kernel of shape"):
        plotting.kernels(model.get_layer("scores"))


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
def test_the_states_drawn_are_the_outputs_of_all_steps(kind):
    x = RNG.normal(size=(2, 5, 3))
    layer = getattr(layers, kind)(4, return_sequences=True, dtype="float64")
    figure = plotting.gates_and_states(layer, x)
    panel = next(ax for ax in figure.axes if ax.get_title() == "state h")
    np.testing.assert_allclose(panel.images[0].get_array(), layer(x)[0].T)
    if kind == "LSTM":
        shown = {ax.get_title(): ax.images[0].get_array() for ax in figure.axes if ax.images}
        i, f, g, o = (shown[name] for name in ("input gate i", "forget gate f", "candidate g", "output gate o"))
        c = shown["memory c"]
        np.testing.assert_allclose(c[:, 1:], f[:, 1:] * c[:, :-1] + i[:, 1:] * g[:, 1:])
        np.testing.assert_allclose(shown["state h"], o * np.tanh(c))
    with pytest.raises(ValueError, match="Dense"):
        plotting.gates_and_states(layers.Dense(2), x)


def test_gradient_norms_and_attention_maps_show_their_numbers():
    dx = RNG.normal(size=(2, 5, 3))
    figure = plotting.gradient_norms({"a": dx})
    np.testing.assert_allclose(figure.axes[0].get_lines()[0].get_ydata(), np.linalg.norm(dx, axis=(0, 2)))
    scores = RNG.uniform(size=(2, 3, 4))
    figure = plotting.attention_maps(scores, queries=list("abc"), keys=list("wxyz"))
    for head, ax in zip(scores, figure.axes, strict=False):
        np.testing.assert_array_equal(ax.images[0].get_array(), head)
    with pytest.raises(ValueError, match="one sample"):
        plotting.attention_maps(scores[None])
