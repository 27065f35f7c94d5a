"""One self-contained HTML file with every number of a model's training step, as formula and value.

>>> import minikeras as keras
>>> model = keras.Sequential([keras.layers.Dense(2, activation="softmax", input_shape=(3,), name="out")], name="small")
>>> model.compile("sgd", "sparse_categorical_crossentropy")
>>> text = html(model.trace([[1.0, 2.0, 3.0]], [0]))
>>> "<title>small: one training step</title>" in text, "https:" in text or 'src="' in text
(True, False)
"""

from .document import html, write
from .mistakes import Mistake, planted

__all__ = ["Mistake", "html", "planted", "write"]
