"""Names of ``keras.quantizers``: there is no quantization here, so each raises where it is used.

>>> AbsMaxQuantizer()
Traceback (most recent call last):
minikeras.errors.UnsupportedError: minikeras has no keras.quantizers.AbsMaxQuantizer: ...
"""

from .errors import missing

_NAMES = (
    "AWQConfig",
    "AbsMaxQuantizer",
    "Float8QuantizationConfig",
    "GPTQConfig",
    "Int4QuantizationConfig",
    "Int8QuantizationConfig",
    "QuantizationConfig",
    "Quantizer",
    "abs_max_quantize",
    "abs_max_quantize_grouped_with_zero_point",
    "compute_float8_amax_history",
    "compute_float8_scale",
    "deserialize",
    "fake_quant_with_min_max_vars",
    "get",
    "pack_int4",
    "quantize_and_dequantize",
    "serialize",
    "unpack_int4",
)

__all__ = list(_NAMES)

_REASON = "Weights are float32 or float64 and never quantized."

globals().update({name: missing(f"keras.quantizers.{name}", _REASON) for name in _NAMES})
