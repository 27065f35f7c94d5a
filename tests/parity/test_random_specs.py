"""Models that hypothesis draws, and shrinks when one fails, from the same description as the suite's."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minikeras
from parity import gradients, specs, tasks

pytestmark = pytest.mark.keras


def block(draw):
    arguments = {"use_bias": draw(st.booleans()), "kernel_initializer": draw(st.sampled_from(specs.INITIALIZERS))}
    dense = specs.dense(draw(st.integers(1, 16)), draw(st.sampled_from(specs.ACTIVATIONS)), **arguments)
    return [dense, *draw(st.lists(st.sampled_from(specs.LAYERS), max_size=1))]


@st.composite
def drawn_specs(draw):
    return specs.stacked(
        "drawn",
        shape=tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=2))),
        hidden=[layer for _ in range(draw(st.integers(0, 4))) for layer in block(draw)],
        head=draw(st.sampled_from(specs.HEADS)),
        units=draw(st.integers(2, 6)),
        separate=draw(st.booleans()),
        rows=draw(st.sampled_from([1, 7, 32])),
        weighted=draw(st.booleans()),
        seed=draw(st.integers(0, 2**16)),
    )


@given(drawn_specs())
@settings(max_examples=12)
def test_gradients_of_drawn_models(backends, spec):
    rows = gradients.check(backends("tensorflow"), [spec])
    assert rows
    assert not [f"{r.tensor} {r.dtype} {r.error:.1e}" for r in rows if not r.passed]


@given(drawn_specs())
@settings(max_examples=5)
def test_initializers_of_drawn_models(backends, spec):
    assert tasks.initializers(minikeras, spec) == backends("tensorflow").ask("initializers", spec=spec)
