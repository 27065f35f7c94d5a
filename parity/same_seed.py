"""The classic program in both libraries from ``set_random_seed(42)`` alone: no weight and no order is copied.

In float64 both runs are the same to the last digits. In float32 the two libraries sum in another order, the last bit of
a sum differs, and now and then a ReLU's input has the other sign: from then on the runs part. Keras parts from itself
in the same way when its ``jit_compile`` is switched. That distance, Keras with jit from Keras without, is the control:
in float32 the engine may be no further from Keras than three times that.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import minikeras
from minikeras.errors import require

from . import compare, specs, tasks, tolerances
from .worker import Keras

METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")


def bits_differ(a: list[np.ndarray], b: list[np.ndarray]) -> int:
    """How many numbers are not the same to the last bit.

    >>> bits_differ([np.ones(2)], [np.ones(2)])
    0
    """
    return sum(
        int((x.view(f"u{x.itemsize}") != y.view(f"u{y.itemsize}")).sum())
        if x.shape == y.shape and x.dtype == y.dtype
        else x.size
        for x, y in zip(a, b, strict=True)
    )


def apart(a: dict[str, Any], b: dict[str, Any], name: str) -> np.ndarray:
    """|a − b| of a metric of two runs, epoch by epoch."""
    return np.abs(np.asarray(a["history"][name]) - np.asarray(b["history"][name]))


def weights_apart(a: dict[str, Any], b: dict[str, Any]) -> float:
    """The largest norm-relative distance of the final weights of two runs."""
    return max(compare.relative(x, y) for x, y in zip(a["final"], b["final"], strict=True))


def ours(
    backend: str,
    data: Any,
    validation: Any,
    epochs: int,
    dtype: str,
    seed: int = 42,
    stream: str | None = None,
    test: Any = None,
    optimizer: str = "SGD",
) -> dict[str, Any]:
    """The engine's run on a backend's stream."""
    with minikeras.config.using(floatx=dtype):
        return tasks.same_seed(
            minikeras,
            data,
            validation,
            epochs,
            dtype,
            seed,
            specs.MODES[backend],
            stream or backend,
            test,
            optimizer=optimizer,
        )


def rows(
    mine: dict[str, Any], theirs: dict[str, Any], dtype: str, control: dict[str, Any] | None = None
) -> list[compare.Comparison]:
    """The verdicts: the initial weights' bits, then loss and accuracy of every epoch, and the final weights.

    Args:
        mine, theirs: the engine's run and Keras's.
        control: Keras's run with the other ``jit_compile``; float32 is judged by it.
    """
    count = sum(w.size for w in theirs["initial"])
    differ = bits_differ(mine["initial"], theirs["initial"])
    found = [
        compare.Comparison("same-seed", f"{count:,} initial weights", "bits", dtype, float(differ), 0.0, differ == 0)
    ]
    case = f"{len(theirs['history']['loss'])} epochs"
    for name in METRICS:
        errors = apart(mine, theirs, name)
        worst = int(errors.argmax())
        error = float(errors[worst])
        pair = (float(mine["history"][name][worst]), float(theirs["history"][name][worst]))
        bound = _bound(name, dtype, None if control is None else float(apart(control, theirs, name).max()))
        found.append(
            compare.Comparison("same-seed", case, name, dtype, error, bound, error <= bound, error, (worst,), pair)
        )
    error = weights_apart(mine, theirs)
    bound = _bound("weights", dtype, None if control is None else weights_apart(control, theirs))
    found.append(compare.Comparison("same-seed", case, "final weights", dtype, error, bound, error <= bound))
    return found


def _bound(name: str, dtype: str, control: float | None) -> float:
    """How far the engine may be from Keras: in float32 some times as far as Keras is from itself."""
    kind = f"same-seed {name.removeprefix('val_')}"
    if dtype == "float64":
        return tolerances.limit(kind, dtype)
    if control is None:
        raise ValueError("A float32 run is judged by Keras's distance from itself: give control.")
    return max(tolerances.limit("same-seed", dtype) * control, tolerances.limit(f"{kind} floor", dtype))


def check(
    keras: Keras,
    data: Any,
    validation: Any,
    epochs: int,
    dtype: str,
    seed: int = 42,
    tick: Callable[[str], None] = lambda name: None,
    optimizer: str = "SGD",
) -> tuple[list[compare.Comparison], dict[str, Any]]:
    """Runs both; in float32 Keras a second time, with the other ``jit_compile``.

    Returns:
        rows, and the runs as ``{"minikeras": …, "keras": …}``, in float32 with ``"control"`` too.
    """
    jit = keras.backend == "jax"  # what "auto" means on a CPU
    asked = {"data": data, "validation": validation, "epochs": epochs, "dtype": dtype, "seed": seed}
    asked["optimizer"] = optimizer
    tick("minikeras")
    runs = {"minikeras": ours(keras.backend, **asked)}
    tick(f"Keras on {keras.backend}")
    runs["keras"] = keras.ask("same_seed", **asked, jit=jit)
    if dtype == "float32":
        tick(f"Keras on {keras.backend}, jit_compile={not jit}")
        runs["control"] = keras.ask("same_seed", **asked, jit=not jit)
    return rows(runs["minikeras"], runs["keras"], dtype, runs.get("control")), runs


def show(runs: dict[str, Any], verdicts: list[compare.Comparison], console: Any) -> None:
    """Both logs side by side, then the verdicts."""
    from rich.table import Table

    mine, theirs, control = runs["minikeras"], runs["keras"], runs.get("control")
    table = Table(
        title="The same program, the same seed: Keras's log, and how far minikeras is from it",
        title_justify="left",
    )
    for title in ("epoch", *(t for name in METRICS for t in (name, "Δ", *(["Δ jit"] if control else [])))):
        table.add_column(title, justify="right")
    for epoch, keras in enumerate(zip(*(theirs["history"][name] for name in METRICS), strict=True)):
        cells = [str(epoch + 1)]
        for name, value in zip(METRICS, keras, strict=True):
            cells.append(f"{value:.6f}")
            cells += [f"{run['history'][name][epoch] - value:+.0e}" for run in (mine, control) if run]
        table.add_row(*cells)
    console.print(table)
    console.print("Δ: minikeras − Keras" + ("; Δ jit: Keras with the other jit_compile − Keras" if control else ""))
    judged = Table()
    for title in ("what", "", "largest difference", "limit", ""):
        judged.add_column(title)
    for row in verdicts:
        mark = "[green]ok[/]" if row.passed else "[red]failed[/]"
        judged.add_row(row.tensor, row.case, f"{row.error:.1e}", f"{row.limit:.1e}", mark)
    console.print(judged)
    for who, run in runs.items():
        console.print(f"{who}: {run['seconds']:.1f} s")


def write(folder: Path, runs: dict[str, Any], verdicts: list[compare.Comparison], arguments: dict[str, Any]) -> None:
    """Writes same_seed.json (both logs and the verdicts) and same_seed.png (the difference in every epoch)."""
    folder.mkdir(parents=True, exist_ok=True)
    logs = {who: {"seconds": run["seconds"], "history": run["history"]} for who, run in runs.items()}
    found = {"arguments": arguments, "runs": logs, "rows": [row.to_dict() for row in verdicts]}
    (folder / "same_seed.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    title = "{floatx}, {rows:,} rows, Keras on {backend}".format(**arguments)
    plot(logs, title).savefig(folder / "same_seed.png", dpi=120)


def plot(runs: dict[str, Any], title: str) -> Any:
    """The figure: |Δloss| and |Δval_loss| from Keras in every epoch, for the engine and for the control."""
    require("matplotlib", "plot")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    FigureCanvasAgg(figure)
    lines = {"minikeras from Keras": ("minikeras", "o-")}
    if "control" in runs:
        lines["Keras from itself, jit_compile on and off"] = ("control", "s--")
    for axes, name in zip(figure.subplots(1, 2, sharey=True), ("loss", "val_loss"), strict=True):
        for label, (who, style) in lines.items():
            errors = apart(runs[who], runs["keras"], name)
            axes.plot(range(1, len(errors) + 1), np.where(errors > 0, errors, np.nan), style, markersize=4, label=label)
        if "control" in runs:
            limit = _bound(name, "float32", float(apart(runs["control"], runs["keras"], name).max()))
            axes.axhline(limit, color="grey", linewidth=1, label="limit: 3 times the largest of that")
        axes.set(xlabel="epoch", yscale="log", title=name)
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("|difference|; no point where equal")
    figure.axes[0].legend(fontsize=8)
    figure.suptitle(f"Same seed, nothing copied: distance from Keras's run ({title})")
    return figure
