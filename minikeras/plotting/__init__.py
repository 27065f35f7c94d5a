"""Pictures: learning curves, images, predictions, the paths of optimizers, and what networks see and remember.

Each function returns a matplotlib ``Figure`` and, given a path, saves it too. No window is opened and no global
state of ``pyplot`` is touched; in a notebook, end a cell with the figure's name after ``%matplotlib inline``.

>>> figure = learning_curves({"loss": [2.0, 1.0], "val_loss": [2.1, 1.2]})
>>> [line.get_label() for line in figure.axes[0].get_lines()]
['loss', 'val_loss']
"""

from .convolutions import feature_maps, grad_cam, grad_cam_map, kernels, saliency, saliency_map
from .figures import Path, finish, new_figure
from .paths import LANDSCAPES, Landscape, descent, update_norms
from .pictures import RIGHT, WRONG, image_grid, learning_curves, predictions
from .sequences import attention_maps, gates_and_states, gradient_norms

__all__ = [
    "LANDSCAPES",
    "RIGHT",
    "WRONG",
    "Landscape",
    "Path",
    "attention_maps",
    "descent",
    "feature_maps",
    "finish",
    "gates_and_states",
    "grad_cam",
    "grad_cam_map",
    "gradient_norms",
    "image_grid",
    "kernels",
    "learning_curves",
    "new_figure",
    "predictions",
    "saliency",
    "saliency_map",
    "update_norms",
]
