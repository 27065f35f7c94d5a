"""Masks: True where a time step counts. They travel beside the arrays of a pass, known by the arrays' identity.

A layer whose ``call`` has an argument ``mask`` (or ``query_mask`` for its argument ``query``) gets the mask of the
array that it is called on; a layer that supports masking passes one on, as its ``compute_mask`` says.
"""

from typing import Any

from ..calls import Call
from ..structures import flat, mapped
from ..tensor import Tensor, plain, wrapped


def accepted(layer: Any, call: Call, args: Any, kwargs: dict[str, Any]) -> Any:
    """The mask of the first argument; puts those that ``call`` accepts and did not get into ``kwargs``."""
    known = call.over.masks

    def mask_of(structure: Any) -> Any:
        found = mapped(lambda a: known[id(a)][1] if id(a) in known else None, structure)
        return found if any(m is not None for m in flat(found)) else None

    single = len(args) == 1
    for name, a in zip(layer._names, args, strict=False):
        argument = "mask" if single or "mask" in layer._accepted else f"{name}_mask"
        if argument in layer._accepted and kwargs.get(argument) is None and known:
            kwargs[argument] = mask_of(a)
            if single or argument == "mask":
                break
    return kwargs["mask"] if kwargs.get("mask") is not None else mask_of(args[0]) if args else None


def pass_on(layer: Any, call: Call, args: Any, outputs: Any, masks: Any) -> None:
    """Notes the masks of a layer's outputs."""
    made = layer.compute_mask(mapped(plain, args[0] if args else None), masks)
    if made is not None:
        leaves = flat(outputs)
        for a, mask in zip(leaves, flat(made) if len(leaves) > 1 else [made], strict=False):
            if mask is not None:
                call.over.masks[id(a)] = (a, plain(mask))


def follow(call: Call, leaves: Any, given: Any, inputs: Any) -> None:
    """Notes the masks that came with tensors, and those of arrays that were cast, under the new arrays."""
    known = call.over.masks
    for a in leaves:
        if isinstance(a, Tensor) and a._keras_mask is not None and a.plain is not None:
            known[id(a.plain)] = (a.plain, a._keras_mask)
    if known:
        known.update((id(a), (a, known[id(b)][1])) for a, b in zip(flat(inputs), given, strict=True) if id(b) in known)


def masked(call: Call, a: Any) -> Tensor:
    """An output as a tensor that knows its mask."""
    tensor = wrapped(a)
    if id(a) in call.over.masks:
        tensor._keras_mask = call.over.masks[id(a)][1]
    return tensor
