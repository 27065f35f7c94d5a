"""The whole of minikeras's global state: the documented settings, and the numbering of names.

======================= ==========  ==============================================================
setting                 default     meaning
======================= ==========  ==============================================================
``floatx``              "float32"   dtype of layers made from now on (Keras's ``floatx``)
``epsilon``             1e-7        the fuzz of clipped cross-entropies (Keras's ``epsilon``)
``backend``             "numba"     "numba": compiled kernels; "numpy": the reference kernels
``image_data_format``   fixed       always "channels_last"
``max_epochs``          None        the most epochs of any ``fit``; ``KERAS_MAX_EPOCHS`` sets it
``max_steps_per_epoch`` None        the most steps of any epoch; ``KERAS_MAX_STEPS_PER_EPOCH`` sets it
interactive logging     on          True if the console shows progress
``traceback_filtering`` True        kept, without effect
======================= ==========  ==============================================================

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
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .dtype_policies import dtype_policy as dtype_policy
from .dtype_policies import floatx as floatx
from .dtype_policies import set_dtype_policy as set_dtype_policy
from .dtype_policies import set_floatx
from .errors import UnsupportedError

_BACKENDS = ("numba", "numpy")

_names: dict[str, int] = {}
_epsilon = 1e-7
_traceback_filtering = True
_interactive_logging = True
_max_epochs = int(os.environ["KERAS_MAX_EPOCHS"]) if "KERAS_MAX_EPOCHS" in os.environ else None
_max_steps_per_epoch = (
    int(os.environ["KERAS_MAX_STEPS_PER_EPOCH"]) if "KERAS_MAX_STEPS_PER_EPOCH" in os.environ else None
)
_backend = os.environ.get("MINIKERAS_BACKEND", "numba")
#: Called after another backend was chosen.
when_backend_changes: list[Callable[[], None]] = []
if _backend not in _BACKENDS:
    raise ValueError(f"MINIKERAS_BACKEND must be one of {_BACKENDS}. Received: {_backend!r}")


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
    for called in when_backend_changes:
        called()


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


def max_epochs() -> int | None:
    """The most epochs that any ``fit`` runs, for trying a program out; None for no limit."""
    return _max_epochs


def set_max_epochs(value: int | None) -> None:
    """Sets the most epochs that any ``fit`` runs."""
    global _max_epochs
    _max_epochs = value


def max_steps_per_epoch() -> int | None:
    """The most steps of an epoch, an evaluation or a prediction; None for no limit."""
    return _max_steps_per_epoch


def set_max_steps_per_epoch(value: int | None) -> None:
    """Sets the most steps of an epoch, an evaluation or a prediction."""
    global _max_steps_per_epoch
    _max_steps_per_epoch = value


def enable_interactive_logging() -> None:
    """Progress is written to the console, as at the beginning."""
    global _interactive_logging
    _interactive_logging = True


def disable_interactive_logging() -> None:
    """Progress goes to Python's ``logging``, logger "minikeras", level INFO, and not to the console."""
    global _interactive_logging
    _interactive_logging = False


def is_interactive_logging_enabled() -> bool:
    """True if progress is written to the console."""
    return _interactive_logging


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
    before = (dtype_policy().name, _epsilon, _backend)
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
