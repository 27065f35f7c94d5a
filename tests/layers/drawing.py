"""Layers with options, inputs and weights drawn at random: what the tests of every family share."""

import numpy as np
from hypothesis import strategies as st

from minikeras import layers

FORMATS = st.sampled_from(["channels_last", "channels_first"])


@st.composite
def spatial(draw, rank, low=1, high=6, formats=FORMATS, channels=(1, 4)):
    """(data_format, input shape)."""
    form = draw(formats)
    sizes = tuple(draw(st.integers(low, high if rank < 3 else min(high, low + 2))) for _ in range(rank))
    n, c = draw(st.integers(1, 2)), draw(st.integers(*channels))
    return form, (n, c, *sizes) if form == "channels_first" else (n, *sizes, c)


def each(draw, rank, low, high):
    """One integer, or one for each axis."""
    if draw(st.booleans()):
        return draw(st.integers(low, high))
    return tuple(draw(st.integers(low, high)) for _ in range(rank))


def least(*values):
    return max(v if isinstance(v, int) else max(v) for v in values)


@st.composite
def conv_options(draw, rank, kinds, causal=False):
    kernel_size = each(draw, rank, 1, 3)
    dilated = draw(st.booleans())
    return {
        "kernel_size": kernel_size,
        "strides": 1 if dilated else draw(st.integers(1, 3)) if "equal" in kinds else each(draw, rank, 1, 3),
        "dilation_rate": each(draw, rank, 1, 2) if dilated else 1,
        "padding": draw(st.sampled_from(["valid", "same", "causal"] if causal else ["valid", "same"])),
        "activation": draw(st.sampled_from([None, "relu"])),
        "use_bias": draw(st.booleans()),
    }


@st.composite
def convolutions(draw):
    kind = draw(st.sampled_from(["Conv", "ConvTranspose", "DepthwiseConv", "SeparableConv"]))
    rank = draw(st.integers(1, 3 if kind.startswith("Conv") else 2))
    options = draw(conv_options(rank, kind, causal=kind == "Conv" and rank == 1))
    groups = draw(st.integers(1, 3)) if kind == "Conv" else 1
    low = (least(options["kernel_size"]) - 1) * least(options["dilation_rate"]) + 1
    form, shape = draw(spatial(rank, low, low + 3, channels=(1, 3)))
    if kind == "Conv":
        options["groups"], options["filters"] = groups, groups * draw(st.integers(1, 2))
        axis = 1 if form == "channels_first" else -1
        shape = list(shape)
        shape[axis] *= groups
    elif kind != "DepthwiseConv":
        options["filters"] = draw(st.integers(1, 3))
    if "thwise" in kind or kind == "SeparableConv":
        options["depth_multiplier"] = draw(st.integers(1, 2))
    if kind == "ConvTranspose" and draw(st.booleans()):
        strides = options["strides"]
        strides = (strides,) * rank if isinstance(strides, int) else strides
        options["output_padding"] = tuple(draw(st.integers(0, s - 1)) for s in strides)
        sizes = options["kernel_size"]
        sizes = (sizes,) * rank if isinstance(sizes, int) else sizes
        if options["padding"] == "same" and any(k % 2 == 0 for k in sizes):
            del options["output_padding"]  # TensorFlow finds no input of that size
    name = f"Conv{rank}DTranspose" if kind == "ConvTranspose" else f"{kind}{rank}D"
    return name, {**options, "data_format": form}, tuple(shape)


@st.composite
def poolings(draw):
    kind = draw(st.sampled_from(["Max", "Average", "GlobalMax", "GlobalAverage", "AdaptiveMax", "AdaptiveAverage"]))
    rank = draw(st.integers(1, 3))
    form, shape = draw(spatial(rank, 3, 6))
    options = {"data_format": form}
    if kind in ("Max", "Average"):
        options["pool_size"] = each(draw, rank, 1, 3)
        options["strides"] = None if draw(st.booleans()) else each(draw, rank, 1, 3)
        options["padding"] = draw(st.sampled_from(["valid", "same"]))
    elif kind.startswith("Global"):
        options["keepdims"] = draw(st.booleans())
    else:
        options["output_size"] = each(draw, rank, 1, 3)
    return f"{kind}Pooling{rank}D", options, shape


@st.composite
def normalizations(draw):
    kind = draw(st.sampled_from(["Batch", "Layer", "Group", "Unit", "RMS"]))
    shape = tuple(draw(st.lists(st.integers(2, 4), min_size=2, max_size=4)))
    options = {}
    if kind in ("Layer", "Unit", "RMS"):
        several = len(shape) > 2 and draw(st.booleans())
        options["axis"] = [1, 2] if several else draw(st.sampled_from([-1, 1]))
    else:
        options["axis"] = draw(st.sampled_from([-1, 1]))
    if kind in ("Batch", "Layer", "Group"):
        options |= {"center": draw(st.booleans()), "scale": draw(st.booleans())}
    if kind == "Group":
        channels = shape[options["axis"]]
        options["groups"] = draw(st.sampled_from([g for g in (-1, 1, 2, 3) if channels % g == 0 and g <= channels]))
    if kind != "Unit":
        options["epsilon"] = draw(st.sampled_from([1e-3, 0.1]))
    return f"{kind}Normalization", options, shape


@st.composite
def regularizations(draw):
    """Layers that draw in training, with a seed."""
    kind = draw(st.sampled_from(["Dropout", "SpatialDropout", "GaussianNoise", "GaussianDropout", "AlphaDropout"]))
    options = {"seed": draw(st.integers(0, 1000))}
    options["stddev" if kind == "GaussianNoise" else "rate"] = draw(st.sampled_from([0.0, 0.2, 0.5, 0.9]))
    if kind == "SpatialDropout":
        rank = draw(st.integers(1, 3))
        form, shape = draw(spatial(rank, formats=st.just("channels_last") if rank == 1 else FORMATS))
        return f"{kind}{rank}D", options if rank == 1 else {**options, "data_format": form}, shape
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=2, max_size=4)))
    if kind in ("Dropout", "AlphaDropout") and draw(st.booleans()):
        options["noise_shape"] = tuple(draw(st.sampled_from([1, size])) for size in shape)
    return kind, options, shape


@st.composite
def reshapings(draw):
    kind = draw(
        st.sampled_from(["ZeroPadding", "Cropping", "UpSampling", "Flatten", "Permute", "Reshape", "RepeatVector"])
    )
    if kind == "Flatten":
        form, shape = draw(spatial(draw(st.integers(1, 3))))
        return kind, {"data_format": form}, shape
    if kind == "Permute":
        n = draw(st.integers(1, 3))
        return kind, {"dims": tuple(draw(st.permutations(range(1, n + 1))))}, (2, *range(2, n + 2))
    if kind == "Reshape":
        return kind, {"target_shape": draw(st.sampled_from([(3, 4), (-1, 2), (12,), (2, -1, 3)]))}, (2, 2, 6)
    if kind == "RepeatVector":
        return kind, {"n": draw(st.integers(1, 3))}, (2, 3)
    rank = draw(st.integers(1, 3))
    formats = st.just("channels_last") if rank == 1 and kind != "ZeroPadding" else FORMATS
    form, shape = draw(spatial(rank, 4, 6, formats))
    options = {} if rank == 1 and kind != "ZeroPadding" else {"data_format": form}
    pair = st.tuples(st.integers(0, 2), st.integers(0, 1))
    if kind == "UpSampling":
        options["size"] = draw(st.integers(1, 3)) if rank == 1 else each(draw, rank, 1, 3)
        if rank == 2:
            options["interpolation"] = draw(st.sampled_from(["nearest", "bilinear"]))
    else:
        amount = draw(st.integers(0, 1) | (pair if rank == 1 else st.tuples(*[pair] * rank)))
        options["padding" if kind == "ZeroPadding" else "cropping"] = amount
    return f"{kind}{rank}D", options, shape


RECURRENT = ["SimpleRNN", "LSTM", "GRU", "before GRU", "stacked LSTM", "stacked GRU"]
RECURRENT += ["Bidirectional SimpleRNN", "Bidirectional LSTM", "Bidirectional GRU"]
EQUATIONS = {
    "abc,cd->abd": (lambda t, d, u: (None, u), "d"),
    "abc,cde->abde": (lambda t, d, u: (None, 2, u), "de"),
    "abc,bd->adc": (lambda t, d, u: (u, d), "dc"),
    "abc,bcd->ad": (lambda t, d, u: u, "d"),
    "abc,bcd->abd": (lambda t, d, u: (t, u), "bd"),
    "...x,xy->...y": (lambda t, d, u: u, "y"),
}


@st.composite
def sequences(draw):
    """(kind, options, shape of x, whether there is a mask, further arguments of the call) of a layer for sequences."""
    conv_lstms = [f"ConvLSTM{rank}D" for rank in (1, 2, 3)]
    attentions = ["Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention"]
    kind = draw(st.sampled_from([*RECURRENT, *conv_lstms, *attentions, "EinsumDense", "TimeDistributed Dense"]))
    n, t, d, u = (draw(st.integers(1, high)) for high in (2, 4, 3, 3))
    masked, x = draw(st.booleans()), (n, t, d)
    if kind == "EinsumDense":
        equation, bias = draw(st.sampled_from(sorted(EQUATIONS))), draw(st.booleans())
        output, letters = EQUATIONS[equation]
        options = {"equation": equation, "output_shape": output(t, d, u), "bias_axes": letters if bias else None}
        return kind, {**options, "activation": draw(st.sampled_from([None, "tanh"]))}, x, False, {}
    if kind.startswith("TimeDistributed"):
        return kind, {"units": u, "activation": "tanh"}, x, False, {}
    if "Attention" in kind:
        return kind, draw(attention_options(kind)), x, masked, {"use_causal_mask": draw(st.booleans())}
    options = {"return_sequences": draw(st.booleans()), "use_bias": draw(st.booleans())}
    options["return_state"] = draw(st.booleans())
    options["activation"] = draw(st.sampled_from(["tanh", "tanh", "softsign", "linear"]))
    if "Simple" not in kind:
        options["recurrent_activation"] = draw(st.sampled_from(["sigmoid", "sigmoid", "softsign"]))
    if kind.startswith("Bidirectional"):
        options["merge_mode"] = draw(st.sampled_from(["concat", "sum", "mul", "ave", None]))
        options["return_state"] = options["return_state"] and options["merge_mode"] is not None
    else:
        options["go_backwards"] = draw(st.booleans())
    more = {"states": options["return_state"] and not kind.startswith("stacked") and draw(st.booleans())}
    if kind.startswith("ConvLSTM"):
        rank = int(kind[-2])
        options |= {"kernel_size": draw(st.integers(1, 2)), "padding": draw(st.sampled_from(["valid", "same"]))}
        options |= {"filters": draw(st.integers(1, 2)), "strides": draw(st.integers(1, 2))}
        return kind, options, (n, t, *[draw(st.integers(2, 3)) for _ in range(rank)], d), masked, more
    return kind, {**options, "units": u}, x, masked, more


@st.composite
def attention_options(draw, kind):
    if kind == "Attention":
        return {"use_scale": draw(st.booleans()), "score_mode": draw(st.sampled_from(["dot", "concat"]))}
    if kind == "AdditiveAttention":
        return {"use_scale": draw(st.booleans())}
    options = {"use_bias": draw(st.booleans()), "use_gate": draw(st.booleans())}
    options["sliding_window"] = draw(st.sampled_from([None, 1, 2]))
    if kind == "GroupQueryAttention":
        queries, keys = draw(st.sampled_from([(4, 2), (2, 1), (2, 2), (3, 1)]))
        return {
            **options,
            "head_dim": 4,
            "num_query_heads": queries,
            "num_key_value_heads": keys,
        }
    options |= {
        "num_heads": draw(st.integers(1, 2)),
        "key_dim": 4,
    }  # Keras rounds other roots than 2 to float32; with one feature a head and two steps, it differs on TensorFlow
    return {**options, "value_dim": draw(st.sampled_from([None, 2]))}


def made(name, options, shape, seed=0):
    """(layer in float64, input): all weights and the input drawn, variances positive, no two entries near a tie."""
    rng = np.random.default_rng(seed)
    layer = getattr(layers, name)(**options, dtype="float64")
    x = rng.normal(size=shape)
    layer(x)
    for p in layer.weights:
        p.value[...] = rng.uniform(0.5, 2, p.shape) if "variance" in p.name else rng.normal(size=p.shape)
    return layer, x
