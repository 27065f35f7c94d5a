"""The benchmarks of convolutional and recurrent nets, in small sizes."""

import json

import numpy as np
import pytest

from benchmarks import __main__, net_competitors, nets

FEW = {name: net_competitors.ALL[name] for name in ("floor", "minikeras")}


@pytest.mark.parametrize(
    ("part", "net"),
    [("cnn", "MNIST convnet, Adam"), ("layers", "8 channels, 16 × 16, batch 64"), ("rnn", "GRU series")],
)
def test_a_quick_look(part, net, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(net_competitors, "ALL", FEW)
    monkeypatch.setattr(nets, part.upper(), {net: nets.ALL[net]})
    __main__.measure([part], 64, 2, [], tmp_path, quick=True)
    table = json.loads((tmp_path / "results.json").read_text())[part][net]
    assert set(table) == set(FEW)
    assert table["minikeras"]["to floor"] == table["minikeras"]["median"] / table["floor"]["median"]
    assert f"One training step: {net}" in capsys.readouterr().out


def loss_of(made, task):
    made.set_weights([w.copy() for w in task.weights])
    made.epoch()
    return made.loss()


@pytest.mark.slow
@pytest.mark.parametrize("net", nets.ALL)
def test_the_nets_by_hand_have_the_losses_of_fit(net):
    task = nets.Task.of(net, quick=True)
    expected = loss_of(net_competitors.Fit("minikeras", task), task)
    for name in ("JAX, jitted step", "PyTorch", "PyTorch, channels last"):
        competitor = net_competitors.ALL[name]
        if competitor.lacking is None and name in net_competitors.taking_part(task):
            noise = 0.2 if "convnet" in net else 1e-4  # dropout
            assert abs(loss_of(competitor.make(task), task) - expected) < noise, name


def test_the_floor_makes_the_products_of_every_layer():
    task = nets.Task("MNIST convnet, Adam")
    counted = sum(2 * times * m * k * n for times, m, k, n in task.net.products(task.sizes, 128))
    first, second, dense = 9 * 32 * 26**2, 9 * 32 * 64 * 11**2, 1600 * 10  # multiplications of an image
    assert counted == 2 * 128 * (2 * first + 3 * second + 3 * dense)


@pytest.mark.parametrize(("m", "k"), [(70, 5), (5, 70)])
def test_a_product_in_pieces_is_the_product(m, k):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(m, k)).astype("float32"), rng.normal(size=(k, 3)).astype("float32")
    out = np.empty((m, 3), "float32")
    net_competitors._in_pieces(a, b, out, 16)
    np.testing.assert_allclose(out, a.astype("float64") @ b, rtol=1e-4, atol=1e-5)
