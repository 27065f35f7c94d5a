"""The figures as pictures: bars against the floor, and the scaling curves."""

import os
from pathlib import Path
from typing import Any

from minikeras.errors import require

OURS, OTHERS, BOUND = "tab:blue", "0.65", "tab:red"
STYLES = {"minikeras": ("tab:blue", "o"), "floor": ("tab:red", "_"), "PyTorch": ("tab:orange", "s")}


def draw(results: dict[str, Any], folder: str | os.PathLike[str]) -> list[Path]:
    """Saves what can be drawn of the parts that were measured; returns the files."""
    files = []
    if results.get("peers"):
        files.append(Path(folder, "speed.png"))
        bars(results).savefig(files[-1], dpi=110)
    if results.get("scaling"):
        files.append(Path(folder, "scaling.png"))
        curves(results).savefig(files[-1], dpi=110)
    return files


def _figure(width: float, height: float) -> Any:
    return require("matplotlib.figure", "plot").Figure((width, height), layout="constrained")


def bars(results: dict[str, Any]) -> Any:
    """Median seconds of an epoch with min and max, for the first batch size; lines at the floor and the limit."""
    batch_size, peers = next(iter(results["peers"].items()))
    table = peers["table"]
    bounds = {name: table[name]["median"] for name in ("limit", "floor") if name in table}
    shown = sorted(((row["median"], name) for name, row in table.items() if name not in bounds), reverse=True)
    figure = _figure(8, 1.2 + 0.36 * len(shown))
    ax = figure.add_subplot()
    for i, (median, name) in enumerate(shown):
        row = table[name]
        spread = [[median - row["min"]], [row["max"] - median]]
        ours = name.startswith("minikeras")
        ax.barh(i, median, color=OURS if ours else OTHERS, xerr=spread, error_kw={"capsize": 2, "lw": 0.8})
        ratio = f", {row['to floor']:.2f} × floor" if row["to floor"] else ""
        ax.annotate(f"{median:.2f} s{ratio}", (row["max"], i), (5, 0), textcoords="offset points", va="center")
    for (name, seconds), style in zip(bounds.items(), (":", "--"), strict=False):
        ax.axvline(seconds, color=BOUND, ls=style, lw=1.2, label=f"{name}: {seconds:.2f} s", zorder=3)
    ax.set_yticks(range(len(shown)), [name for _, name in shown])
    ax.set_xlim(0, 1.4 * max(row["max"] for row in table.values()))
    ax.set_xlabel("seconds an epoch (median; whiskers from min to max)")
    machine = results["machine"]
    ax.set_title(
        f"784-300-100-10, {peers['rows']:,} rows, batch {batch_size}, float32, {results['options']['optimizer']}: "
        f"{machine['cores']} × {machine['processor']}",
        fontsize=9,
    )
    if bounds:
        ax.legend(loc="upper right")
    ax.spines[["top", "right"]].set_visible(False)
    return figure


def curves(results: dict[str, Any]) -> Any:
    """Microseconds a row over each size, medians; bands from min to max."""
    scaling = results["scaling"]
    figure = _figure(9.5, 3.1 * -(-len(scaling) // 3))
    for position, (curve, points) in enumerate(scaling.items(), 1):
        ax = figure.add_subplot(-(-len(scaling) // 3), 3, position)
        for name in dict.fromkeys(name for table in points.values() for name in table):
            at = [float(x) for x, table in points.items() if name in table]
            rows = [table[name] for table in points.values() if name in table]
            color, marker = STYLES.get(name, ("tab:green", "^"))
            ax.plot(at, [row["median"] for row in rows], color=color, marker=marker, ms=4, lw=1.2, label=name)
            ax.fill_between(at, [r["min"] for r in rows], [r["max"] for r in rows], color=color, alpha=0.2, lw=0)
        if curve.startswith("threads"):
            ax.set_xticks([float(x) for x in points], list(points))
        else:
            ax.set_xscale("log", base=10 if curve == "rows" else 2)
            ax.xaxis.set_major_formatter(lambda x, _: f"{x / 1000:,.0f}k" if x >= 10_000 else f"{x:,.0f}")
        if curve in ("batch size", "width"):
            ax.set_yscale("log")
        else:
            ax.set_ylim(0)
        ax.set_xlabel(curve)
        ax.set_ylabel("µs a row")
        ax.grid(alpha=0.3)
    handles = figure.axes[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper center", ncols=4)
    return figure
