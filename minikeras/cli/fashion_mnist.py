"""``minikeras fashion-mnist``: trains a classifier of clothes, 784-300-100-10, and draws what it learned."""

import time
from typing import Any

import click

from .. import callbacks, config, optimizers, plotting, utils
from ..errors import MissingExtraError
from .article import NAMES, NOTICE, build, data_options, held_out, load, scaled
from .run_folder import RunFolder

FILES = ("history.csv", "learning_curves.png", "samples.png", "predictions.png", NOTICE)


@click.command("fashion-mnist")
@click.option("--epochs", type=click.IntRange(1), default=30, show_default=True, help="Passes over the data.")
@click.option("--batch-size", type=click.IntRange(1), default=32, show_default=True, help="Rows per step.")
@click.option(
    "--learning-rate", type=click.FloatRange(0, min_open=True), default=0.01, show_default=True, help="Of plain SGD."
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=42, show_default=True, help="Same seed, same run.")
@click.option(
    "--dtype", type=click.Choice(["float32", "float64"]), default="float32", show_default=True, help="Of all numbers."
)
@data_options
@click.option("--output", type=click.Path(file_okay=False), help="Run folder.  [default: a new one under runs/]")
@click.option("--quiet/--verbose", default=False, help="Print only the closing lines, or all.  [default: all]")
def fashion_mnist(
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    dtype: str,
    data: str | None,
    sample: bool,
    output: str | None,
    quiet: bool,
) -> None:
    """Train a classifier on Fashion-MNIST and draw what it learned.

    The net is Flatten, Dense 300 relu, Dense 100 relu, Dense 10 softmax, trained by plain SGD; the last 5,000
    training images are held out for validation. Thirty epochs take about a minute.

    \b
    The run folder, named at the end, then holds
      samples.png           the first 25 training images with their names
      history.csv           loss and accuracy of every epoch
      learning_curves.png   the same as a picture
      predictions.png       the first 25 test images: right in blue, wrong in red, "predicted (true)"
      run.json              arguments, versions, data, test loss and accuracy

    Ctrl-C ends the training early; the weights so far are then evaluated and drawn.

    \b
    Examples
      minikeras fashion-mnist
      minikeras fashion-mnist --epochs 5 --dtype float64
      minikeras fashion-mnist --sample --output clothes
    """
    say = (lambda *_: None) if quiet else click.echo
    arrays, source, notice = load(data, sample)
    arguments: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "seed": seed,
    }
    arguments |= {"dtype": dtype, "data": data, "sample": sample, "quiet": quiet}
    folder = RunFolder(output, "fashion-mnist", FILES, **arguments)
    if notice:
        (folder / NOTICE).write_text(notice + "\n", encoding="utf-8")
    title = "Embedded sample of Fashion-MNIST" if source["sample"] else None
    try:
        with config.using(floatx=dtype):
            (x, y), (x_test, y_test) = scaled(arrays, dtype)
            kept = held_out(len(x))
            folder.note(data={**source, "training": len(x) - kept, "validation": kept, "test": len(x_test)})
            say(f"{source['what']}: {len(x) - kept} to train, {kept} to validate, {len(x_test)} to test.")
            plotting.image_grid(x[:25], y[:25], NAMES, folder / "samples.png", title=title)

            utils.set_random_seed(seed)
            model = build()
            model.compile(
                loss="sparse_categorical_crossentropy", optimizer=optimizers.SGD(learning_rate), metrics=["accuracy"]
            )
            if not quiet:
                model.summary()
            history = callbacks.History()
            began = time.perf_counter()
            status = "finished"
            try:
                model.fit(
                    x[:-kept],
                    y[:-kept],
                    batch_size=batch_size,
                    epochs=epochs,
                    validation_data=(x[-kept:], y[-kept:]),
                    callbacks=[history, callbacks.CSVLogger(folder / "history.csv")],
                    verbose=0 if quiet else 1,
                )
            except KeyboardInterrupt:
                status = "interrupted"
                click.echo("\nInterrupted. Evaluating the weights so far.", err=True)
            seconds = time.perf_counter() - began
            folder.note(status=status, epochs_finished=len(history.epoch), training_seconds=round(seconds, 2))
            if history.epoch:
                plotting.learning_curves(history, folder / "learning_curves.png", title=title)
            loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
            folder.note(test_loss=loss, test_accuracy=accuracy)
            predicted = model.predict(x_test[:25], verbose=0)
            plotting.predictions(x_test[:25], y_test[:25], predicted, NAMES, folder / "predictions.png", title=title)
    except MissingExtraError as error:
        folder.note(status="failed", error=str(error))
        raise click.ClickException(str(error)) from error
    except BaseException as error:
        if folder.record["status"] == "running":
            folder.note(status="failed", error=f"{type(error).__name__}: {error}")
        raise
    say(f"{len(history.epoch)} of {epochs} epochs in {seconds:.1f} s.")
    if notice:
        click.secho(notice, fg="red", err=True)
    click.echo(f"Test accuracy: {accuracy:.4f} (loss {loss:.4f})")
    click.echo(f"Run folder: {folder.path}")
    if status == "interrupted":
        raise click.exceptions.Exit(130)
