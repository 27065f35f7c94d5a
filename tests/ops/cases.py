"""Every differentiable function of ``ops``: how it is called, and what is put in.

A case is (function of ops and arrays, shapes of the arrays, where their entries lie). In shapes, "a" and "b" are drawn
sizes and "1" an axis to be stretched.
"""

import numpy as np

ANY, POSITIVE, INSIDE, ABOVE_ONE = (-2.0, 2.0), (0.3, 3.0), (-0.9, 0.9), (1.2, 3.0)
IDS = np.array([2, 0, 2, 1])
HOT = np.array([[0.0, 1.0, 0.0], [0.2, 0.3, 0.5]])
SYMMETRIC = np.array([[4.0, 0.5, 0.3], [0.5, 3.0, 0.2], [0.3, 0.2, 5.0]])
CLASSES = np.array([2, 0])

_UNARY = {
    ANY: "negative absolute square exp exp2 expm1 sin cos sinh cosh tanh arctan arcsinh relu sigmoid softplus softsign "
    "silu selu leaky_relu elu celu log_sigmoid hard_sigmoid hard_tanh squareplus hard_silu tanh_shrink relu6 erf erfc "
    "softmax log_softmax sum mean var std prod max min logsumexp cumsum cumprod sort ravel transpose copy tril triu "
    "deg2rad rad2deg sinc sparse_plus sparse_sigmoid hard_shrink soft_shrink sparsemax nansum nanmean nanvar nanmax "
    "nanmin nanprod nancumsum nancumprod trapezoid gelu ptp median norm flip normalize nan_to_num",
    POSITIVE: "sqrt rsqrt cbrt reciprocal log log10 log2 log1p",
    INSIDE: "arcsin arccos arctanh tan",
    ABOVE_ONE: "arccosh",
}


def _unary(name):
    return lambda ops, x: getattr(ops, name)(x)


def _binary(name):
    return lambda ops, x, y: getattr(ops, name)(x, y)


CASES = {name: (_unary(name), ["ab"], domain) for domain, names in _UNARY.items() for name in names.split()}
for _name in ["add", "subtract", "multiply", "maximum", "minimum", "hypot", "arctan2", "logaddexp"]:
    CASES[_name] = (_binary(_name), ["ab", "ab"], ANY)
    CASES[_name + " stretched"] = (_binary(_name), ["a1", "b"], ANY)
for _name in ["divide", "power", "mod", "divide_no_nan"]:
    CASES[_name] = (_binary(_name), ["ab", "b"], POSITIVE)


for _name in ["fmax", "fmin", "logaddexp2", "kron"]:
    CASES[_name] = (_binary(_name), ["ab", "ab"], ANY)
CASES["fmod"] = (_binary("fmod"), ["ab", "b"], POSITIVE)


def _parts(pair):
    """A number out of both parts of a pair."""
    return pair[0] * 0.7 + pair[1] * 1.3


CASES |= {
    "fft": (lambda ops, x, y: _parts(ops.fft((x, y))), ["ab", "ab"], ANY),
    "fft2": (lambda ops, x, y: _parts(ops.fft2((x, y))), ["2ab", "2ab"], ANY),
    "ifft2": (lambda ops, x, y: _parts(ops.ifft2((x, y))), ["2ab", "2ab"], ANY),
    "rfft": (lambda ops, x: _parts(ops.rfft(x)), ["2a"], ANY),
    "rfft, one part": (lambda ops, x: ops.rfft(x)[1], ["25"], ANY),
    "rfft, filled": (lambda ops, x: _parts(ops.rfft(x, fft_length=7)), ["ab"], ANY),
    "rfft, cut": (lambda ops, x: _parts(ops.rfft(x, fft_length=4)), ["a6"], ANY),
    "irfft": (lambda ops, x, y: ops.irfft((x, y)), ["a4", "a4"], ANY),
    "irfft, odd": (lambda ops, x, y: ops.irfft((x, y), fft_length=5), ["a3", "a3"], ANY),
    "irfft, cut": (lambda ops, x, y: ops.irfft((x, y), fft_length=4), ["a5", "a5"], ANY),
    "stft": (lambda ops, x: _parts(ops.stft(x, 4, 2, 6)), ["29"], ANY),
    "stft, uncentered": (lambda ops, x: _parts(ops.stft(x, 2, 3, 4, window=None, center=False)), ["29"], ANY),
    "extract_patches": (lambda ops, x: ops.image.extract_patches(x, 2), ["a442"], ANY),
    "extract_patches, one image": (lambda ops, x: ops.image.extract_patches(x, (2, 1)), ["43b"], ANY),
    "extract_patches that overlap": (
        lambda ops, x: ops.image.extract_patches(x, (2, 3), strides=(1, 2), padding="same"),
        ["a4b2"],
        ANY,
    ),
    "extract_patches of volumes": (lambda ops, x: ops.image.extract_patches(x, (2, 1, 2)), ["2224b"], ANY),
}

CASES |= {
    "istft": (lambda ops, x, y: ops.istft((x, y), 4, 2, 6), ["254", "254"], ANY),
    "istft, of a length": (
        lambda ops, x, y: ops.istft((x, y), 4, 4, 4, length=9, window=None, center=False),
        ["233", "233"],
        ANY,
    ),
    "depth_to_space": (lambda ops, x: ops.depth_to_space(x, 2), ["ab28"], ANY),
    "depth_to_space, channels first": (lambda ops, x: ops.depth_to_space(x, 2, "channels_first"), ["a8b2"], ANY),
    "space_to_depth": (lambda ops, x: ops.space_to_depth(x, 2), ["a42b"], ANY),
    "unfold": (lambda ops, x: ops.unfold(x, 2), ["ab43"], ANY),
    "unfold, apart": (lambda ops, x: ops.unfold(x, (2, 1), dilation=2, padding=(1, 0), stride=(2, 1)), ["ab53"], ANY),
    "fold": (lambda ops, x: ops.fold(x, (4, 3), 2), ["a46"], ANY),
    "fold, apart": (lambda ops, x: ops.fold(x, 5, 2, dilation=2, padding=1, stride=2), ["a89"], ANY),
    "psnr": (lambda ops, x, y: ops.psnr(x, y, 2.0), ["ab", "ab"], ANY),
    "threshold": (lambda ops, x: ops.threshold(x, 0.3, 2.0), ["ab"], ANY),
    "cross": (lambda ops, x, y: ops.cross(x, y), ["a3", "a3"], ANY),
    "cross of pairs": (lambda ops, x, y: ops.cross(x, y), ["a2", "a2"], ANY),
    "cross along an axis": (lambda ops, x, y: ops.cross(x, y, axis=0), ["3b", "3b"], ANY),
    "corrcoef": (lambda ops, x: ops.corrcoef(x), ["35"], ANY),
    "correlate": (lambda ops, x, y: ops.correlate(x, y), ["5", "2"], ANY),
    "correlate, full": (lambda ops, x, y: ops.correlate(x, y, "full"), ["5", "3"], ANY),
    "correlate, same": (lambda ops, x, y: ops.correlate(x, y, "same"), ["5", "4"], ANY),
    "vander": (lambda ops, x: ops.vander(x), ["a"], POSITIVE),
    "vander, increasing": (lambda ops, x: ops.vander(x, 3, increasing=True), ["a"], POSITIVE),
    "diagflat": (lambda ops, x: ops.diagflat(x, 1), ["ab"], ANY),
    "dstack": (lambda ops, x, y: ops.dstack([x, y]), ["ab", "ab"], ANY),
    "array_split": (lambda ops, x: ops.array_split(x, 3)[0] * 2, ["5b"], ANY),
    "hsplit": (lambda ops, x: ops.hsplit(x, 2)[1], ["a4"], ANY),
    "vsplit": (lambda ops, x: ops.vsplit(x, 2)[1], ["4b"], ANY),
    "ldexp": (lambda ops, x: ops.ldexp(x, ops.convert_to_tensor([1, 3], "int32")), ["a2"], ANY),
    "heaviside": (
        lambda ops, x, y: ops.heaviside(0 * x + np.array([-1.0, 0.0, 1.0]), y),
        ["3", "3"],
        ANY,
    ),
    "select": (lambda ops, x: ops.select([x > 0.5, x > -0.5], [x * 2, x * x], 0.0 * x), ["ab"], ANY),
    "trapezoid along x": (lambda ops, x, y: ops.trapezoid(x, y, axis=0), ["4b", "4"], ANY),
    "nansum of gaps": (lambda ops, x: ops.nansum(ops.where(x > 0, x, np.nan), axis=0), ["ab"], ANY),
    "nanmean of gaps": (lambda ops, x: ops.nanmean(ops.concatenate([x, 0 * x + np.nan], 0), axis=0), ["ab"], ANY),
    "slogdet": (lambda ops, x: ops.slogdet(x)[1], ["233"], ANY),
    "solve_triangular": (lambda ops, x, y: ops.solve_triangular(x, y), ["33", "3b"], POSITIVE),
    "solve_triangular, lower": (lambda ops, x, y: ops.solve_triangular(x, y, lower=True), ["233", "23b"], POSITIVE),
    "cholesky_inverse": (lambda ops, x: ops.cholesky_inverse(x), ["33"], POSITIVE),
    "segment_min": (
        lambda ops, x: ops.segment_min(x, ops.convert_to_tensor(IDS, "int32"), num_segments=3),
        ["4b"],
        ANY,
    ),
    "extract_sequences": (lambda ops, x: ops.extract_sequences(x, 3, 2), ["a7"], ANY),
}

CASES |= {
    "sum over an axis": (lambda ops, x: ops.sum(x, axis=0, keepdims=True), ["ab2"], ANY),
    "mean over axes": (lambda ops, x: ops.mean(x, axis=(0, -1)), ["ab2"], ANY),
    "var over an axis": (lambda ops, x: ops.var(x, axis=-1), ["ab"], ANY),
    "std over an axis": (lambda ops, x: ops.std(x, axis=0), ["3b"], ANY),
    "prod over an axis": (lambda ops, x: ops.prod(x, axis=1), ["ab2"], ANY),
    "max over an axis": (lambda ops, x: ops.max(x, axis=1, keepdims=True), ["ab"], ANY),
    "logsumexp over an axis": (lambda ops, x: ops.logsumexp(x, axis=1), ["ab"], ANY),
    "cumsum along an axis": (lambda ops, x: ops.cumsum(x, axis=1), ["ab"], ANY),
    "cumprod along an axis": (lambda ops, x: ops.cumprod(x, axis=0), ["ab"], ANY),
    "quantile": (lambda ops, x: ops.quantile(x, [0.3, 0.8], axis=1), ["a4"], ANY),
    "average": (lambda ops, x, w: ops.average(x, axis=0, weights=w), ["ab", "ab"], POSITIVE),
    "clip": (lambda ops, x: ops.clip(x, -0.5, 0.7), ["ab"], ANY),
    "where": (lambda ops, x, y: ops.where(x > 0, x * y, y), ["ab", "b"], ANY),
    "reshape": (lambda ops, x: ops.reshape(x, (-1, 2)), ["ab2"], ANY),
    "expand_dims": (lambda ops, x: ops.expand_dims(x, 1), ["ab"], ANY),
    "squeeze": (lambda ops, x: ops.squeeze(x, 1), ["a1b"], ANY),
    "transpose axes": (lambda ops, x: ops.transpose(x, (2, 0, 1)), ["ab2"], ANY),
    "swapaxes": (lambda ops, x: ops.swapaxes(x, 0, 2), ["ab2"], ANY),
    "moveaxis": (lambda ops, x: ops.moveaxis(x, 0, -1), ["ab2"], ANY),
    "flip an axis": (lambda ops, x: ops.flip(x, 1), ["ab"], ANY),
    "roll": (lambda ops, x: ops.roll(x, 2, axis=1), ["ab"], ANY),
    "rot90": (lambda ops, x: ops.rot90(x), ["ab"], ANY),
    "broadcast_to": (lambda ops, x: ops.broadcast_to(x, (3, *x.shape)), ["1b"], ANY),
    "repeat": (lambda ops, x: ops.repeat(x, 3, axis=1), ["ab"], ANY),
    "tile": (lambda ops, x: ops.tile(x, (2, 3)), ["ab"], ANY),
    "pad": (lambda ops, x: ops.pad(x, ((1, 0), (2, 1))), ["ab"], ANY),
    "pad by reflection": (lambda ops, x: ops.pad(x, ((1, 1), (0, 1)), mode="reflect"), ["34"], ANY),
    "concatenate": (lambda ops, x, y: ops.concatenate([x, y], axis=1), ["ab", "a2"], ANY),
    "stack": (lambda ops, x, y: ops.stack([x, y], axis=1), ["ab", "ab"], ANY),
    "split": (lambda ops, x: ops.split(x, 2, axis=1)[1] ** 2, ["a4"], ANY),
    "unstack": (lambda ops, x: ops.unstack(x, axis=1)[1] ** 2, ["a3"], ANY),
    "get_item": (lambda ops, x: x[1:, 0] * 2, ["3b"], ANY),
    "take": (lambda ops, x: ops.take(x, IDS, axis=0), ["3b"], ANY),
    "take_along_axis": (lambda ops, x: ops.take_along_axis(x, IDS[:, None], axis=0), ["31"], ANY),
    "diagonal": (lambda ops, x: ops.diagonal(x, 1), ["34"], ANY),
    "diag": (lambda ops, x: ops.diag(x), ["a"], ANY),
    "trace": (lambda ops, x: ops.trace(x), ["34"], ANY),
    "matmul": (_binary("matmul"), ["ab", "b2"], ANY),
    "matmul stretched": (_binary("matmul"), ["3ab", "b2"], ANY),
    "matmul of a vector": (_binary("matmul"), ["3ab", "b"], ANY),
    "dot": (_binary("dot"), ["ab", "3b2"], ANY),
    "tensordot": (lambda ops, x, y: ops.tensordot(x, y, ((0, 2), (2, 0))), ["ab2", "23a"], ANY),
    "einsum": (lambda ops, x, y: ops.einsum("nij,kj->nki", x, y), ["3ab", "2b"], ANY),
    "einsum that sums": (lambda ops, x, y: ops.einsum("ij,kj->k", x, y), ["ab", "2b"], ANY),
    "einsum dots": (lambda ops, x, y: ops.einsum("...ij,jk->...ik", x, y), ["32ab", "b2"], ANY),
    "einsum of a diagonal": (lambda ops, x: ops.einsum("ii->i", x), ["33"], ANY),
    "outer": (_binary("outer"), ["a", "b"], ANY),
    "norm of order 3": (lambda ops, x: ops.norm(x, 3, axis=1), ["ab"], ANY),
    "norm of order 1": (lambda ops, x: ops.norm(x, 1, axis=0), ["ab"], ANY),
    "inv": (lambda ops, x: ops.inv(x + SYMMETRIC), ["33"], INSIDE),
    "det": (lambda ops, x: ops.det(x + SYMMETRIC), ["33"], INSIDE),
    "solve": (lambda ops, x, y: ops.solve(x + SYMMETRIC, y), ["33", "32"], INSIDE),
    "moments": (lambda ops, x: sum(ops.sum(m**2) for m in ops.moments(x, [0])), ["ab"], ANY),
    "glu": (lambda ops, x: ops.glu(x), ["a4"], ANY),
    "gelu exact": (lambda ops, x: ops.gelu(x, approximate=False), ["ab"], ANY),
    "softmax along an axis": (lambda ops, x: ops.softmax(x, axis=0), ["ab"], ANY),
    "binary_crossentropy": (lambda ops, x: ops.binary_crossentropy(HOT, x), ["23"], (0.1, 0.9)),
    "binary_crossentropy of logits": (lambda ops, x: ops.binary_crossentropy(HOT, x, from_logits=True), ["23"], ANY),
    "categorical_crossentropy": (lambda ops, x: ops.categorical_crossentropy(HOT, x), ["23"], (0.1, 0.9)),
    "categorical_crossentropy of logits": (
        lambda ops, x: ops.categorical_crossentropy(HOT, x, from_logits=True),
        ["23"],
        ANY,
    ),
    "sparse_categorical_crossentropy": (
        lambda ops, x: ops.sparse_categorical_crossentropy(CLASSES, x),
        ["23"],
        (0.1, 0.9),
    ),
    "sparse_categorical_crossentropy of logits": (
        lambda ops, x: ops.sparse_categorical_crossentropy(CLASSES, x, from_logits=True),
        ["23"],
        ANY,
    ),
    "segment_sum": (lambda ops, x: ops.segment_sum(x, IDS, num_segments=4), ["4b"], ANY),
    "segment_max": (lambda ops, x: ops.segment_max(x, IDS, num_segments=3), ["4b"], ANY),
    "top_k": (lambda ops, x: ops.top_k(x, 2)[0], ["a4"], ANY),
    "scatter": (lambda ops, x: ops.scatter(IDS[:, None], x, (4, *x.shape[1:])), ["4b"], ANY),
    "scatter_update": (lambda ops, x, y: ops.scatter_update(x, [[2], [0]], y), ["4b", "2b"], ANY),
    "slice": (lambda ops, x: ops.slice(x, (1, 0), (2, 1)), ["3b"], ANY),
    "slice_update": (lambda ops, x, y: ops.slice_update(x, (1, 0), y), ["4b", "2b"], ANY),
    "scan": (lambda ops, x: ops.scan(lambda c, v: (c * v, c + v), ops.ones_like(x[0]), x)[1], ["3b"], ANY),
    "fori_loop": (lambda ops, x: ops.fori_loop(0, 3, lambda i, v: v * x, x), ["ab"], ANY),
    "vectorized_map": (lambda ops, x: ops.vectorized_map(lambda v: ops.sum(v * v), x), ["ab"], ANY),
    "cond": (lambda ops, x: ops.cond(True, lambda: x * 2, lambda: x), ["ab"], ANY),
    "diff": (lambda ops, x: ops.diff(x), ["a3"], ANY),
    "dot_product_attention": (lambda ops, x, y: ops.dot_product_attention(x, y, y), ["2322", "2422"], ANY),
    "operators": (lambda ops, x, y: (2 - x) * y / 3 + x**2 - (-y) + abs(x) @ ops.transpose(y), ["33", "33"], ANY),
}


CASES |= {
    "conv of sequences": (lambda ops, x, w: ops.conv(x, w, strides=2, padding="same"), ["a6b", "3b2"], ANY),
    "conv": (lambda ops, x, w: ops.conv(x, w, dilation_rate=(2, 1)), ["a54b", "32b3"], ANY),
    "conv of groups": (lambda ops, x, w: ops.conv(x, w, (1, 2), "same"), ["a544", "3226"], ANY),
    "conv of volumes": (lambda ops, x, w: ops.conv(x, w), ["a343b", "222b2"], ANY),
    "conv_transpose of sequences": (lambda ops, x, w: ops.conv_transpose(x, w, 3), ["a4b", "22b"], ANY),
    "conv_transpose": (lambda ops, x, w: ops.conv_transpose(x, w, (2, 1), "same"), ["a34b", "232b"], ANY),
    "conv_transpose, filled": (
        lambda ops, x, w: ops.conv_transpose(x, w, 2, output_padding=(1, 0)),
        ["a33b", "322b"],
        ANY,
    ),
    "depthwise_conv of sequences": (
        lambda ops, x, w: ops.depthwise_conv(x, w, padding="same", dilation_rate=2),
        ["a6b", "3b2"],
        ANY,
    ),
    "depthwise_conv": (lambda ops, x, w: ops.depthwise_conv(x, w, 2), ["a54b", "32b2"], ANY),
    "separable_conv": (
        lambda ops, x, w, v: ops.separable_conv(x, w, v, 2, "same"),
        ["a542", "3322", "1143"],
        ANY,
    ),
    "max_pool of sequences": (lambda ops, x: ops.max_pool(x, 3, 2, "same"), ["a6b"], ANY),
    "max_pool": (lambda ops, x: ops.max_pool(x, (2, 3)), ["a56b"], ANY),
    "max_pool of volumes": (lambda ops, x: ops.max_pool(x, 2, 1), ["a323b"], ANY),
    "average_pool of sequences": (lambda ops, x: ops.average_pool(x, 3, 2, "same"), ["a6b"], ANY),
    "average_pool": (lambda ops, x: ops.average_pool(x, (2, 3), 1), ["a45b"], ANY),
    "adaptive_average_pool": (lambda ops, x: ops.adaptive_average_pool(x, (2, 3)), ["a55b"], ANY),
    "adaptive_average_pool of volumes": (lambda ops, x: ops.adaptive_average_pool(x, 2), ["a323b"], ANY),
    "adaptive_max_pool of sequences": (lambda ops, x: ops.adaptive_max_pool(x, 3), ["a7b"], ANY),
    "adaptive_max_pool": (lambda ops, x: ops.adaptive_max_pool(x, (2, 3)), ["a55b"], ANY),
    "average_pool, filled": (lambda ops, x: ops.average_pool(x, 2, padding="same"), ["a35b"], ANY),
}


CASES |= {
    "batch_normalization": (
        lambda ops, x, m, v, b, g: ops.batch_normalization(x, m, ops.exp(v), -1, b, g),
        ["a3b", "b", "b", "b", "b"],
        ANY,
    ),
    "batch_normalization in front": (
        lambda ops, x, m, v, g: ops.batch_normalization(x, m, ops.exp(v), 1, scale=g, epsilon=0.1),
        ["ab2", "b", "b", "b"],
        ANY,
    ),
    "layer_normalization": (lambda ops, x, g, b: ops.layer_normalization(x, g, b), ["ab4", "4", "4"], ANY),
    "layer_normalization over axes": (
        lambda ops, x, g, b: ops.layer_normalization(x, g, b, axis=(1, 2), epsilon=0.01),
        ["a2b3", "2b", "2b"],
        ANY,
    ),
    "layer_normalization alone": (lambda ops, x: ops.layer_normalization(x, axis=-2), ["a3b"], ANY),
    "rms_normalization": (lambda ops, x: ops.rms_normalization(x), ["ab"], ANY),
    "rms_normalization, scaled": (
        lambda ops, x, g: ops.rms_normalization(x, g, axis=(0, 2), epsilon=0.1),
        ["ab3", "b3"],
        ANY,
    ),
}


#: Labels of three sequences, of which some count; repeats, an empty one, padding of any kind.
SPOKEN, SPOKEN_LENGTHS, SPOKEN_STEPS = (
    np.array([[1, 1, 2], [3, 2, 0], [2, 2, 2]]),
    np.array([3, 2, 0]),
    np.array([6, 4, 3]),
)
CASES |= {
    "ctc_loss": (lambda ops, z: ops.ctc_loss(SPOKEN, z, SPOKEN_LENGTHS, SPOKEN_STEPS), ["364"], ANY),
    "ctc_loss, another blank": (
        lambda ops, z: ops.ctc_loss(SPOKEN - 1, z, SPOKEN_LENGTHS, SPOKEN_STEPS, mask_index=3),
        ["364"],
        ANY,
    ),
}


def drawn(name, a, b, seed):
    """The arrays of a case."""
    _, shapes, (low, high) = CASES[name]
    rng = np.random.default_rng(seed)
    sizes = {"a": a, "b": b}
    return [rng.uniform(low, high, [sizes.get(c) or int(c) for c in shape]) for shape in shapes]
