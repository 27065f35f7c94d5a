"""Mistakes in the chain rule over calls, and in what a pass leaves behind: :data:`GRAPH_MUTANTS`."""

from typing import Any

from ...calls import Call, Cotangents
from ...layers.within import State
from .registry import GRAPH_MUTANTS, Patch, register


@register(
    "A layer that is called twice keeps the gradient of one call, where it should get the sum.",
    "grad = … where grad += … belongs; a siamese net then learns from one of its two inputs.",
    GRAPH_MUTANTS,
)
def shared_gradient_lost() -> list[Patch]:
    right = Call.back

    def wrong(self: Call, *args: Any) -> Any:
        self.over.seen -= set(self.operation.own_parameters)
        return right(self, *args)

    return [(Call, "back", wrong)]


@register(
    "An array that two layers take gets the gradient of one of them; the other branch is forgotten.",
    "A residual connection whose backward returns the gradient of the layer and not that of the shortcut.",
    GRAPH_MUTANTS,
)
def branch_forgotten() -> list[Patch]:
    right = Cotangents.add

    def wrong(self: Cotangents, arrays: Any, gradients: Any) -> None:
        pairs = zip(arrays, gradients, strict=False)
        new = [(a, g) for a, g in pairs if g is not None and not self.reaches(a)]
        right(self, [a for a, _ in new], [g for _, g in new])

    return [(Cotangents, "add", wrong)]


@register(
    "A gradient check moves the moving statistics, so that the model predicts otherwise after it.",
    "The check calls the layer with training=True, as often as there are probes, and puts nothing back.",
    GRAPH_MUTANTS,
)
def statistics_moved() -> list[Patch]:
    return [(State, "put_back", lambda self: None)]
