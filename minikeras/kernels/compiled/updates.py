"""Compiled twins of :mod:`minikeras.kernels.reference.updates`."""

from .jit import kernel


@kernel
def sgd_flat(w, g, lr):
    for i in range(w.size):
        w[i] -= lr * g[i]


@kernel
def sgd_momentum_flat(w, v, g, lr, momentum, nesterov):
    for i in range(w.size):
        step = lr * g[i]
        v[i] = momentum * v[i] - step
        w[i] += momentum * v[i] - step if nesterov else v[i]


@kernel
def _weight_decay(w, decay, lr):
    for i in range(w.size):
        w[i] -= w[i] * decay * lr


def sgd(w, g, lr):
    sgd_flat(w.reshape(-1), g.reshape(-1), lr)


def sgd_momentum(w, v, g, lr, momentum, nesterov):
    sgd_momentum_flat(w.reshape(-1), v.reshape(-1), g.reshape(-1), lr, momentum, nesterov)


def weight_decay(w, decay, lr):
    _weight_decay(w.reshape(-1), decay, lr)
