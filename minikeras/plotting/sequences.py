"""What a network for sequences does: gates and states over time, the size of its gradients, attention maps.

>>> import numpy as np
>>> from minikeras import layers
>>> x = np.ones((2, 5, 3), "float32")
>>> [ax.get_title() for ax in gates_and_states(layers.LSTM(4), x).axes if ax.get_title()][:4]
['input gate i', 'forget gate f', 'candidate g', 'output gate o']
>>> y, scores = layers.Attention()([x, x], return_attention_scores=True)
>>> len(attention_maps(scores[0]).axes)  # the map and its colour bar
2
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .figures import Path, finish, new_figure

_GATES = {
    "LSTM": ("input gate i", "forget gate f", "candidate g", "output gate o"),
    "GRU": ("update gate z", "reset gate r", "candidate"),
}


def gates_and_states(layer: Any, x: Any, path: Path = None, title: str | None = None) -> Any:
    """Gates and states of an LSTM, GRU or SimpleRNN for the first sequence of x: units upwards, time to the right.

    Args:
        layer: the layer; it is called on x.
        x: (N, T, D).
        path: where to save it; the ending says the format.
        title: above the picture.

    Returns:
        The ``Figure``.

    Raises:
        ValueError: for another layer.
    """
    kind = type(layer).__name__
    if kind not in ("LSTM", "GRU", "SimpleRNN"):
        raise ValueError(f"Expected a layer LSTM, GRU or SimpleRNN. Received: {kind} '{layer.name}'")
    layer(x, record=True)
    frame = layer.saved()
    panels = {}
    if kind in _GATES:
        gates = np.split(frame["gates"][:, 0], len(_GATES[kind]), axis=-1)
        panels = {name: (gate, 0.0 if "gate" in name else -1.0) for name, gate in zip(_GATES[kind], gates, strict=True)}
    states = {"state h": frame["h"][1:, 0]}
    if "c" in frame:
        states["memory c"] = frame["c"][1:, 0]
    for name, values in states.items():
        panels[name] = (values, -max(1.0, float(np.abs(values).max())))
    figure = new_figure(7.0, 1.5 * len(panels) + (0.4 if title else 0))
    for i, (name, (values, low)) in enumerate(panels.items(), 1):
        ax = figure.add_subplot(len(panels), 1, i)
        shown = ax.imshow(
            values.T, aspect="auto", origin="lower", cmap="RdBu_r" if low else "viridis", vmin=low, vmax=-low or 1.0
        )
        ax.set_title(name, fontsize=9)
        ax.set_ylabel("unit")
        figure.colorbar(shown, ax=ax)
    ax.set_xlabel("time step")
    return finish(figure, path, title)


def gradient_norms(gradients: Mapping[str, Any], path: Path = None, title: str | None = None) -> Any:
    """How large ∂L/∂x[t] is at each step t: gradients that vanish or explode are straight lines.

    Args:
        gradients: name → dx (N, T, D), as ``layer.backward(dy)`` gives it.
        path, title: as for :func:`gates_and_states`.
    """
    figure = new_figure(6.4, 4.0)
    ax = figure.add_subplot(1, 1, 1)
    for name, dx in gradients.items():
        dx = np.asarray(dx)
        if dx.ndim != 3:
            raise ValueError(f"Expected gradients of shape (N, T, D). Received: {dx.shape} for {name!r}")
        ax.plot(np.sqrt((dx**2).sum(axis=(0, 2))), label=name)
    ax.set_yscale("log")
    ax.set_xlabel("time step t")
    ax.set_ylabel("‖∂L/∂x[t]‖")
    ax.grid(alpha=0.3)
    ax.legend()
    return finish(figure, path, title)


def attention_maps(
    scores: Any,
    queries: Sequence[str] | None = None,
    keys: Sequence[str] | None = None,
    path: Path = None,
    title: str | None = None,
) -> Any:
    """Which keys each query attends to: a picture for each head, with queries downwards and keys to the right.

    Args:
        scores: (heads, T, S), or (T, S), of one sample: what ``return_attention_scores=True`` gives for it.
        queries, keys: tokens to write at the axes; keys default to the queries if T = S.
        path, title: as for :func:`gates_and_states`.
    """
    scores = np.asarray(scores)
    scores = scores[None] if scores.ndim == 2 else scores
    if scores.ndim != 3:
        raise ValueError(f"Expected scores of one sample, (heads, T, S) or (T, S). Received: {scores.shape}")
    if keys is None and queries is not None and len(queries) == scores.shape[2]:
        keys = queries
    figure = new_figure(0.8 + 2.8 * len(scores), 3.0 + (0.4 if title else 0))
    top = float(scores.max())
    for i, head in enumerate(scores):
        ax = figure.add_subplot(1, len(scores), i + 1)
        shown = ax.imshow(head, cmap="viridis", vmin=0.0, vmax=top)
        if len(scores) > 1:
            ax.set_title(f"head {i}", fontsize=9)
        if keys is not None:
            ax.set_xticks(range(len(keys)), keys, rotation=90)
        if queries is not None:
            ax.set_yticks(range(len(queries)), queries)
        ax.set_xlabel("key")
        if i == 0:
            ax.set_ylabel("query")
    figure.colorbar(shown, ax=figure.axes)
    return finish(figure, path, title)
