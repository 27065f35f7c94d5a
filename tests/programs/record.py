"""Records Keras's numbers: runs the programs in real Keras on TensorFlow and on JAX, in float64.

    python -m tests.programs.record             # every program
    python -m tests.programs.record gan vae     # some

One process for each backend; ``recorded/NAME.json`` is written for each program. Two things are changed in Keras:

- Off TensorFlow, its table of type promotion turns float64 into float32, so that means and sums with mixed operands are
  rounded to float32 on JAX. The one entry of the table is set to float64, or the numbers would agree to 1e-7 only.
- On TensorFlow, an optimizer gets the gradient of a row of an Embedding that is read twice in two parts, and Adam
  squares each. The parts are added first, as Keras on JAX and minikeras do.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from . import both

_CHILD = """
import json, sys
import keras
from tests.programs import both
keras.config.set_floatx("float64")
keras.config.set_dtype_policy("float64")
keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
backend = keras.backend.backend()
if backend == "tensorflow":
    import tensorflow as tf
    from keras.src.optimizers.base_optimizer import BaseOptimizer as base

    def summed(self, grads, trainable_variables=None, apply=base.apply):
        return apply(self, [g if g is None else tf.convert_to_tensor(g) for g in grads], trainable_variables)

    base.apply = summed
out = {name: both.run(name, keras, backend) for name in sys.argv[1:]}
print("\\n" + json.dumps(out))
"""


def live(names: Sequence[str], backend: str) -> dict[str, Any]:
    """What some programs log in real Keras on a backend, by the program's name."""
    able = [name for name in names if backend in both.backends(name)]
    environment = os.environ | {"KERAS_BACKEND": backend, "JAX_ENABLE_X64": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, *able],
        env=environment,
        cwd=both.HERE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"The programs did not run in Keras on {backend}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def main(names: Sequence[str]) -> None:
    """Writes the files of some programs."""
    found = {backend: live(names, backend) for backend in both.BACKENDS}
    both.record_file("").parent.mkdir(exist_ok=True)
    for name in names:
        numbers = {backend: found[backend][name] for backend in both.backends(name)}
        both.record_file(name).write_text(json.dumps(numbers, indent=0) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:] or both.names())
