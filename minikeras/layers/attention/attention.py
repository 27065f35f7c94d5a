"""Attention and AdditiveAttention: one head, without projections. Equations in :mod:`.dot_product`; the scores are::

    dot:       s[t, s] = α q[t] · k[s]                             dα = Σ ds q·k
    concat:    s[t, s] = w Σ_h tanh(α (q[t, h] + k[s, h]))         with e = tanh(…): du = w (1 − e²) ds,
               dq = Σ_s α du,  dk = Σ_t α du,  dα = Σ du (q + k),  dw = Σ ds e
    additive:  s[t, s] = Σ_h α[h] tanh(q[t, h] + k[s, h])          du = α (1 − e²) ds,  dα[h] = Σ ds e[h]

α is ``scale`` (1 without ``use_scale``), w ``concat_score_weight``.
"""

from typing import Any

import numpy as np

from ... import random
from ...parameter import Parameter
from ..base import Layer
from .dot_product import both, causal, softmax_where, softmax_where_backward, swapped


class Attention(Layer):
    """Dot-product attention on [query, value] or [query, value, key]: (N, T, H), (N, S, V), (N, S, H) → (N, T, V).

    Args (as in Keras):
        use_scale: True multiplies the scores by a trained number.
        score_mode: "dot" or "concat".
        dropout: rate for the weights.

    Call arguments: ``mask`` ([query mask, value mask]), ``return_attention_scores``, ``use_causal_mask``.

    >>> q, v = np.zeros((1, 1, 2)), np.array([[[1.0, 3.0], [3.0, 5.0]]])
    >>> Attention(dtype="float64")([q, v])                  # equal scores: the mean of the values
    array([[[2., 4.]]])

    Differs from Keras: a query that may look at no key gives all keys the same weight. Keras subtracts 1e9 from all its
    scores, so that its weights are those of the scores rounded to 1e-7.
    """

    needs_floats = True
    supports_masking = True
    quantities = {
        "e": ("e = q kᵀ, the scores without α", "e = q k^\\top"),
        "p": ("p = softmax over s of α e", r"p = \mathrm{softmax}_s(\alpha e)"),
        "y": ("y = p v", "y = p v"),
    }
    scale: Parameter | None
    concat_score_weight: Parameter | None

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if score_mode not in ("dot", "concat"):
            raise ValueError(
                "Invalid value for argument score_mode. Expected one of {'dot', 'concat'}. "
                f"Received: score_mode={score_mode}"
            )
        self.use_scale, self.score_mode, self.dropout, self.seed = use_scale, score_mode, dropout, seed
        if dropout > 0:
            self.seed_generator = random.SeedGenerator(seed)

    def build(self, input_shape: Any) -> None:
        self._check(input_shape)
        self.scale = self.add_weight((), "ones", name="scale") if self.use_scale else None
        concat = self.score_mode == "concat"
        self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight") if concat else None

    def _check(self, inputs: Any) -> None:
        if not isinstance(inputs, list | tuple) or not 2 <= len(inputs) <= 3:
            raise ValueError(
                f"{type(self).__name__} layer must be called on a list of inputs, namely [query, value] or "
                f"[query, value, key]. Received: inputs={inputs}."
            )

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        self._check(inputs)
        q, v = inputs[:2]
        k = inputs[2] if len(inputs) > 2 else v
        q_mask, v_mask = (mask[0], mask[1]) if mask is not None else (None, None)
        s, e = self.scores(q, k)
        m = None if v_mask is None else np.asarray(v_mask, bool)[:, None, :]
        m = both(m, causal(*s.shape[-2:]) if use_causal_mask else None)
        p = softmax_where(s, m, empty=False)
        d = None
        if training and self.dropout > 0:
            kept = random.dropout_mask(self.seed_generator, p.shape, self.dropout, p.real.dtype)
            d = kept / p.real.dtype.type(1 - self.dropout)
        kept = p if d is None else p * d
        o = kept @ v
        shown = None if q_mask is None else np.asarray(q_mask, bool)[:, :, None]
        self.save(q=q, k=k, v=v, e=e, m=m, p=p, d=d, _kept=kept, shown=shown)
        self.save(three=len(inputs) > 2, scores=return_attention_scores)
        y = o if shown is None else np.where(shown, o, 0)
        return (y, kept) if return_attention_scores else y

    def backward(self, dy: Any) -> Any:
        f = self.saved()
        dy, dweights = dy if f["scores"] else (dy, None)
        dy = np.zeros((*f["q"].shape[:-1], f["v"].shape[-1]), f["q"].dtype) if dy is None else dy
        do = dy if f["shown"] is None else np.where(f["shown"], dy, 0)
        dp, dv = do @ swapped(f["v"]), swapped(f["_kept"]) @ do
        if dweights is not None:
            dp += dweights
        if f["d"] is not None:
            dp *= f["d"]
        dq, dk = self.scores_backward(softmax_where_backward(dp, f["p"], f["m"]), f["q"], f["k"], f["e"])
        return [dq, dv, dk] if f["three"] else [dq, dv + dk]

    def _alpha(self) -> Any:
        return 1.0 if self.scale is None else self.scale.value

    def scores(self, q: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, Any]:
        """s, and what its derivative needs."""
        if self.score_mode == "dot":
            product = q @ swapped(k)
            return self._alpha() * product, product
        e = np.tanh(self._alpha() * (q[:, :, None] + k[:, None]))
        return self.concat_score_weight.value * e.sum(axis=-1), e  # type: ignore[union-attr]

    def scores_backward(self, ds: np.ndarray, q: np.ndarray, k: np.ndarray, e: Any) -> tuple[np.ndarray, np.ndarray]:
        """dq and dk from ds."""
        alpha = self._alpha()
        if self.score_mode == "dot":
            if self.scale is not None:
                self.scale.grad[...] = (ds * e).sum()
            return alpha * (ds @ k), alpha * (swapped(ds) @ q)
        self.concat_score_weight.grad[...] = (ds[..., None] * e).sum()  # type: ignore[union-attr]
        du = self.concat_score_weight.value * (1 - e * e) * ds[..., None]  # type: ignore[union-attr]
        if self.scale is not None:
            self.scale.grad[...] = (du * (q[:, :, None] + k[:, None])).sum()
        return alpha * du.sum(axis=2), alpha * du.sum(axis=1)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The query's mask."""
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else None

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[0][:-1], input_shape[1][-1])

    def get_config(self) -> dict[str, Any]:
        own = ("use_scale", "score_mode", "dropout", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


class AdditiveAttention(Attention):
    """Additive attention: the scores are Σ_h α[h] tanh(q[t, h] + k[s, h]).

    Args (as in Keras):
        use_scale: True trains α, one number for each h; without it α = 1.
        dropout: rate for the weights.

    Source: Bahdanau, Cho & Bengio, "Neural machine translation by jointly learning to align and translate", ICLR 2015.
    """

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(use_scale=use_scale, dropout=dropout, **kwargs)

    def build(self, input_shape: Any) -> None:
        self._check(input_shape)
        size = (input_shape[0][-1],)
        self.scale = self.add_weight(size, "glorot_uniform", name="scale") if self.use_scale else None

    def scores(self, q: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, Any]:
        e = np.tanh(q[:, :, None] + k[:, None])
        return (self._alpha() * e).sum(axis=-1), e

    def scores_backward(self, ds: np.ndarray, q: np.ndarray, k: np.ndarray, e: Any) -> tuple[np.ndarray, np.ndarray]:
        if self.scale is not None:
            self.scale.grad[...] = (ds[..., None] * e).sum(axis=(0, 1, 2))
        du = self._alpha() * (1 - e * e) * ds[..., None]
        return du.sum(axis=2), du.sum(axis=1)

    def get_config(self) -> dict[str, Any]:
        return {name: value for name, value in super().get_config().items() if name != "score_mode"}
