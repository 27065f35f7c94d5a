"""Mistakes in the backward of Embedding, recurrent layers and attention: :data:`SEQUENCE_MUTANTS`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...kernels import reference
from ...kernels.reference import attention as by_head
from ...layers.attention import attention, heads
from ...layers.core import Embedding
from ...layers.rnn import GRUCell, LSTMCell, SimpleRNNCell
from ...layers.rnn.cell import Cell
from ...running import running
from .registry import SEQUENCE_MUTANTS, Patch, register


def _loops(change: Callable[..., Any]) -> list[Patch]:
    """Replaces each cell's ``loop_backward`` by change(right, self, frame, dy, dstates, dz)."""

    def wrong(right: Any) -> Any:
        return lambda self, frame, dy, dstates, dz: change(right, self, frame, dy, dstates, dz)

    return [(cell, "loop_backward", wrong(cell.loop_backward)) for cell in (SimpleRNNCell, LSTMCell, GRUCell)]


def _in_attention(wrong: Callable[..., Any]) -> list[Patch]:
    """Replaces (5) of attention; by head, the readable kernels run, since the compiled ones have it inside."""
    readable = (heads, "select", lambda dtype: reference)
    return [(attention, "softmax_where_backward", wrong), (by_head, "softmax_where_backward", wrong), readable]


@register(
    "Each gate's bias gets the gradient of another gate's.",
    "numpy-ml computes two gates of its LSTM with the output gate's bias; with biases of 0 no test could see it.",
    SEQUENCE_MUTANTS,
)
def bias_of_another_gate() -> list[Patch]:
    right = Cell._bias_gradient

    def wrong(self: Any, dz: np.ndarray, da: np.ndarray, db: np.ndarray) -> None:
        right(self, dz, da, db)
        db[...] = np.roll(db, self.units, axis=-1)

    return [(Cell, "_bias_gradient", wrong)]


@register(
    "The gradient is cut at the last step: the steps before it get nothing.",
    "A detach() too many, or a backward loop that runs once; the net learns, but nothing that lies further back.",
    SEQUENCE_MUTANTS,
)
def cut_at_the_last_step() -> list[Patch]:
    def change(right: Any, self: Any, frame: Any, dy: Any, dstates: Any, dz: Any) -> Any:
        da = right(self, frame, dy, dstates, dz)
        dz[:-1] = 0
        da[:-1] = 0
        return da

    return _loops(change)


@register(
    "The gradient of the first state is forgotten, so an encoder learns nothing from its decoder.",
    "Code that keeps states between calls as plain numbers; only the second of two nets in a row is trained.",
    SEQUENCE_MUTANTS,
)
def state_gradient_forgotten() -> list[Patch]:
    right = Cell.run_backward

    def wrong(self: Any, *args: Any) -> Any:
        dx, dstates = right(self, *args)
        return dx, [np.zeros_like(d) for d in dstates]

    return [(Cell, "run_backward", wrong)]


@register(
    "The mask is ignored on the way back, so padding gets gradients as if it were data.",
    "A mask that is applied to outputs alone; with little padding the loss hardly shows it.",
    SEQUENCE_MUTANTS,
)
def mask_ignored() -> list[Patch]:
    def change(right: Any, self: Any, frame: Any, dy: Any, dstates: Any, dz: Any) -> Any:
        return right(self, {**frame, "mask": frame["mask"][:0]}, dy, dstates, dz)

    return _loops(change)


@register(
    "The gradients of an LSTM's two states, h and c, are swapped.",
    "Both have one shape, and libraries disagree on their order: (h, c) here, (c, h) in early TensorFlow.",
    SEQUENCE_MUTANTS,
)
def h_and_c_swapped() -> list[Patch]:
    right = LSTMCell.loop_backward

    def wrong(self: Any, frame: Any, dy: Any, dstates: Any, dz: Any) -> Any:
        return right(self, frame, dy, dstates[::-1], dz)

    return [(LSTMCell, "loop_backward", wrong)]


@register(
    "A row of an embedding that is read twice keeps the last gradient, where it should get the sum.",
    "NumPy's dw[ids] += dy writes each repeated id once; np.add.at adds them all.",
    SEQUENCE_MUTANTS,
)
def embedding_overwritten() -> list[Patch]:
    right = Embedding.backward

    def wrong(self: Any, dy: np.ndarray) -> None:
        ids = running().saved["ids"] if running() is not None else self._recorded[-1].saved["ids"]  # type: ignore[union-attr]
        right(self, dy)
        self.embeddings.grad[ids] = dy.reshape(len(ids), -1)

    return [(Embedding, "backward", wrong)]


@register(
    "The derivative of attention's softmax sums over the queries where it should sum over the keys.",
    "axis=1 where the scores have four axes; with as many queries as keys no shape gives it away.",
    SEQUENCE_MUTANTS,
)
def softmax_over_the_wrong_axis() -> list[Patch]:
    def wrong(dp: np.ndarray, p: np.ndarray, m: Any, ds: Any = None) -> np.ndarray:
        ds = np.empty_like(dp) if ds is None else ds
        ds[...] = p * (dp - (dp * p).sum(axis=-2, keepdims=True)) * (True if m is None else m)
        return ds

    return _in_attention(wrong)


@register(
    "The scale 1/√H of the scores is forgotten on the way back.",
    "The forward line has it, the backward line was written from the formula without; queries learn √H times as fast.",
    SEQUENCE_MUTANTS,
)
def score_scale_forgotten() -> list[Patch]:
    right = heads.HeadsAttention.backward

    def wrong(self: Any, dy: Any) -> Any:
        kept, self._scale = self._scale, 1.0
        try:
            return right(self, dy)
        finally:
            self._scale = kept

    return [(heads.HeadsAttention, "backward", wrong)]


@register(
    "The causal mask is off by one on the way back: a query's own key gets no gradient of its score.",
    "np.tril(ones, -1) in one place and np.tril(ones) in the other; only the diagonal of the scores is wrong.",
    SEQUENCE_MUTANTS,
)
def causal_mask_off_by_one() -> list[Patch]:
    right = attention.softmax_where_backward

    def wrong(dp: np.ndarray, p: np.ndarray, m: Any, ds: Any = None) -> np.ndarray:
        ds = right(dp, p, m, ds)
        if m is not None and not np.triu(m, 1).any():
            ds[...] = np.tril(ds, -1)
        return ds

    return _in_attention(wrong)
