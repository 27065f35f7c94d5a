"""The names of all kernels, by file: each stands once in ``reference`` and once in ``compiled``."""

from importlib import import_module
from typing import Any

FILES = {
    "accumulating": "adadelta adafactor_entrywise adafactor_factored adagrad ftrl rmsprop",
    "attention": "attend attend_backward",
    "activations": (
        "elu elu_backward exponential exponential_backward gelu gelu_backward gelu_tanh gelu_tanh_backward "
        "leaky_relu leaky_relu_backward linear linear_backward relu relu_backward relu_general "
        "relu_general_backward selu selu_backward sigmoid sigmoid_backward silu silu_backward softplus "
        "softplus_backward softsign softsign_backward tanh tanh_backward"
    ),
    "adaptive": "adam adamax lamb_direction nadam schedule_free_adamw",
    "batches": "gather scatter_add",
    "box_muller": "box_muller",
    "convolution": "convolve convolve_backward",
    "dense": "add_bias bias_relu matmul relu_backward_bias sum_rows",
    "dropout": "dropout",
    "gated_recurrent": "gru gru_backward gru_reset_before gru_reset_before_backward",
    "losses": "sigmoid_crossentropy softmax_crossentropy softmax_crossentropy_dense",
    "metrics": "sparse_matches",
    "normalization": (
        "layer_normalize layer_normalize_backward masked_moments masked_normalize_backward moments normalize "
        "normalize_backward normalize_backward_of_sums normalize_scaled rms_normalize_backward squares sums"
    ),
    "patches": "depthwise depthwise_backward depthwise_backward_kernel patches patches_backward",
    "philox": "philox4x32 philox_at_least",
    "piecewise": (
        "hard_shrink hard_shrink_backward hard_sigmoid hard_sigmoid_backward hard_silu hard_silu_backward "
        "hard_tanh hard_tanh_backward soft_shrink soft_shrink_backward sparse_plus sparse_plus_backward "
        "sparse_sigmoid sparse_sigmoid_backward threshold threshold_backward"
    ),
    "pooling": "average_pool average_pool_backward global_max global_max_backward max_pool max_pool_backward",
    "recurrent": "lstm lstm_backward simple_rnn simple_rnn_backward",
    "shuffle": "fisher_yates",
    "smooth": (
        "celu celu_backward log_sigmoid log_sigmoid_backward mish mish_backward squareplus squareplus_backward "
        "tanh_shrink tanh_shrink_backward"
    ),
    "softmax": "log_softmax log_softmax_backward softmax softmax_backward softmax_where softmax_where_backward",
    "sparsemax": "glu glu_backward sparsemax sparsemax_backward",
    "threefry": "threefry2x32",
    "updates": "lion moving_average muon_momentum sgd sgd_momentum weight_decay",
}


def kernels_of(package: str) -> dict[str, Any]:
    """All kernels of ``reference`` or ``compiled``, by name."""
    modules = [(import_module(f"{package}.{file}"), names.split()) for file, names in FILES.items()]
    return {name: getattr(module, name) for module, names in modules for name in names}
