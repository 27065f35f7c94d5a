"""SimpleRNN: each step's output is the next step's state.

Forward, for each step t::

    (1)  z = x W + b + h′ U                          x W + b: one product for all steps
    (2)  h = φ(z)

Backward, from the last step to the first::

    (3)  dh ← dh + dy;   dz = φ′(z) ⊙ dh
    (4)  dh′ = dz Uᵀ
    (5)  after all steps:  dW = xᵀ dz,  dU = h′ᵀ dz,  db = Σ dz,  dx = dz Wᵀ

(4) once a step makes dh the product of as many U's as there are steps between: gradients vanish where ‖U‖ φ′ is below
1, and explode where it is above.

Source: Elman, "Finding structure in time", Cognitive Science 14, 1990.
"""

from typing import Any

import numpy as np

from .cell import Cell, Frame, States
from .rnn import CellLayer


class SimpleRNNCell(Cell):
    """One step of SimpleRNN: (x (N, D), h′) → (h, h).

    Args (as in Keras):
        units: K.
        activation: φ.
    """

    gate_names = ("h",)
    _seed_first = True
    _drops_all_at_rate_one = True

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
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

    def loop(self, frame: Frame, states: States) -> States:
        h, mask, keep, z = frame["h"], frame["mask"], frame["keep"], frame["z"]
        u = self.recurrent_kernel.value
        self._kernel("simple_rnn", z.dtype)(z, u, keep, mask, frame["gates"], h, frame["work"])  # (1), (2)
        return [h[-1]]

    def loop_backward(self, frame: Frame, dy: np.ndarray, dstates: States, dz: np.ndarray) -> np.ndarray:
        u, keep, mask = self.recurrent_kernel.value, frame["keep"], frame["mask"]
        run = self._kernel("simple_rnn_backward", dz.dtype)
        run(dy, frame["z"], frame["gates"], u, keep, mask, *dstates, dz, frame["work"])  # (3), (4)
        return dz


class SimpleRNN(CellLayer):
    """A fully connected recurrent layer: (N, T, D) → (N, K), or (N, T, K) with ``return_sequences``.

    Args (as in Keras):
        units: K.
        activation: φ; with tanh the whole sequence is one compiled call.
        dropout, recurrent_dropout: rates for x and h′; one mask for all steps of a sequence.
        return_sequences: whether the outputs of all steps are returned, not the last one's.
        go_backwards: whether the sequence is read from its end; the outputs come in the order of reading.
        unroll: no effect.

    Differs from Keras: ``activity_regularizer`` has an effect; Keras 3.15 drops it in this layer.

    >>> layer = SimpleRNN(1, activation=None, dtype="float64")
    >>> layer.build((None, 3, 1))
    >>> layer.set_weights([[[1.0]], [[0.5]], [0.0]])
    >>> layer(np.array([[[4.0], [2.0], [1.0]]]))           # ((4 · ½) + 2) · ½ + 1
    array([[3.]])
    """

    cell_class = SimpleRNNCell
    quantities = {
        **Cell.quantities,
        "h": ("h = φ(x W + b + h′ U)", r"h = \varphi(x W + b + h' U)"),
    }

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
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
        **kwargs: Any,
    ) -> None:
        self._set_up(locals())

    def get_config(self) -> dict[str, Any]:
        """Keras leaves the seed out of SimpleRNN's config."""
        return {name: value for name, value in super().get_config().items() if name != "seed"}
