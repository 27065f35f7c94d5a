"""What a convolutional network sees: kernels, feature maps, saliency, and Grad-CAM.

>>> from minikeras import Input, Sequential, layers
>>> model = Sequential([Input((8, 8, 1)), layers.Conv2D(3, 3, name="conv"), layers.Flatten(), layers.Dense(2)])
>>> x = np.ones((1, 8, 8, 1))
>>> len(kernels(model.get_layer("conv")).axes), len(feature_maps(model, x, "conv").axes)
(3, 3)
>>> saliency_map(model, x, 1).shape, grad_cam_map(model, x, "conv", 1).shape
((1, 8, 8), (1, 8, 8))
"""

from typing import Any

import numpy as np

from ..layers.preprocessing.image_preprocessing.interpolation import resize
from ..models import Functional
from .figures import Path, finish, new_figure


def kernels(layer: Any, path: Path = None, title: str | None = None) -> Any:
    """Each kernel of a Conv2D as a picture: in colour for three input channels, else its mean over them.

    Args:
        layer: with ``kernel`` (h, w, C, K).
        path: where to save it; the ending says the format.
        title: above the picture.

    Returns:
        The ``Figure``.
    """
    w = layer.kernel.numpy()
    if w.ndim != 4:
        raise ValueError(f"Expected a layer with a kernel of shape (h, w, C, K). Received: {w.shape} of {layer.name}")
    colour = w.shape[2] == 3
    images = np.moveaxis(w if colour else w.mean(axis=2), -1, 0)
    if colour:
        images = (images - images.min()) / max(float(np.ptp(images)), 1e-12)
    return _tiles(images, path, title, "gray" if colour else "RdBu_r", symmetric=not colour)


def feature_maps(model: Any, x: Any, layer: str, path: Path = None, title: str | None = None) -> Any:
    """The output of a layer for the first image of x, channel by channel.

    Args:
        model: Sequential or functional, with one input.
        x: images (N, H, W, C).
        layer: the name of a layer whose output is (N, h, w, K).
        path, title: as for :func:`kernels`.
    """
    maps = Functional(model.inputs[0], model.get_layer(layer).output)(np.asarray(x)[:1])[0]
    if maps.ndim != 3:
        raise ValueError(f"Layer '{layer}' has no feature maps (h, w, K): its output's shape is (N, *{maps.shape}).")
    return _tiles(np.moveaxis(maps, -1, 0), path, title, "viridis")


def saliency_map(model: Any, x: Any, classes: Any = None) -> np.ndarray:
    """How much each pixel moves a class's score: max over the channels of |∂y[class] / ∂x|, (N, H, W).

    Args:
        model: with outputs y (N, K).
        x: images (N, H, W, C).
        classes: one for all images, or one for each; by default those with the largest scores.

    The gradients in the model's parameters are overwritten.

    Source: Simonyan, Vedaldi & Zisserman, "Deep inside convolutional networks", 2013.
    """
    _, dx = _gradient(model, np.asarray(x), classes)
    return np.abs(dx).max(axis=-1)


def grad_cam_map(model: Any, x: Any, layer: str, classes: Any = None) -> np.ndarray:
    """Where a layer's feature maps A speak for a class, in the size of x, (N, H, W)::

        α[k] = mean over the places of ∂y[class] / ∂A[k]          L = relu(Σ_k α[k]·A[k])

    L is 0 everywhere where no place speaks for the class, which happens with a Flatten behind the layer.

    Args: as for :func:`saliency_map`, and ``layer``, the name of a layer with outputs (N, h, w, K).

    Source: Selvaraju, Cogswell, Das, Vedantam, Parikh & Batra, "Grad-CAM", ICCV 2017.
    """
    x, at = np.asarray(x), model.get_layer(layer).output
    a = Functional(model.inputs[0], at)(x)
    _, da = _gradient(Functional(at, model.outputs[0]), a, classes)
    cam = np.maximum((da.mean(axis=(1, 2), keepdims=True) * a).sum(axis=-1, keepdims=True), 0)
    return resize(cam, x.shape[1:3])[..., 0]


def saliency(model: Any, x: Any, classes: Any = None, path: Path = None, title: str | None = None) -> Any:
    """The images of x above their :func:`saliency_map`."""
    return _above(x, saliency_map(model, x, classes), path, title, overlay=False)


def grad_cam(model: Any, x: Any, layer: str, classes: Any = None, path: Path = None, title: str | None = None) -> Any:
    """The images of x above their :func:`grad_cam_map`, which is laid over them."""
    return _above(x, grad_cam_map(model, x, layer, classes), path, title, overlay=True)


def _gradient(model: Any, x: np.ndarray, classes: Any) -> tuple[np.ndarray, np.ndarray]:
    """y and ∂y[class] / ∂x."""
    y = model(x, record=True)
    chosen = y.argmax(axis=-1) if classes is None else np.broadcast_to(classes, len(y))
    dy = np.zeros_like(y)
    dy[np.arange(len(y)), chosen] = 1
    return y, model.backward(dy)


def _tiles(images: Any, path: Path, title: str | None, cmap: str, symmetric: bool = False) -> Any:
    columns = int(np.ceil(np.sqrt(len(images))))
    rows = -(-len(images) // columns)
    figure = new_figure(1.1 * columns, 1.1 * rows + (0.4 if title else 0))
    top = float(np.abs(images).max()) if symmetric else None
    for i, image in enumerate(images):
        ax = figure.add_subplot(rows, columns, i + 1)
        ax.imshow(image, cmap=cmap, vmin=None if top is None else -top, vmax=top)
        ax.set_axis_off()
    return finish(figure, path, title)


def _above(x: Any, maps: np.ndarray, path: Path, title: str | None, overlay: bool) -> Any:
    images = np.asarray(x, np.float64)
    images = (images - images.min()) / max(float(np.ptp(images)), 1e-12)
    images = images if images.shape[-1] == 3 else images.mean(axis=-1)
    figure = new_figure(1.6 * len(images), 3.3 + (0.4 if title else 0))
    for i, (image, heat) in enumerate(zip(images, maps, strict=True)):
        for row in (0, 1):
            ax = figure.add_subplot(2, len(images), row * len(images) + i + 1)
            ax.set_axis_off()
            if row == 0 or overlay:
                ax.imshow(image, cmap="gray")
            if row == 1:
                ax.imshow(heat, cmap="inferno", alpha=0.6 if overlay else 1.0)
    return finish(figure, path, title)
