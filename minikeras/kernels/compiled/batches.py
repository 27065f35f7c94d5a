"""Compiled twins of :mod:`minikeras.kernels.reference.batches`."""

from .jit import kernel


@kernel
def _gather_rows(data, indices, out):
    for n in range(indices.size):
        row = indices[n]
        for d in range(out.shape[1]):
            out[n, d] = data[row, d]


def gather(data, indices, out):
    width = out.size // len(out) if len(out) else 0
    _gather_rows(data.reshape(len(data), width), indices, out.reshape(len(out), width))
