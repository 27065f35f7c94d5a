"""Compiled twins of :mod:`minikeras.kernels.reference.updates`."""

from .jit import kernel


@kernel
def _sgd(w, g, lr):
    for i in range(w.size):
        w[i] -= lr * g[i]


@kernel
def _sgd_momentum(w, v, g, lr, momentum, nesterov):
    for i in range(w.size):
        step = lr * g[i]
        v[i] = momentum * v[i] - step
        w[i] += momentum * v[i] - step if nesterov else v[i]


@kernel
def _weight_decay(w, decay, lr):
    for i in range(w.size):
        w[i] -= w[i] * decay * lr


def sgd(w, g, lr):
    _sgd(w.reshape(-1), g.reshape(-1), lr)


def sgd_momentum(w, v, g, lr, momentum, nesterov):
    _sgd_momentum(w.reshape(-1), v.reshape(-1), g.reshape(-1), lr, momentum, nesterov)


def weight_decay(w, decay, lr):
    _weight_decay(w.reshape(-1), decay, lr)
