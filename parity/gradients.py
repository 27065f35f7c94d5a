"""Outputs, loss and gradients of one batch, tensor by tensor."""

from collections.abc import Callable, Iterable
from typing import Any

import minikeras

from . import compare, specs, tasks
from .worker import Keras


def article_batches() -> list[specs.Spec]:
    """The classic classifier (narrower) on a full batch, a ragged one and a single row, weighted and not."""
    spec = specs.article(hidden=(30, 20))
    return [
        spec.but(name="article, 32 rows"),
        spec.but(name="article, 7 rows", rows=7, weighted=True),
        spec.but(name="article, 1 row", rows=1),
    ]


def case(spec: specs.Spec) -> dict[str, Any]:
    """Weights and a batch for a spec."""
    with minikeras.config.using(floatx="float64"):
        model = specs.build(minikeras, spec)
    x, y, w = specs.batch(spec, model.output_shape[-1])
    return {"spec": spec, "weights": specs.weights(model, spec.seed), "x": x, "y": y, "w": w}


def ours(given: dict[str, Any], dtype: str, backend: str) -> tasks.Tensors:
    """The engine's tensors, in the meaning of a Keras backend."""
    with minikeras.config.using(floatx=dtype):
        return tasks.gradients(minikeras, **given, dtype=dtype, mode=specs.MODES[backend])


def check(
    keras: Keras, cases: Iterable[specs.Spec], tick: Callable[[str], None] = lambda name: None
) -> list[compare.Comparison]:
    """Compares every tensor of every spec in float64 and float32. The engine's float64 tensors, themselves compared
    with Keras's, judge both sides in float32."""
    rows = []
    for spec in cases:
        given = case(spec)
        tick(spec.name)
        judge = ours(given, "float64", keras.backend)
        for dtype in ("float64", "float32"):
            theirs = keras.ask("gradients", **given, dtype=dtype)
            mine = judge if dtype == "float64" else ours(given, dtype, keras.backend)
            rows += compare.tensors(
                "gradients",
                spec.name,
                mine,
                theirs,
                specs.arithmetic(spec, keras.backend, dtype),
                judge if dtype == "float32" else None,
            )
    return rows
