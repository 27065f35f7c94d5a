"""The whole of minikeras's global state: five documented settings, and the numbering of names.

=======================  ==========  ===========================================================
setting                  default     meaning
=======================  ==========  ===========================================================
``floatx``               "float32"   dtype of layers made from now on (Keras's ``floatx``)
``epsilon``              1e-7        the fuzz of clipped cross-entropies (Keras's ``epsilon``)
``backend``              "numba"     "numba": compiled kernels; "numpy": the reference kernels
``image_data_format``    fixed       always "channels_last"
``traceback_filtering``  True        kept, without effect
=======================  ==========  ===========================================================

The environment variable ``MINIKERAS_BACKEND`` sets the backend a process starts with.
The random state lives in :mod:`minikeras.random` and is reached through ``utils.set_random_seed``.

>>> floatx()
'float32'
>>> with using(floatx="float64"):
...     floatx()
'float64'
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .errors import UnsupportedError

if TYPE_CHECKING:
    from .dtype_policies import DTypePolicy

_FLOATS = ("float32", "float64")
_BACKENDS = ("numba", "numpy")

_names: dict[str, int] = {}
_floatx = "float32"
_epsilon = 1e-7
_traceback_filtering = True
_backend = os.environ.get("MINIKERAS_BACKEND", "numba")
if _backend not in _BACKENDS:
    raise ValueError(f"MINIKERAS_BACKEND must be one of {_BACKENDS}. Received: {_backend!r}")


def floatx() -> str:
    """Default dtype of layers, "float32" or "float64"."""
    return _floatx


def set_floatx(value: str) -> None:
    """Sets the dtype of every layer made from now on.

    Raises:
        ValueError: for anything but "float32" and "float64". Keras also knows "float16" and "bfloat16",
            which NumPy has no fast arithmetic for.
    """
    global _floatx
    if value not in _FLOATS:
        raise ValueError(f"Unknown `floatx` value: {value!r}. Expected one of {_FLOATS}.")
    _floatx = value


def epsilon() -> float:
    """The fuzz factor of the clipped cross-entropies."""
    return _epsilon


def set_epsilon(value: float) -> None:
    """Sets the fuzz factor of the clipped cross-entropies."""
    global _epsilon
    _epsilon = float(value)


def backend() -> str:
    """Which kernels run: "numba" (compiled) or "numpy" (the readable reference)."""
    return _backend


def set_backend(value: str) -> None:
    """Chooses the kernels: "numba" (compiled) or "numpy" (the readable reference, no Numba needed)."""
    global _backend
    if value not in _BACKENDS:
        raise ValueError(f"Unknown backend: {value!r}. Expected one of {_BACKENDS}.")
    _backend = value


def image_data_format() -> str:
    """Always "channels_last": images are (N, H, W, C)."""
    return "channels_last"


def set_image_data_format(data_format: str) -> None:
    """Accepts "channels_last", the only order of axes here.

    Raises:
        ValueError: for anything else.

    Differs from Keras: "channels_first" can be asked of a function or layer that has the argument, not of all.
    """
    if data_format != "channels_last":
        raise UnsupportedError(
            f'Images are (N, H, W, C) here: "channels_last". Received: data_format={data_format!r}. '
            "Transpose the images with x.transpose(0, 2, 3, 1)."
        )


def dtype_policy() -> "DTypePolicy":
    """The dtype of layers made from now on, as a policy: that of ``floatx``."""
    from .dtype_policies import DTypePolicy

    return DTypePolicy(_floatx)


def set_dtype_policy(policy: "str | DTypePolicy") -> None:
    """Sets the dtype of layers made from now on.

    Raises:
        ValueError: for a policy of mixed precision, which minikeras has not.

    Differs from Keras: it is one setting with ``floatx``.
    """
    from .dtype_policies import get

    set_floatx(get(policy).variable_dtype)


def is_traceback_filtering_enabled() -> bool:
    """True until :func:`disable_traceback_filtering`."""
    return _traceback_filtering


def enable_traceback_filtering() -> None:
    """Accepted, without effect: minikeras's tracebacks are short, and shown whole."""
    global _traceback_filtering
    _traceback_filtering = True


def disable_traceback_filtering() -> None:
    """Accepted, without effect: minikeras's tracebacks are short, and shown whole."""
    global _traceback_filtering
    _traceback_filtering = False


def is_flash_attention_enabled() -> bool:
    """False: attention is computed by its formula."""
    return False


def disable_flash_attention() -> None:
    """Accepted, without effect."""


def enable_flash_attention() -> None:
    """Refused.

    Raises:
        ValueError: always.
    """
    raise UnsupportedError("minikeras has no flash attention: attention is computed by its formula.")


def is_nnx_enabled() -> bool:
    """False: NNX belongs to Keras on JAX."""
    return False


def enable_unsafe_deserialization() -> None:
    """Refused: nothing out of a file is ever executed here.

    Raises:
        ValueError: always.
    """
    raise UnsupportedError(
        "minikeras executes nothing out of a file. Pass what the file names as load_model(…, custom_objects={…})."
    )


def snake_case(class_name: str) -> str:
    """A class's name as Keras writes it into names.

    >>> snake_case("SparseCategoricalAccuracy"), snake_case("ReLU")
    ('sparse_categorical_accuracy', 're_lu')
    """
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", class_name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def unique_name(class_name: str) -> str:
    """The name of the next nameless layer or model of a class: "dense", then "dense_1", as in Keras.

    >>> unique_name("ExampleReLU"), unique_name("ExampleReLU")
    ('example_re_lu', 'example_re_lu_1')
    """
    name = snake_case(class_name)
    count = _names.get(name, 0)
    _names[name] = count + 1
    return f"{name}_{count}" if count else name


def clear_session() -> None:
    """Starts the numbering of names again, so that the next Dense is "dense"."""
    _names.clear()


@contextmanager
def using(*, floatx: str | None = None, epsilon: float | None = None, backend: str | None = None) -> Iterator[None]:
    """Changes settings inside a ``with`` block and puts the old ones back, whatever happens."""
    before = (_floatx, _epsilon, _backend)
    try:
        if floatx is not None:
            set_floatx(floatx)
        if epsilon is not None:
            set_epsilon(epsilon)
        if backend is not None:
            set_backend(backend)
        yield
    finally:
        set_floatx(before[0])
        set_epsilon(before[1])
        set_backend(before[2])
