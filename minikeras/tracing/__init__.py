"""One training step, written out: every number of it, its shape and its formula.

>>> import minikeras as keras
>>> out = keras.layers.Dense(2, activation="softmax", input_shape=(2,), dtype="float64", name="out")
>>> model = keras.Sequential([out])
>>> model.set_weights([[[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0]])
>>> model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.SGD(0.5))
>>> trace = model.trace([[1.0, 2.0]], [0])
>>> trace["out", "z"].value
array([[1., 2.]])
>>> print(trace["out", "dz"])
dz = (p − t) · w    (1, 2)
  [[-0.7311  0.7311]]
>>> print(trace.explain("out/kernel", (1, 0)))
∂L/∂kernel[1, 0] of out = Σₙ x[n, 1] · dz[n, 0] = -1.462117
  n = 0:  2 · -0.7310586 = -1.462117
"""

from . import plots
from .health import GradientHealth
from .quantities import LayerTrace, Quantity
from .snapshots import Snapshots
from .trace import Trace, trace_step
from .verify import Verification

__all__ = ["GradientHealth", "LayerTrace", "Quantity", "Snapshots", "Trace", "Verification", "plots", "trace_step"]
