"""GRU: one state, a gate that updates it and a gate that resets what the candidate sees of it.

Forward, for each step t, gates side by side in z = (z_u, z_r, z_n)::

    (1)  z = x W + b                                 one product for all steps
    (2)  a = h′ U + b_r                              b_r: the second row of ``bias``
    (3)  u = σ(z_u + a_u),  r = σ(z_r + a_r)
    (4)  n = φ(z_n + r ⊙ a_n)                        reset_after; before: n = φ(z_n + q U_n), q = r ⊙ h′, no b_r
    (5)  h = u ⊙ h′ + (1 − u) ⊙ n

Backward, from the last step to the first; z stands for the arguments of σ and φ::

    (6)  dh ← dh + dy;   du = dh ⊙ (h′ − n),   dn = dh ⊙ (1 − u)
    (7)  dz_u = σ′ du,   dz_n = φ′ dn
    (8)  dz_r = σ′ (dz_n ⊙ a_n),   da = (dz_u, dz_r, dz_n ⊙ r),   dh′ = dh ⊙ u + da Uᵀ                     reset_after
         dq = dz_n U_nᵀ,   dz_r = σ′ (dq ⊙ h′),   dh′ = dh ⊙ u + dq ⊙ r + (dz_u, dz_r) U_urᵀ              before
    (9)  after all steps:  dW = xᵀ dz,  db = Σ dz,  dx = dz Wᵀ;  dU = h′ᵀ da,  db_r = Σ da  (before: dU_n = qᵀ dz_n)

Keras's u keeps the old state, where Cho et al. write z for it.

Source: Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine translation",
EMNLP 2014; ``reset_after`` is the form that cuDNN computes.
"""

from typing import Any

import numpy as np

from ... import activations, kernels
from .cell import Cell, Frame, States
from .rnn import CellLayer


class GRUCell(Cell):
    """One GRU step: (x (N, D), h′) → (h, h).

    Args (as in Keras):
        units: K.
        reset_after: whether the reset gate multiplies the product with U, not h′ before it.
    """

    gates = 3
    gate_names = ("u", "r", "n")

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units,
            activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            dropout,
            recurrent_dropout,
            seed,
            **kwargs,
        )
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = reset_after

    @property
    def bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def input_bias(self) -> np.ndarray | None:
        return self.bias.value[0] if self.bias is not None and self.reset_after else super().input_bias()

    def _fused(self) -> bool:
        return super()._fused() and self.recurrent_activation is activations.sigmoid

    def loop(self, frame: Frame, states: States) -> States:
        h, mask, keep, z = frame["h"], frame["mask"], frame["keep"], frame["z"]
        u, gates, work = self.recurrent_kernel.value, frame["gates"], frame["work"]
        if self.reset_after:
            b = np.zeros(u.shape[1], u.dtype) if self.bias is None else self.bias.value[1]
            a = frame["a"] = self.buffer("a", z.shape)
            self._kernel("gru", z.dtype)(z, u, b, keep, mask, gates, a, h, work)  # (2) … (5)
        else:
            q = frame["q"] = self.buffer("q", (len(z), *h.shape[1:]))
            self._kernel("gru_reset_before", z.dtype)(z, u, keep, mask, gates, q, h, work)
        return [h[-1]]

    def loop_backward(self, frame: Frame, dy: np.ndarray, dstates: States, dz: np.ndarray) -> np.ndarray:
        h, mask, keep, z = frame["h"], frame["mask"], frame["keep"], frame["z"]
        u, gates, work = self.recurrent_kernel.value, frame["gates"], frame["work"]
        if self.reset_after:
            da = self.buffer("da", z.shape)
            run = self._kernel("gru_backward", dz.dtype)
            run(dy, z, gates, frame["a"], h, u, keep, mask, *dstates, dz, da, work)  # (6) … (8)
            return da
        run = self._kernel("gru_reset_before_backward", dz.dtype)
        run(dy, z, gates, h, u, keep, mask, *dstates, dz, work)
        return dz

    def _recurrent_gradients(self, frame: Frame, dz: np.ndarray, da: np.ndarray) -> None:
        super()._recurrent_gradients(frame, dz, da)
        if not self.reset_after:
            at = slice(2 * self.units, None)
            np.matmul(frame["q"].reshape(-1, self.units).T, dz[:, at], out=self.recurrent_kernel.grad[:, at])

    def _bias_gradient(self, dz: np.ndarray, da: np.ndarray, db: np.ndarray) -> None:
        if not self.reset_after:
            super()._bias_gradient(dz, da, db)
            return
        run = kernels.select(dz.dtype)
        run.sum_rows(dz, db[0])
        run.sum_rows(da, db[1])

    def get_config(self) -> dict[str, Any]:
        own = {
            "recurrent_activation": activations.serialize(self.recurrent_activation),
            "reset_after": self.reset_after,
        }
        return {**super().get_config(), **own}


class GRU(CellLayer):
    """Gated recurrent unit: (N, T, D) → (N, K), or (N, T, K) with ``return_sequences``.

    Args (as in Keras):
        units: K.
        activation, recurrent_activation: φ and σ; with the default ones the whole sequence is one compiled call.
        dropout, recurrent_dropout: rates for x and h′; one mask for all steps of a sequence.
        return_sequences: whether the outputs of all steps are returned, not the last one's.
        go_backwards: whether the sequence is read from its end; the outputs come in the order of reading.
        unroll, use_cudnn: no effect.
        reset_after: whether the reset gate multiplies the product with U, not h′ before it.

    >>> layer = GRU(1, dtype="float64")
    >>> layer.build((None, 2, 1))
    >>> layer.set_weights([np.full((1, 3), 0.5), np.full((1, 3), 0.1), np.zeros((2, 3))])
    >>> layer(np.array([[[1.0], [2.0]]])).round(4)
    array([[0.3318]])
    """

    cell_class = GRUCell
    quantities = {
        **Cell.quantities,
        "u": ("u = σ(z_u + a_u)", r"u = \sigma(z_u + a_u)"),
        "r": ("r = σ(z_r + a_r)", r"r = \sigma(z_r + a_r)"),
        "n": ("n = φ(z_n + r ⊙ a_n)", r"n = \varphi(z_n + r \odot a_n)"),
        "a": ("a = h′ U + b_r, of all gates side by side", "a = h' U + b_r"),
        "h": ("h = u ⊙ h′ + (1 − u) ⊙ n", r"h = u \odot h' + (1 - u) \odot n"),
        "dh": ("dh = dy + dh′ of the next step", r"\d{h_t} = \d{y_t} + \d{h'_{t+1}}"),
        "dz": (
            "dz = (σ′ dh (h′ − n), dz_r, φ′ dh (1 − u))",
            r"\d{z} = \Big(\sigma' \d{h} (h' - n),\; \d{z_r},\; \varphi' \d{h} (1 - u)\Big)",
        ),
        "da": ("da = (dz_u, dz_r, dz_n r)", r"\d{a} = \Big(\d{z_u},\; \d{z_r},\; \d{z_n} r\Big)"),
        "drecurrent_kernel": (
            "dU = Σₜ h′ᵀ da",
            r"\d{U} = \sum_t h_{t-1}^\top \d{a_t}",
        ),
    }

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: Any = "auto",
        **kwargs: Any,
    ) -> None:
        self._set_up(locals())
