"""Keras in a process of its own: it reads its backend once, when it is imported.

Parent and child speak in pickles over the child's standard input and output; both are this package.
"""

import importlib.util
import os
import pickle
import subprocess
import sys
import traceback
from typing import Any, BinaryIO, Self

BACKENDS = {"tensorflow": "tensorflow-cpu", "jax": "jax", "torch": "torch"}


class BackendError(RuntimeError):
    """A backend is missing, has no such device, or failed."""


def missing(backend: str) -> str | None:
    """What to install if a backend is not here, or None."""
    for module, package in (("keras", "keras==3.15.1"), (backend, BACKENDS[backend])):
        if importlib.util.find_spec(module) is None:
            return f"Keras on {backend} needs {package}: pip install 'minikeras[parity]' {package}"
    return None


class Keras:
    """Real Keras on one backend.

    Args:
        backend: "tensorflow", "jax" or "torch".
        device: "cpu" or "gpu".
        environment: further variables of its environment.

    Raises:
        BackendError: if it is not installed, or there is no such device.
    """

    def __init__(self, backend: str, device: str = "cpu", environment: dict[str, str] | None = None) -> None:
        self.backend, self.device = backend, device
        lacking = missing(backend)
        if lacking:
            raise BackendError(lacking)
        environment = {
            **os.environ,
            **(environment or {}),
            "KERAS_BACKEND": backend,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "JAX_ENABLE_X64": "1",
            "NVIDIA_TF32_OVERRIDE": "0",
            "JAX_DEFAULT_MATMUL_PRECISION": "highest",
        }
        if device == "cpu":
            environment |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "parity.worker", backend, device],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if not os.environ.get("PARITY_DEBUG") else None,
            env=environment,
        )
        self.versions = self.ask("versions")

    def ask(self, task: str, **arguments: Any) -> Any:
        """Runs a task of :mod:`parity.tasks` there."""
        source, sink = self._process.stdout, self._process.stdin
        if source is None or sink is None:
            raise BackendError("the process has no pipes")
        try:
            pickle.dump((task, arguments), sink, protocol=5)
            sink.flush()
            status, answer = pickle.load(source)
        except (BrokenPipeError, EOFError):
            raise BackendError(f"Keras on {self.backend} ended during {task}") from None
        if status == "refused":
            raise BackendError(answer)
        if status == "failed":
            raise BackendError(f"Keras on {self.backend} failed in {task}:\n{answer}")
        return answer

    def close(self) -> None:
        """Ends the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _check_device(backend: str, device: str) -> None:
    if device != "gpu":
        return
    if backend == "tensorflow":
        import tensorflow as tf

        found = bool(tf.config.list_physical_devices("GPU"))
    elif backend == "jax":
        import jax

        found = jax.default_backend() == "gpu"
    else:
        import torch

        found = torch.cuda.is_available()
    if not found:
        raise BackendError(f"--device gpu: {backend} finds no GPU here. Use --device cpu.")


def _serve(backend: str, device: str, source: BinaryIO, sink: BinaryIO) -> None:
    try:
        _check_device(backend, device)
    except BackendError as error:
        pickle.load(source)  # the first request
        pickle.dump(("refused", str(error)), sink, protocol=5)
        return
    import keras

    from . import handoff_tasks, tasks

    known = tasks.TASKS | handoff_tasks.TASKS
    keras.utils.disable_interactive_logging()
    while True:
        try:
            task, arguments = pickle.load(source)
        except EOFError:
            return
        try:
            answer: tuple[str, Any] = "done", known[task](keras, **arguments)
        except Exception:
            answer = "failed", traceback.format_exc()
        pickle.dump(answer, sink, protocol=5)
        sink.flush()


if __name__ == "__main__":
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not get between the answers
    _serve(sys.argv[1], sys.argv[2], sys.stdin.buffer, channel)
