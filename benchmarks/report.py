"""The figures as tables."""

from typing import Any

from minikeras.errors import require


def _table(console: Any, title: str, columns: list[str], rows: list[list[str]]) -> None:
    table = require("rich.table", "plot").Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="left" if column == columns[0] else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _ratio(value: float | None) -> str:
    """
    >>> _ratio(1.083), _ratio(12.34), _ratio(None)
    ('1.08', '12.3', '–')
    """
    return "–" if value is None else f"{value:.3g}" if value >= 100 else f"{value:.{2 if value < 10 else 1}f}"


def duration(seconds: float) -> str:
    """Three digits and a unit.

    >>> duration(0.000_056), duration(0.0123), duration(6.6)
    ('56.0 µs', '12.3 ms', '6.60 s')
    """
    for limit, factor, unit in ((1e-3, 1e6, "µs"), (1, 1e3, "ms"), (float("inf"), 1, "s")):
        if seconds < limit:
            value = seconds * factor
            return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} {unit}"
    raise ValueError(f"Not a duration: {seconds}")


def _times(row: dict[str, Any]) -> list[str]:
    return [duration(row[key]) for key in ("median", "min", "max")]


def _show_peers(console: Any, title: str, table: dict[str, Any]) -> None:
    rows = [
        [
            name,
            _ratio(row["to floor"]),
            _ratio(row["to minikeras"]),
            *_times(row),
            f"{row['loss']:.3f}" if row["loss"] is not None else "",
        ]
        for name, row in sorted(table.items(), key=lambda item: item[1]["median"])
    ]
    _table(console, title, ["", "÷ floor", "÷ minikeras", "median", "min", "max", "loss after"], rows)


def show(results: dict[str, Any], console: Any) -> None:
    """Prints all parts that were measured."""
    for batch_size, peers in results.get("peers", {}).items():
        title = f"One epoch of {peers['rows']:,} rows, batch {batch_size}"
        if peers["measured_rows"] != peers["rows"]:
            title += f" (measured on {peers['measured_rows']:,} rows, and scaled)"
        _show_peers(console, title, peers["table"])
    for net, table in [item for part in ("cnn", "layers", "rnn") for item in results.get(part, {}).items()]:
        _show_peers(console, f"One training step: {net}", table)
    for key, table in results.get("latency", {}).items():
        rows = [[name, _ratio(row["to minikeras"]), *_times(row)] for name, row in table.items()]
        _table(console, key.replace("call", "model(x)"), ["", "÷ minikeras", "median", "min", "max"], rows)
    if startup := results.get("startup"):
        rows = [[name, _ratio(row["to numpy"]), *_times(row)] for name, row in startup["import"].items()]
        _table(console, "Import, in a fresh process", ["", "÷ numpy", "median", "min", "max"], rows)
        rows = [
            [name, duration(row["above"]), duration(row["epoch"]), *_times(row)]
            for name, row in startup["first epoch"].items()
        ]
        columns = ["", "above an epoch", "second epoch", "median", "min", "max"]
        _table(console, "From the start of the process to the end of the first epoch", columns, rows)
    if memory := results.get("memory"):
        rows = [[name, f"{row['above']:.1f} MB", f"{row['arrays']:.0f} MB"] for name, row in memory.items()]
        _table(console, "Peak memory of fit, float64 arrays", ["", "above what was held", "the caller's arrays"], rows)
    for curve, points in results.get("scaling", {}).items():
        names = list(dict.fromkeys(name for table in points.values() for name in table))
        rows = []
        for at, table in points.items():
            row = [f"{int(at):,}", _ratio(table.get("minikeras", {}).get("to floor"))]
            rows.append(row + [f"{table[name]['median']:.3g}" if name in table else "" for name in names])
        _table(console, "Microseconds a row", [curve, "minikeras ÷ floor", *names], rows)
    for name, reason in results.get("left out", {}).items():
        console.print(f"[yellow]left out[/] {name}: {reason}", highlight=False)
