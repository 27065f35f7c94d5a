"""Runs a program of ``examples/`` with Keras or with minikeras: only what ``keras`` means differs.

A program is written as people write for Keras. It sees ``keras``, ``np``, ``same_start`` and ``GradientTape``, and
leaves its numbers in the dictionary ``logged``. Initial weights, Dropout masks and the order of the rows come from
``keras.utils.set_random_seed(1)``, or from NumPy where a program calls :func:`same_start`.

Keras's numbers are in ``recorded/``, one file for each program, under the backend's name; :mod:`.record` writes them.
Keras on JAX has no gradient tape: a program that uses one is recorded on TensorFlow only.
"""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
BACKENDS = ("tensorflow", "jax")
NOT_ON_JAX = {
    "masked_sequences": "Within fit on JAX, the mask of the outputs is lost before the metrics get them.",
}
CLOSE = {  # limits other than 1e-10, and where Keras on that backend rounds otherwise than minikeras
    ("convnet_with_augmentation", "jax"): (
        2e-9,
        "RandomTranslation finds the places of pixels in float64 on JAX, in float32 on TensorFlow and here: 1.7e-9.",
    ),
    ("transformer_classifier", "jax"): (
        6e-9,
        "jax.nn.dot_product_attention rounds its scores to float32 before the softmax, whatever the dtype: 5.1e-9.",
    ),
}


def names() -> list[str]:
    """The names of all programs."""
    return sorted(path.stem for path in (HERE / "examples").glob("*.py"))


def source(name: str) -> str:
    """The text of a program."""
    return (HERE / "examples" / f"{name}.py").read_text()


def backends(name: str) -> tuple[str, ...]:
    """The backends on which Keras can run a program."""
    return BACKENDS[:1] if name in NOT_ON_JAX or "GradientTape" in source(name) else BACKENDS


def record_file(name: str) -> Path:
    """Where Keras's numbers of a program are kept."""
    return HERE / "recorded" / f"{name}.json"


def recorded(name: str, backend: str) -> dict[str, Any]:
    """What Keras on a backend logged when the program was recorded."""
    return json.loads(record_file(name).read_text())[backend]


def limit(name: str, backend: str) -> float:
    """The largest difference from Keras's numbers that is allowed."""
    return CLOSE.get((name, backend), (1e-10,))[0]


def same_start(*models: Any) -> None:
    """Gives the weights of some built models new values, drawn in the order of ``weights``."""
    rng = np.random.default_rng(7)
    for model in models:
        model.set_weights([rng.normal(size=np.shape(w)) * 0.4 for w in model.get_weights()])


def run(name: str, library: Any, backend: str) -> dict[str, Any]:
    """What a program logs with a library: Keras on ``backend``, or minikeras with the random numbers of ``backend``."""
    if library.__name__ == "minikeras":
        library.utils.set_random_seed = partial(library.utils.rng_utils.set_random_seed, stream=backend)
    real = sys.modules.get("keras")
    sys.modules["keras"] = library  # for "from keras import layers"
    logged: dict[str, Any] = {}
    seen = {"keras": library, "np": np, "same_start": same_start, "logged": logged, "GradientTape": _tape(library)}
    try:
        library.utils.clear_session()
        library.utils.set_random_seed(1)
        exec(compile(source(name), f"{name}.py", "exec"), seen)
    finally:
        sys.modules.pop("keras")
        if real is not None:
            sys.modules["keras"] = real
        if library.__name__ == "minikeras":
            library.utils.set_random_seed = library.utils.rng_utils.set_random_seed
            library.utils.set_random_seed(1)  # the usual stream
    return plain(logged, in_order=backend == "tensorflow")


def _tape(library: Any) -> Any:
    if hasattr(library, "GradientTape"):
        return library.GradientTape
    if library.backend.backend() == "jax":
        return None
    import tensorflow

    return tensorflow.GradientTape


def plain(value: Any, in_order: bool = True) -> Any:
    """A structure of numbers as JSON holds it: dictionaries, lists and floats.

    Args:
        in_order: False sorts the keys, as JAX does with a dictionary that comes out of compiled code.
    """
    if isinstance(value, dict):
        return {str(key): plain(value[key], in_order) for key in (value if in_order else sorted(value))}
    if isinstance(value, list | tuple):
        return [plain(item, in_order) for item in value]
    return np.asarray(value, float).tolist()


def difference(ours: Any, theirs: Any) -> float:
    """The largest difference between two structures of :func:`plain`, relative to 1; infinite if they differ in form.

    NaN differs from everything.

    >>> difference({"loss": [1.0, 4.0]}, {"loss": [1.0, 5.0]}), difference([1.0], [1.0, 2.0])
    (0.2, inf)
    """
    if isinstance(theirs, dict):
        if not isinstance(ours, dict) or list(ours) != list(theirs):
            return float("inf")
        return max((difference(ours[key], theirs[key]) for key in ours), default=0.0)
    if isinstance(theirs, list):
        if not isinstance(ours, list) or len(ours) != len(theirs):
            return float("inf")
        return max((difference(a, b) for a, b in zip(ours, theirs, strict=True)), default=0.0)
    if not isinstance(ours, float) or not abs(ours - theirs) < float("inf"):
        return float("inf")
    return abs(ours - theirs) / max(1.0, abs(theirs))
