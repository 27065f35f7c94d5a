"""LSTM: a memory c that gates write, keep and show.

Forward, for each step t, gates side by side in z = (z_i, z_f, z_g, z_o)::

    (1)  z = x W + b + h′ U                          x W + b: one product for all steps
    (2)  i = σ(z_i),  f = σ(z_f),  g = φ(z_g),  o = σ(z_o)
    (3)  c = f ⊙ c′ + i ⊙ g
    (4)  h = o ⊙ φ(c)

Backward, from the last step to the first. dh and dc arrive from the step after; c reaches L through h (4) and through
the next c (3)::

    (5)  dh ← dh + dy;   dc ← dc + φ′(c) ⊙ (dh ⊙ o)
    (6)  do = dh ⊙ φ(c),  di = dc ⊙ g,  df = dc ⊙ c′,  dg = dc ⊙ i
    (7)  dz = (σ′ di, σ′ df, φ′ dg, σ′ do)
    (8)  dh′ = dz Uᵀ,   dc′ = dc ⊙ f
    (9)  after all steps:  dW = xᵀ dz,  dU = h′ᵀ dz,  db = Σ dz,  dx = dz Wᵀ

Where the mask of a row is 0, h = h′ and c = c′, so dz = 0, dh′ = dh and dc′ = dc there.

Source: Hochreiter & Schmidhuber, "Long short-term memory", Neural Computation 9, 1997; with the forget gate of Gers,
Schmidhuber & Cummins, "Learning to forget: continual prediction with LSTM", 1999.
"""

from typing import Any

import numpy as np

from ... import activations
from .cell import Cell, Frame, States
from .rnn import CellLayer


class LSTMCell(Cell):
    """One LSTM step: (x (N, D), [h′, c′]) → (h, [h, c]).

    Args (as in Keras):
        units: K.
        unit_forget_bias: whether the forget gate's bias starts at 1.
    """

    gates = 4
    gate_names = ("i", "f", "g", "o")
    _states = 2

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
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
        self.unit_forget_bias = unit_forget_bias

    def initial_bias(self, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        if not self.unit_forget_bias:
            return super().initial_bias(shape, dtype)
        first, last = super().initial_bias((self.units,), dtype), super().initial_bias((2 * self.units,), dtype)
        return np.concatenate([first, np.ones_like(first), last])

    def _fused(self) -> bool:
        return super()._fused() and self.recurrent_activation is activations.sigmoid

    def loop(self, frame: Frame, states: States) -> States:
        h, mask, keep, z = frame["h"], frame["mask"], frame["keep"], frame["z"]
        c = frame["c"] = self.buffer("c", h.shape)
        c[0] = states[1]
        tanh_c = frame["tanh_c"] = self.buffer("tanh_c", (len(z), *c.shape[1:]))
        u = self.recurrent_kernel.value
        self._kernel("lstm", z.dtype)(z, u, keep, mask, frame["gates"], h, c, tanh_c, frame["work"])  # (1) … (4)
        return [h[-1], c[-1]]

    def loop_backward(self, frame: Frame, dy: np.ndarray, dstates: States, dz: np.ndarray) -> np.ndarray:
        kept = (frame[name] for name in ("z", "gates", "c", "tanh_c"))
        u, keep, mask = self.recurrent_kernel.value, frame["keep"], frame["mask"]
        self._kernel("lstm_backward", dz.dtype)(dy, *kept, u, keep, mask, *dstates, dz, frame["work"])  # (5) … (8)
        return dz

    def get_config(self) -> dict[str, Any]:
        own = {
            "recurrent_activation": activations.serialize(self.recurrent_activation),
            "unit_forget_bias": self.unit_forget_bias,
        }
        return {**super().get_config(), **own}


class LSTM(CellLayer):
    """Long short-term memory: (N, T, D) → (N, K), or (N, T, K) with ``return_sequences``.

    Args (as in Keras):
        units: K.
        activation, recurrent_activation: φ and σ; with the default ones the whole sequence is one compiled call.
        unit_forget_bias: whether the forget gate's bias starts at 1.
        dropout, recurrent_dropout: rates for x and h′; one mask for all steps of a sequence.
        return_sequences: whether the outputs of all steps are returned, not the last one's.
        go_backwards: whether the sequence is read from its end; the outputs come in the order of reading.
        unroll, use_cudnn: no effect.

    >>> layer = LSTM(1, dtype="float64")
    >>> layer.build((None, 2, 1))
    >>> layer.set_weights([np.full((1, 4), 0.5), np.full((1, 4), 0.1), np.zeros(4)])
    >>> layer(np.array([[[1.0], [2.0]]])).round(4)
    array([[0.4777]])
    """

    cell_class = LSTMCell
    quantities = {
        **Cell.quantities,
        "i": ("i = σ(z_i)", r"i = \sigma(x W_i + h' U_i + b_i)"),
        "f": ("f = σ(z_f)", r"f = \sigma(x W_f + h' U_f + b_f)"),
        "g": ("g = φ(z_g)", r"g = \varphi(x W_g + h' U_g + b_g)"),
        "o": ("o = σ(z_o)", r"o = \sigma(x W_o + h' U_o + b_o)"),
        "c_before": ("c′, the memory before the step", "c'"),
        "c": ("c = f ⊙ c′ + i ⊙ g", r"c = f \odot c' + i \odot g"),
        "tanh_c": ("φ(c)", r"\varphi(c)"),
        "h": ("h = o ⊙ φ(c)", r"h = o \odot \varphi(c)"),
        "dc": (
            "dc = φ′(c) ⊙ dh ⊙ o + dc ⊙ f of the next step",
            r"\d{c_t} = \varphi'(c_t) \odot \d{h_t} \odot o_t + \d{c_{t+1}} \odot f_{t+1}",
        ),
        "dz": (
            "dz = (σ′ dc g, σ′ dc c′, φ′ dc i, σ′ dh φ(c))",
            r"\d{z} = \Big(\sigma' \d{c}\, g,\; \sigma' \d{c}\, c',\; "
            r"\varphi' \d{c}\, i,\; \sigma' \d{h}\, \varphi(c)\Big)",
        ),
        "dc0": ("dc of the initial memory", r"\d{c_0}"),
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
        unit_forget_bias: bool = True,
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
        use_cudnn: Any = "auto",
        **kwargs: Any,
    ) -> None:
        self._set_up(locals())
