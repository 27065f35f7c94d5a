"""What a dense layer does.

=========  ======  ==========================
z, y, dz   (N, K)  pre-activation, output, ∂L/∂z
b, db      (K,)    bias, ∂L/∂b
=========  ======  ==========================
"""

import numpy as np


def matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """out = a b, by the BLAS library that NumPy uses. Writes out."""
    if len(b) == 1 and out.flags.c_contiguous:  # of a column and a row np.matmul makes a slow loop
        np.dot(a, b, out=out)
    else:
        np.matmul(a, b, out=out)


def add_bias(z: np.ndarray, b: np.ndarray) -> None:
    """z ← z + b, row by row. Changes z."""
    z += b


def sum_rows(dz: np.ndarray, db: np.ndarray) -> None:
    """db = Σₙ dz[n], since every row adds the same b. Writes db."""
    db[...] = dz.sum(axis=0)


def bias_relu(z: np.ndarray, b: np.ndarray, y: np.ndarray) -> None:
    """z ← z + b;  y = max(z, 0), with NaN kept and +0 for −0. Changes z, writes y."""
    z += b
    y[...] = np.where(z.real <= 0, 0, z)


def relu_backward_bias(dy: np.ndarray, y: np.ndarray, dz: np.ndarray, db: np.ndarray) -> None:
    """dz = dy where y > 0, else 0 (so relu'(0) = 0);  db = Σₙ dz[n]. Writes dz and db."""
    dz[...] = np.where(y.real > 0, dy, 0)
    db[...] = dz.sum(axis=0)
