"""summary, configs and drawings of models that branch."""

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import minikeras
from minikeras import Input, Model, Sequential, layers
from minikeras.models.drawing import model_to_dot, plot_model


def branching(library):
    """Shared layers, a Functional and a Sequential inside, an input that nothing takes, a frozen layer."""
    library.utils.clear_session()
    layers, model = library.layers, library.Model
    a, b = library.Input((4,), name="a"), library.Input((4,), name="b")
    unused = library.Input((3,), name="unused", dtype="int32")
    shared = layers.Dense(4, activation="relu", name="a_layer_with_a_long_name_that_is_wrapped")
    inside = library.Input((4,))
    inner = model(inside, layers.Dense(5)(layers.Dense(6, trainable=False)(inside)), name="inner")
    stack = library.Sequential([library.Input((5,)), layers.Dense(2)], name="stack")
    first, second = (stack(inner(shared(x))) for x in (a, b))
    dropped = layers.Dropout(0.5)(second, training=False)
    return model({"a": a, "b": b, "unused": unused}, [first, dropped, second], name="big")


def chain(library):
    x = library.Input((4,), name="x")
    return library.Model(x, library.layers.Dense(3)(library.layers.Dense(30)(x)), name="chain")


def printed(model, **arguments):
    lines = []
    model.summary(print_fn=lambda text, **_: lines.append(text), **arguments)
    return "\n".join(lines).strip()


@pytest.mark.keras
def test_summaries_and_configs_are_kerass(monkeypatch):
    keras = pytest.importorskip("keras")
    monkeypatch.setenv("COLUMNS", "160")
    ways = [
        {},
        {"line_length": 100, "show_trainable": True, "expand_nested": True},
        {"line_length": 84, "positions": [0.4, 0.6, 0.8, 1.0]},
        {"layer_range": ("inner", "stack")},
    ]
    found = []
    for library in (keras, minikeras):
        big = branching(library)
        big.get_layer("stack").trainable = False
        small = chain(library)
        texts = [printed(big, **way) for way in ways]
        texts += [printed(small, line_length=80), printed(small, show_trainable=True)]
        again = library.Model.from_config(json.loads(json.dumps(big.get_config())))
        structure = [[x.name for x in m.layers] for m in (big, again, library.models.clone_model(big))]
        found.append((texts, json.loads(json.dumps(big.get_config())), structure))
    for theirs, mine in zip(found[0][0], found[1][0], strict=True):
        assert theirs == mine
    assert found[0][1:] == found[1][1:]


def test_connections_are_printed_where_a_graph_branches():
    text = printed(branching(minikeras), line_length=120)
    assert "Connected to" in text
    assert "inner[0][0], inner[1][0]" in text
    assert "stack[1][0]" in text
    assert "Connected to" not in printed(chain(minikeras), line_length=80)
    assert "stack" in printed(branching(minikeras), layer_range=["inner", "stack"])
    with pytest.raises(ValueError, match="list of two names"):
        printed(chain(minikeras), layer_range=["x"])


def test_boxes_stand_below_those_that_they_take_from():
    drawing = model_to_dot(branching(minikeras), expand_nested=True, show_trainable=True, show_layer_activations=True)
    drawing.lay_out()
    for source, target in drawing.arrows:
        upper, lower = drawing.boxes[source], drawing.boxes[target]
        assert upper.y + upper.height < lower.y
    assert [name for name, _ in drawing.frames] == ["inner", "stack"]
    for i, box in enumerate(drawing.boxes):
        for other in drawing.boxes[i + 1 :]:
            apart = abs(box.x - other.x) >= (box.width + other.width) / 2
            assert apart or box.y + box.height < other.y or other.y + other.height < box.y
    assert "Activation: relu" in drawing.boxes[2].lines
    assert "Trainable: True" in drawing.boxes[2].lines


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
def test_a_drawing_is_an_svg_a_dot_or_a_png(tmp_path, rankdir):
    for name in ("model.svg", "model.dot", "model.png"):
        plot_model(
            branching(minikeras), tmp_path / name, show_shapes=True, show_layer_names=True, rankdir=rankdir, dpi=50
        )
    svg = ElementTree.parse(tmp_path / "model.svg").getroot()
    texts = ["".join(t.itertext()) for t in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert "stack (Sequential)" in texts
    assert "Output shape: (None, 2)" in texts
    assert (tmp_path / "model.dot").read_text().count("->") == 5
    assert (tmp_path / "model.png").read_bytes().startswith(b"\x89PNG")


def test_layers_that_feed_themselves_and_models_without_symbols_are_drawn():
    x = Input((2,))
    twice = layers.Dense(2)
    drawing = model_to_dot(Model(x, twice(twice(x))))
    assert drawing.arrows == [(0, 1), (1, 1)]
    assert "polyline" in drawing.to_svg()

    class Own(Model):
        def call(self, x):
            return x

    own = Own(name="own")
    with pytest.raises(ValueError, match="not yet been built"):
        model_to_dot(own)
    own(np.ones((1, 2)))
    assert len(model_to_dot(own).boxes) == 1
    stack = Sequential([Input((2,)), layers.Dense(3), layers.Dense(1)])
    assert len(model_to_dot(stack).boxes) == 2
