"""One loss head for each output of a model.

With outputs y₁, y₂, …, their losses Lᵢ and the weights αᵢ (``loss_weights``, 1 by default)::

    L = Σᵢ αᵢ Lᵢ(tᵢ, yᵢ)        dyᵢ = αᵢ ∂Lᵢ/∂yᵢ        then every layer backward, once

The outputs stand in the order of :func:`~minikeras.structures.flat`; :class:`Outputs` knows their structure and names,
and brings what ``compile`` and ``fit`` get (one thing, a list, or a dictionary by name) into this order.
"""

from typing import Any, NamedTuple

import numpy as np

from .. import losses
from ..calls import Pass
from ..structures import flat, pack
from .head import Head, called, mask_of, ones_like


class Outputs:
    """The structure and the names of a model's outputs.

    Args:
        structure: of the outputs, with anything at its leaves.
        names: of the layers that make them, or None.
    """

    def __init__(self, structure: Any, names: Any = None) -> None:
        self.structure, self.n = structure, len(flat(structure))
        self.is_dict = isinstance(structure, dict) and len(structure) == self.n
        self.layer_names = list(names) if names else None
        keys = flat({key: key for key in structure}) if self.is_dict else None
        self.names: list[str] | None = keys or self.layer_names

    def each(self, given: Any, what: str, which: Any = None, everywhere: bool = False) -> list[Any]:
        """One entry for each output; None where nothing was given.

        Args:
            given: one thing, a list or tuple, or a dictionary by the outputs' names.
            what: its name, for messages.
            which: indices of the outputs that need an entry; a list may have entries for these only.
            everywhere: True takes one thing for all outputs.

        Raises:
            ValueError: for unknown names, and another number of entries.
        """
        if given is None:
            return [None] * self.n
        if isinstance(given, dict):
            return self._by_name(given, what)
        entries = flat(given) if isinstance(given, list | tuple) else [given]
        if len(entries) == self.n:
            return entries
        if everywhere and not isinstance(given, list | tuple):
            return [given] * self.n
        if which is not None and len(entries) == len(which):
            found = dict(zip(which, entries, strict=True))
            return [found.get(i) for i in range(self.n)]
        named = f" {self.names}" if self.names else ""
        raise ValueError(f"`{what}` needs one entry for each of the {self.n} outputs{named}. Received: {len(entries)}")

    def _by_name(self, given: dict[str, Any], what: str) -> list[Any]:
        for names in (self.names, self.layer_names):
            if names is not None and set(given) <= set(names):
                return [given.get(name) for name in names]
        if self.n == 1 and len(given) == 1:
            return list(given.values())
        raise ValueError(f"`{what}` must have the outputs' names {self.names} as keys. Received: {list(given)}")


class OfOutput(NamedTuple):
    """A loss of one output: the output's index, the loss, its weight or None, and its name in the logs."""

    output: int
    loss: losses.Loss
    weight: Any
    name: str


def losses_of(loss: Any, loss_weights: Any, outputs: Outputs) -> list[OfOutput]:
    """The losses that ``compile`` got, in the order of Keras's.

    Raises:
        ValueError: for unknown and for missing names, and another number of losses or weights.

    >>> [(i, type(f).__name__, w, n) for i, f, w, n in losses_of("mse", [1.0, 0.5], Outputs([0, 0], ["a", "b"]))]
    [(0, 'MeanSquaredError', 1.0, 'a'), (1, 'MeanSquaredError', 0.5, 'b')]
    """
    if loss is None:
        return []
    made = []
    for i, (given, weight) in enumerate(zip(*_by_output(loss, loss_weights, outputs), strict=True)):
        entries = given if isinstance(given, list | tuple) else [given]
        weights = weight if isinstance(weight, list | tuple) else [weight] * len(entries)
        for one, w in zip(entries, weights, strict=True):
            if one is not None:
                resolved = losses.get_loss(one)
                name = outputs.names[i] if outputs.names else _name_of(one, resolved)
                made.append(OfOutput(i, resolved, w, name))
    if _is_by_name(loss) and outputs.is_dict:
        order = list(loss)
        made.sort(key=lambda part: order.index(part.name))
    return made


def _by_output(loss: Any, loss_weights: Any, outputs: Outputs) -> tuple[list[Any], list[Any]]:
    """The losses and their weights, for each output: one of each, or a list of them."""
    if isinstance(loss_weights, list | tuple | dict) and isinstance(loss, list | tuple | dict):
        if len(flat(loss)) != len(flat(loss_weights)):
            raise ValueError(
                f"`loss_weights` must match the number of losses, got {len(flat(loss))} losses and "
                f"{len(flat(loss_weights))} weights."
            )
        if isinstance(loss_weights, dict) != isinstance(loss, dict):
            loss_weights = pack(loss, flat(loss_weights))
    if isinstance(loss, list | tuple) and outputs.n == 1:
        return [loss], [loss_weights]
    if isinstance(loss, list | tuple) and len(loss) != outputs.n:
        raise ValueError(f"`loss` needs one entry for each of the {outputs.n} outputs. Received: {len(loss)}")
    if _is_by_name(loss):
        if outputs.n > 1 and not outputs.is_dict and outputs.names and set(loss) < set(outputs.names):
            raise ValueError(
                f"Expected keys {outputs.names} in loss dict, but found loss.keys()={list(loss)}. An output without "
                f"a loss has the entry None."
            )
        found = outputs.each(loss, "loss")
    else:
        found = list(loss) if isinstance(loss, list | tuple) else [loss] * outputs.n
    return found, outputs.each(loss_weights, "loss_weights", everywhere=True)


def _is_by_name(loss: Any) -> bool:
    """True for a dictionary by the outputs' names; False for one that is a loss's config."""
    return isinstance(loss, dict) and "class_name" not in loss


def _name_of(given: Any, loss: losses.Loss) -> str:
    """The name of a loss in the logs: as ``compile`` got it, where that was a string that means a function."""
    return given if isinstance(given, str) and not isinstance(losses.get(given), losses.Loss) else loss.name


class Heads:
    """All losses on a model's outputs, with the interface of :class:`~minikeras.training.head.Head`.

    Differs from Keras: on TensorFlow, Keras may count a batch once, not its rows, in the mean loss of one output.

    Attributes:
        parts: the losses.
        values: Lᵢ of the latest forward pass.
    """

    fused = False
    absorbed = None

    def __init__(self, parts: list[OfOutput], outputs: Outputs, makers: list[Any], fused: bool = True) -> None:
        self.parts, self.outputs = parts, outputs
        self.needed = sorted({part.output for part in parts})
        self.heads = []
        for number, part in enumerate(parts):
            alone = sum(other.output == part.output for other in parts) == 1
            head = Head.resolve(makers[part.output], part.loss, fused) if alone else Head(part.loss)
            head.key = ("head", number)
            self.heads.append(head)

    def forward(
        self,
        model: Any,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        training: bool = False,
        over: Pass | None = None,
    ) -> tuple[Any, Any]:
        """L and the model's outputs; keeps ∂L/∂yᵢ if the pass is recorded."""
        self.over = over = Pass() if over is None else over
        over.absorbed = tuple(h.absorbed for h in self.heads if h.absorbed is not None)
        self.outputs_given, self.root = called(model, x, training, over)
        given = flat(self.outputs_given)
        made, targets, weights = list(given), self.targets(y), self.weights(sample_weight)
        self._gradients: list[Any] = [None] * len(given)
        self.values, total = [], 0.0
        for head, (i, _, weight, _) in zip(self.heads, self.parts, strict=True):
            head.over = over
            value, made[i] = head.loss_of(given[i], targets[i], weights[i], mask_of(over, given[i]))
            self.values.append(value)
            total = total + (value if weight is None else value * weight)
            if over.record:
                dy = head._gradient if weight is None else head._gradient * given[i].dtype.type(weight)
                known = self._gradients[i]
                self._gradients[i] = dy if known is None else known + dy
        return total, pack(self.outputs_given, made)

    def backward(self) -> Any:
        """Goes back through the whole model; dx, or None if it is not wanted."""
        return self.root.back(pack(self.root.outputs, self._gradients), ones_like(self.root.added))

    def targets(self, y: Any) -> list[Any]:
        """One target for each output that has a loss.

        Raises:
            ValueError: if one is missing.
        """
        targets = self.outputs.each(y, "y", self.needed)
        for part in self.parts:
            if targets[part.output] is None:
                raise ValueError(f"The loss needs targets: y is missing for output '{part.name}'.")
        return targets

    def weights(self, sample_weight: Any) -> list[Any]:
        """The sample weights of each output; one array is for all of them."""
        return self.outputs.each(sample_weight, "sample_weight", self.needed, everywhere=True)

    def check(self, y: Any, shapes: Any) -> None:
        """Looks at all targets before they are used."""
        targets, shapes = self.targets(y), flat_shapes(shapes)
        for part in self.parts:
            check_labels(part.loss, targets[part.output], shapes[part.output])


def check_labels(loss: losses.Loss, y: Any, shape: Any) -> None:
    """Looks at the targets of one output, unless the loss is a custom one, whose targets may have any shape."""
    if type(loss).call is losses.Loss.call:
        loss.check(np.asarray(y), shape)


def flat_shapes(shapes: Any) -> list[tuple[int, ...]]:
    """The shapes of a structure of them."""
    if isinstance(shapes, dict):
        return [shape for key in sorted(shapes) for shape in flat_shapes(shapes[key])]
    if isinstance(shapes, list | tuple) and (not shapes or not isinstance(shapes[0], int | None)):
        return [shape for part in shapes for shape in flat_shapes(part)]
    return [tuple(shapes)]
