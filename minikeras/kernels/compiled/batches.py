"""Compiled twins of :mod:`minikeras.kernels.reference.batches`."""

from .jit import kernel


@kernel
def copy_row(row, out):
    for d in range(out.size):
        out[d] = row[d]


@kernel
def _gather_rows(data, indices, out):
    for n in range(indices.size):
        copy_row(data[indices[n]], out[n])


def gather(data, indices, out):
    if data.ndim == 2:
        return _gather_rows(data, indices, out)
    width = out.size // len(out) if len(out) else 0
    return _gather_rows(data.reshape(len(data), width), indices, out.reshape(len(out), width))


@kernel
def scatter_add(indices, dy, before, dw):
    for n in range(len(before)):
        dw[before[n]] = 0
    for n in range(len(indices)):
        dw[indices[n]] = 0
    for n in range(len(indices)):
        row, d = dw[indices[n]], dy[n]
        for k in range(row.size):
            row[k] += d[k]
