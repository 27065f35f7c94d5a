"""Pictures: learning curves, images, predictions, and the paths of optimizers.

Each function returns a matplotlib ``Figure`` and, given a path, saves it too. No window is opened and no global
state of ``pyplot`` is touched; in a notebook, end a cell with the figure's name after ``%matplotlib inline``.

>>> figure = learning_curves({"loss": [2.0, 1.0], "val_loss": [2.1, 1.2]})
>>> [line.get_label() for line in figure.axes[0].get_lines()]
['loss', 'val_loss']
"""

from .figures import Path, finish, new_figure
from .paths import LANDSCAPES, Landscape, descent, update_norms
from .pictures import RIGHT, WRONG, image_grid, learning_curves, predictions

__all__ = [
    "LANDSCAPES",
    "RIGHT",
    "WRONG",
    "Landscape",
    "Path",
    "descent",
    "finish",
    "image_grid",
    "learning_curves",
    "new_figure",
    "predictions",
    "update_norms",
]
