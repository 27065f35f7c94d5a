"""The activation that a layer applies last, which a loss may contain."""

from typing import Any

from ..activations import linear
from ..running import _running


class LastActivation:
    """The attribute ``activation`` of a layer that applies it last.

    While a step runs whose loss contains this activation (softmax inside the cross-entropy, for example), the attribute
    is ``linear``, so that the layer gives its logits; for that step only, and only in its thread.
    """

    def __get__(self, layer: Any, owner: type | None = None) -> Any:
        if layer is None:
            return self
        call = _running.get()
        if call is not None and layer in call.over.absorbed:
            call.over.left_out.add(layer)
            return linear
        if "activation" not in layer.__dict__:
            raise AttributeError(f"Layer {layer.name!r} does not end with an activation.")
        return layer.__dict__["activation"]

    def __set__(self, layer: Any, value: Any) -> None:
        layer.__dict__["activation"] = value
