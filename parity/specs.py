"""One description of a model, from which both libraries build it.

A value ``{"$": "regularizers.L2", "l2": 0.125}`` stands for ``library.regularizers.L2(l2=0.125)``, so a new layer,
loss or regularizer joins by being named.

>>> import minikeras
>>> spec = Spec("small", (4,), [dense(3, "relu"), dense(2, "softmax")], SPARSE)
>>> [layer.name for layer in build(minikeras, spec).layers]
['dense_0', 'dense_1']
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

SPARSE = {"$": "losses.SparseCategoricalCrossentropy"}
MSE = {"$": "losses.MeanSquaredError"}
CROSSENTROPIES = ("SparseCategoricalCrossentropy", "CategoricalCrossentropy", "BinaryCrossentropy")
MODES = {"tensorflow": "logits", "jax": "clipped", "torch": "clipped"}


@dataclass(frozen=True)
class Spec:
    """A model, its loss and its optimizer.

    Attributes:
        shape: of one input.
        layers: descriptions of the layers, from the bottom.
        rows: the size of a batch.
        weighted: whether the batch has sample weights.
        training: whether normalizations use the batch's own statistics.
        integers: how many numbers the inputs are drawn from; 0 for normal ones.
        rounded: the backends on which Keras computes a part of it in float32, also in float64.
    """

    name: str
    shape: tuple[int, ...]
    layers: list[dict[str, Any]]
    loss: dict[str, Any] = field(default_factory=lambda: SPARSE)
    optimizer: dict[str, Any] = field(default_factory=lambda: {"$": "optimizers.SGD", "learning_rate": 0.125})
    rows: int = 8
    weighted: bool = False
    seed: int = 0
    training: bool = False
    integers: int = 0
    rounded: tuple[str, ...] = ()

    def but(self, **changes: Any) -> "Spec":
        """A copy with some attributes changed."""
        return replace(self, **changes)

    def blank(self) -> "Spec":
        """A copy whose kernels begin at 0: quicker where weights are given, as JAX compiles every random draw."""
        zero = {"kernel_initializer": "zeros"}
        return self.but(layers=[{**a, **zero} if a["$"] == "layers.Dense" else a for a in self.layers])


def dense(units: int, activation: str | None = None, **arguments: Any) -> dict[str, Any]:
    """A Dense layer."""
    return {"$": "layers.Dense", "units": units, "activation": activation, **arguments}


def article(hidden: tuple[int, ...] = (300, 100), **changes: Any) -> Spec:
    """The classic classifier of 28 × 28 images of clothes: Flatten, two ReLU layers, a softmax, plain SGD."""
    layers = [{"$": "layers.Flatten"}, *(dense(n, "relu") for n in hidden), dense(10, "softmax")]
    sgd = {"$": "optimizers.SGD", "learning_rate": 0.01}
    return Spec("article", (28, 28), layers, optimizer=sgd, rows=32).but(**changes)


def resolve(library: Any, value: Any) -> Any:
    """Makes the objects that a description stands for."""
    if isinstance(value, dict) and value.get("$") in GRAPHS:
        return GRAPHS[value["$"]](library, **{k: v for k, v in value.items() if k != "$"})
    if isinstance(value, dict) and "$" in value:
        made = library
        for part in value["$"].split("."):
            made = getattr(made, part)
        return made(**{k: resolve(library, v) for k, v in value.items() if k != "$"})
    if isinstance(value, dict):
        return {k: resolve(library, v) for k, v in value.items()}
    return value


def _shared_and_branched(library: Any, shape: tuple[int, ...], name: str) -> Any:
    """[x + f(f(x)), x W + b]: a layer that is called twice, and an input that three calls take."""
    x = library.Input(shape)
    f = library.layers.Dense(shape[-1], "tanh", name="twice")
    branches = [library.layers.Add(name="add")([x, f(f(x))]), library.layers.Dense(2, name="side")(x)]
    return library.Model(x, library.layers.Concatenate(name="join")(branches), name=name)


def _attention(library: Any, shape: tuple[int, ...], name: str) -> Any:
    """A Transformer decoder's first half: attention of x to itself and what was before, added to x and normalized.

    Heads of size 4, since Keras rounds the scale 1/√4 to float32; no biases, since the key's has the gradient 0.
    """
    x = library.Input(shape)
    y = library.layers.MultiHeadAttention(2, 4, use_bias=False, name="attention")(x, x, use_causal_mask=True)
    return library.Model(x, library.layers.LayerNormalization(name="norm")(library.layers.add([x, y])), name=name)


def _coder(library: Any, shape: tuple[int, ...], name: str) -> Any:
    """An encoder whose last states are the decoder's first ones."""
    x = library.Input(shape)
    _, h, c = library.layers.LSTM(3, return_state=True, name="encoder")(x)
    return library.Model(x, library.layers.LSTM(3, name="decoder")(x, initial_state=[h, c]), name=name)


GRAPHS = {"shared and branched": _shared_and_branched, "attention": _attention, "coder": _coder}
"""Models made of symbols, as layers of a spec: ``{"$": "attention", "shape": (5, 4)}``."""


def is_engine(library: Any) -> bool:
    """Whether a library is the engine rather than Keras."""
    return str(library.__name__).startswith("minikeras")


def build(library: Any, spec: Spec, mode: str = "logits", **compile_arguments: Any) -> Any:
    """The compiled model.

    Args:
        library: ``minikeras`` or ``keras``; its ``floatx`` is the dtype.
        mode: the engine's meaning of cross-entropy on probabilities, :data:`MODES` of Keras's backend.
    """
    layers = [library.layers.Input(spec.shape, dtype=library.config.floatx())]
    for i, description in enumerate(spec.layers):
        name = f"{description['$'].rsplit('.', 1)[-1].lower()}_{i}"
        layers.append(resolve(library, {**description, "name": name}))
    model = library.Sequential(layers, name="model")
    loss = dict(spec.loss)
    if is_engine(library) and loss["$"].rsplit(".", 1)[-1] in CROSSENTROPIES:
        loss["mode"] = mode
    compile_arguments.setdefault("metrics", ["accuracy"] if "Sparse" in loss["$"] else [])
    model.compile(optimizer=resolve(library, spec.optimizer), loss=resolve(library, loss), **compile_arguments)
    return model


def weights(model: Any, seed: int) -> list[np.ndarray]:
    """Weights of a healthy size, biases too, that float32 can hold exactly."""
    rng = np.random.default_rng(seed)
    values = []
    for w in model.get_weights():
        size = 1 / np.sqrt(np.prod(w.shape[:-1])) if w.ndim > 1 else 0.25
        values.append((rng.normal(size=w.shape) * size).astype(np.float32))
    return [np.abs(v) + 0.5 if "variance" in w.name else v for w, v in zip(model.weights, values, strict=True)]


def batch(spec: Spec, outputs: int, rows: int | None = None, seed: int | None = None) -> tuple[Any, Any, Any]:
    """x, y and sample weights (or None) for a spec, exact in float32."""
    rng = np.random.default_rng((spec.seed if seed is None else seed) + 1)
    n = spec.rows if rows is None else rows
    x: Any = (
        rng.normal(size=(n, *spec.shape)) if spec.integers == 0 else rng.integers(0, spec.integers, (n, *spec.shape))
    )
    x = x.astype(np.float32)
    loss = spec.loss["$"]
    if "Sparse" in loss:
        y: Any = rng.integers(0, outputs, n)
    elif "Categorical" in loss:
        y = np.eye(outputs, dtype=np.float32)[rng.integers(0, outputs, n)]
    elif "Binary" in loss:
        y = rng.integers(0, 2, (n, outputs)).astype(np.float32)
    else:
        y = rng.normal(size=(n, outputs)).astype(np.float32)
    w = rng.uniform(0.25, 2, n).astype(np.float32) if spec.weighted else None
    return x, y, w


ACTIVATIONS = (
    "relu", "tanh", "sigmoid", "softplus", "softsign", "elu", "selu", "leaky_relu", "silu", "gelu",
    "exponential", "linear",
)  # fmt: skip
LAYERS: tuple[dict[str, Any], ...] = (
    {"$": "layers.ReLU", "negative_slope": 0.25, "max_value": 2.0},
    {"$": "layers.LeakyReLU", "negative_slope": 0.25},
    {"$": "layers.ELU", "alpha": 0.5},
    {"$": "layers.Activation", "activation": "tanh"},
    {"$": "layers.Dropout", "rate": 0.25},
)
INITIALIZERS = ("glorot_uniform", "glorot_normal", "he_normal", "lecun_uniform", "random_uniform", "ones")
HEADS: tuple[tuple[str | None, dict[str, Any]], ...] = (
    ("softmax", SPARSE),
    (None, {**SPARSE, "from_logits": True}),
    ("softmax", {"$": "losses.CategoricalCrossentropy"}),
    (None, {"$": "losses.CategoricalCrossentropy", "from_logits": True, "label_smoothing": 0.125}),
    ("sigmoid", {"$": "losses.BinaryCrossentropy"}),
    (None, {"$": "losses.BinaryCrossentropy", "from_logits": True}),
    ("tanh", MSE),
    ("linear", {"$": "losses.MeanAbsoluteError"}),
    ("softplus", {"$": "losses.Huber", "delta": 0.5}),
)


def breadth() -> list[Spec]:
    """Convolution, pooling, normalization, recurrence, attention, and a graph with a shared layer."""

    def spec(name: str, shape: tuple[int, ...], *layers: dict[str, Any], **more: Any) -> Spec:
        described = [{**a, "$": a["$"] if a["$"] in GRAPHS else f"layers.{a['$']}"} for a in layers]
        return Spec(name, shape, [*described, dense(3, "softmax")], **more)

    flat, norm = {"$": "Flatten"}, {"$": "BatchNormalization"}
    return [
        spec("graph", (4,), {"$": "shared and branched", "shape": (4,)}, rounded=("jax",)),
        spec("attention", (5, 4), {"$": "attention", "shape": (5, 4)}, flat, rounded=("jax",)),
        spec("coder", (4, 3), {"$": "coder", "shape": (4, 3)}, rounded=("jax",)),
        spec(
            "convnet",
            (7, 6, 2),
            {"$": "Conv2D", "filters": 4, "kernel_size": 3, "padding": "same", "activation": "relu"},
            norm,
            {"$": "MaxPooling2D"},
            {"$": "DepthwiseConv2D", "kernel_size": 2, "depth_multiplier": 2},
            {"$": "GlobalAveragePooling2D"},
            training=True,
            rounded=("jax",),
        ),
        spec(
            "other convolutions",
            (6, 6, 2),
            {"$": "Conv2DTranspose", "filters": 4, "kernel_size": 3, "strides": 2},
            {"$": "GroupNormalization", "groups": 2},
            {"$": "SeparableConv2D", "filters": 3, "kernel_size": 3, "dilation_rate": 2},
            {"$": "AveragePooling2D", "pool_size": 2},
            flat,
            rounded=("jax",),
        ),
        spec(
            "recurrent",
            (6,),
            {"$": "Embedding", "input_dim": 9, "output_dim": 4, "mask_zero": True},
            {"$": "LSTM", "units": 3, "return_sequences": True},
            {"$": "GRU", "units": 4, "return_sequences": True},
            {"$": "SimpleRNN", "units": 3, "activation": "relu"},
            integers=9,
            rounded=("jax",),
        ),
        spec(
            "steps",
            (8, 3),
            {"$": "Conv1D", "filters": 4, "kernel_size": 3, "padding": "causal"},
            {"$": "LayerNormalization"},
            {"$": "GlobalMaxPooling1D"},
            rounded=("jax",),
        ),
    ]


def stacked(name: str, shape: tuple[int, ...], hidden: Any, head: Any, units: int, separate: bool, **more: Any) -> Spec:
    """Hidden layers under one of :data:`HEADS`.

    Args:
        hidden: descriptions of layers.
        units: outputs.
        separate: whether the head's activation is a layer of its own.
        more: further attributes of the spec.
    """
    activation, loss = head
    separate = separate and activation is not None
    layers = [{"$": "layers.Flatten"}] if len(shape) > 1 else []
    layers += [*hidden, dense(units, None if separate else activation)]
    if separate:
        layers.append({"$": "layers.Activation", "activation": activation})
    return Spec(name, shape, layers, loss, **more)


def random_spec(seed: int) -> Spec:
    """A model drawn by chance: depth, widths, activations, bias or none, Dropout (which does nothing in inference),
    initializers, loss, batch size (1 included), weights of the rows.

    No LeakyReLU sits on a ReLU, whose zeros are its kink: there Keras's backends give different derivatives, as
    :func:`parity.semantics.rectified` shows.
    """
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in (rng.integers(1, 6, 2) if rng.random() < 0.25 else rng.integers(1, 13, 1)))
    hidden: list[dict[str, Any]] = []
    for _ in range(rng.integers(0, 5)):
        arguments = {"use_bias": bool(rng.random() < 0.8), "kernel_initializer": str(rng.choice(INITIALIZERS))}
        hidden.append(dense(int(rng.integers(1, 17)), str(rng.choice(ACTIVATIONS)), **arguments))
        above = dict(LAYERS[rng.integers(len(LAYERS))])
        if rng.random() < 0.3 and (hidden[-1]["activation"], above["$"]) != ("relu", "layers.LeakyReLU"):
            hidden.append(above)
    head, units, separate = HEADS[rng.integers(len(HEADS))], int(rng.integers(2, 7)), bool(rng.random() < 0.25)
    more = {"rows": int(rng.choice([1, 2, 7, 13, 32])), "weighted": bool(rng.random() < 0.3), "seed": seed}
    return stacked(f"random {seed}", shape, hidden, head, units, separate, **more)


_MEANS = {"BinaryCrossentropy", "Huber", "MeanAbsoluteError", "MeanSquaredError"}
ROUNDED = {"tensorflow": {"leaky_relu", "gelu"}, "jax": {"tanh", *_MEANS}}
"""What Keras computes with less than double precision in float64. On TensorFlow the slope 0.2 and gelu's constants
pass through float32. On JAX ``keras.ops.tanh`` and ``keras.ops.mean`` (the losses that average over outputs use it)
do, although ``jax.numpy``'s own are exact: Keras's rules of type promotion know no float64 beyond TensorFlow. Shown
operation by operation in :func:`parity.semantics.double`."""


def arithmetic(spec: Spec, backend: str, dtype: str) -> str:
    """The precision that Keras really computes a spec with: dtype, or "rounded" where a part of a float64 model is
    float32. On PyTorch the matrix products are."""
    used = {layer.get("activation") for layer in spec.layers} | {spec.loss["$"].rsplit(".", 1)[-1]}
    rounded = backend in ("torch", *spec.rounded) or bool(used & ROUNDED.get(backend, set()))
    return "rounded" if rounded and dtype == "float64" else dtype
