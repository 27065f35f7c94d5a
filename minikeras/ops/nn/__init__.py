"""Functions of neural networks, by family."""

from importlib import import_module

from ..base import functions_of

for _family in (
    *("activations", "adaptive_pooling", "attention", "convolution", "crossentropies", "ctc"),
    *("ctc_decode", "encoding", "patches"),
    *("normalization", "pooling"),
):
    globals().update(functions_of(import_module(f".{_family}", __name__)))
