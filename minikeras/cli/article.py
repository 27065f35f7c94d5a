"""What the commands share: the article's data and its net, 784-300-100-10."""

import math
from collections.abc import Callable
from typing import Any

import click
import numpy as np

from .. import datasets, layers, models, saving, utils
from ..datasets.sources import Arrays
from ..errors import DataError
from ..structures import flat, pack
from ..testing.check import example

NAMES = datasets.fashion_mnist.class_names
NOTICE = "THIS-RUN-USED-THE-SAMPLE.txt"


def data_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options --data and --sample, for :func:`load`."""
    data = click.option(
        "--data",
        type=click.Path(exists=True, file_okay=False),
        help="Folder with the four IDX files. Without it: the caches, Debian's package, a download.",
    )
    sample = click.option("--sample", is_flag=True, help="Use the embedded sample: 10,000 images, no network needed.")
    return data(sample(command))


def load(path: str | None, sample: bool) -> tuple[Arrays, dict[str, Any], str | None]:
    """The data, where they are from, and a notice, printed in red too, if they are not what was asked for."""
    if path and sample:
        raise click.UsageError("--data and --sample exclude each other.")
    embedded = {"what": "Embedded sample of Fashion-MNIST", "sample": True, "fallback": False}
    if sample:
        return datasets.fashion_mnist.load_sample(), embedded, None
    whole = {"what": "Fashion-MNIST", "sample": False, "path": path, "verified": "SHA-256"}
    try:
        return datasets.fashion_mnist.load_data(path), whole, None
    except DataError as error:
        if path is not None:
            raise click.ClickException(str(error)) from error
        click.echo(str(error), err=True)
        notice = "Fashion-MNIST was not found. This run uses the embedded sample of 10,000 images and is less accurate."
        click.secho(f"\n*** {notice} ***\n", fg="red", bold=True, err=True)
        return datasets.fashion_mnist.load_sample(), embedded | {"fallback": True, "reason": str(error)}, notice


def scaled(arrays: Arrays, dtype: str) -> Arrays:
    """Pixels from 0…255 to 0…1."""
    (x, y), (x_test, y_test) = arrays
    white = np.asarray(255, dtype)
    return (x / white, y), (x_test / white, y_test)


def batch(
    model: models.Sequential, path: str | None, sample: bool, first: int, rows: int
) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Some training images, scaled and in the shape that a model takes, with their labels, and where they are from.

    A model of several inputs or outputs gets random numbers.
    """
    if model._graph is not None and (len(model.inputs) > 1 or len(model.outputs) > 1):
        return drawn(model, rows)
    arrays, source, _ = load(path, sample)
    (x, y), _ = scaled(arrays, "float64")
    if first + rows > len(x):
        raise click.UsageError(f"There are {len(x)} training images. Received: --first {first} --rows {rows}")
    x, y = x[first : first + rows], y[first : first + rows]
    shape = [int(size or 0) for size in model.input_shape[1:]] if model.built else []
    if shape and all(shape):  # otherwise the model takes any size
        if math.prod(shape) != x[0].size:
            raise click.ClickException(f"The model takes inputs of shape {tuple(shape)}; an image has {x.shape[1:]}.")
        x = x.reshape(rows, *shape)
    return x, y, source


def drawn(model: Any, rows: int) -> tuple[Any, Any, dict[str, Any]]:
    """Random inputs for a model of several inputs or outputs, targets that suit its losses, and where they are from."""
    rng = np.random.default_rng(0)
    if integers := [symbol.name for symbol in model.inputs if not symbol.dtype.startswith("float")]:
        raise click.ClickException(
            f"The model has several inputs or outputs, and gets random numbers; which integers the inputs {integers} "
            f"take is not known. In Python, minikeras.testing.check_gradients(model, x, y) and model.trace(x, y) take "
            f"lists of arrays."
        )
    x = [rng.normal(size=(rows, *(size or 3 for size in symbol.shape[1:]))) for symbol in model.inputs]
    x = pack(model._graph.inputs, x)
    outputs = flat(model(x))
    model._prepare(x)
    parts = {part.output: part.loss for part in model._head.parts} if hasattr(model._head, "parts") else {}
    losses = [parts.get(i) for i in range(len(outputs))] if parts else [model._head.loss]
    y = [None if f is None else example(f, a.shape, rng)[0] for f, a in zip(losses, outputs, strict=True)]
    click.echo("The model has several inputs or outputs: it gets random numbers.", err=True)
    return x, y if len(y) > 1 else y[0], {"what": "Random numbers", "sample": False, "fallback": False, "random": True}


def held_out(rows: int) -> int:
    """How many of the last training images are kept for validation: 5,000 of 60,000, a tenth of a sample."""
    return 5000 if rows == 60000 else rows // 10


def build() -> models.Sequential:
    """Flatten 28 × 28, Dense 300 relu, Dense 100 relu, Dense 10 softmax."""
    return models.Sequential(
        [
            layers.Flatten(input_shape=[28, 28]),
            layers.Dense(300, activation="relu"),
            layers.Dense(100, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def model_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option --model, for :func:`prepared`."""
    return click.option(
        "--model",
        "model_path",
        type=click.Path(exists=True, dir_okay=False),
        help="A .keras file.  [default: a fresh 784-300-100-10]",
    )(command)


def prepared(path: str | None, seed: int) -> models.Sequential:
    """A model from a file, or a fresh one; compiled for labels, unless the file says how."""
    utils.set_random_seed(seed)
    model = build() if path is None else _loaded(path)
    if not model.compiled:
        model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def _loaded(path: str) -> models.Sequential:
    try:
        return saving.load_model(path)
    except ValueError as error:
        try:
            model = saving.load_model(path, compile=False)
        except ValueError:
            raise click.ClickException(str(error)) from error
        click.echo(f"{error}\nHere its loss is sparse_categorical_crossentropy, and its optimizer SGD.", err=True)
        return model
