"""What was found: a table in the terminal, and a folder with report.md, report.json and plots."""

import json
import os
import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import minikeras
from minikeras.errors import require

from . import compare, tolerances


@dataclass
class Report:
    """Everything that one run of the suite found."""

    arguments: dict[str, Any]
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    rows: dict[str, list[compare.Row]] = field(default_factory=dict)
    controls: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    semantics: list[dict[str, Any]] = field(default_factory=list)
    curves: dict[str, dict[str, Any]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether everything holds, and anything was compared at all."""
        compared = [row for rows in self.rows.values() for row in rows]
        caught = [line for lines in self.controls.values() for line in lines]
        return bool(compared) and all(r.passed for r in compared) and all(c["passed"] for c in caught)

    def add(self, backend: str, rows: Iterable[compare.Row]) -> None:
        """Notes the verdicts on a backend."""
        self.rows.setdefault(backend, []).extend(rows)

    def summary(self) -> list[dict[str, Any]]:
        """One line for each backend, check and dtype, with its worst tensor."""
        groups: dict[tuple[str, str, str], list[compare.Row]] = {}
        for backend, rows in self.rows.items():
            for row in rows:
                groups.setdefault((backend, row.check, row.dtype), []).append(row)
        lines = []
        for (backend, check, dtype), rows in groups.items():
            failed = [row for row in rows if not row.passed]
            worst = max(failed or rows, key=lambda row: row.error)
            lines.append(
                {
                    "backend": backend,
                    "check": check,
                    "dtype": dtype,
                    "tensors": len(rows),
                    "failed": len(failed),
                    "worst": worst.error,
                    "limit": worst.limit,
                    "where": f"{worst.case}: {worst.tensor}",
                    "passed": not failed,
                }
            )
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Everything, for report.json."""
        return {
            "passed": self.passed,
            "seconds": self.seconds,
            "arguments": self.arguments,
            "machine": machine(),
            "versions": self.versions,
            "skipped": self.skipped,
            "tolerances": {
                f"{check}, {dtype}": {"limit": t.limit, "basis": t.basis}
                for (check, dtype), t in tolerances.TABLE.items()
            },
            "summary": self.summary(),
            "semantics": self.semantics,
            "controls": self.controls,
            "curves": self.curves,
            "rows": {backend: [row.to_dict() for row in rows] for backend, rows in self.rows.items()},
        }

    def markdown(self) -> str:
        """report.md."""
        parts = [
            f"# Parity: {'all holds' if self.passed else 'NOT all holds'}",
            f"{json.dumps(self.arguments)}, {self.seconds:.0f} s. Machine: {json.dumps(machine())}.",
            "\n".join(f"* Keras on {b}: {json.dumps(v)}" for b, v in self.versions.items()),
            *(f"Skipped: {line}" for line in self.skipped),
            _table(
                ["backend", "check", "precision", "tensors", "failed", "worst", "limit", "where"],
                [
                    [s["backend"], s["check"], s["dtype"], s["tensors"], s["failed"]]
                    + [f"{s['worst']:.1e}", f"{s['limit']:.0e}", s["where"]]
                    for s in self.summary()
                ],
            ),
            "*worst* is ‖ours − Keras's‖ / ‖Keras's‖ of the worst tensor; for accuracies and the same-seed check "
            "the absolute difference.",
        ]
        for backend, lines in self.controls.items():
            parts.append(f"## Planted faults ({backend})")
            parts.append(
                _table(
                    ["fault", "caught by", "tensors off", "first seen", "worst", "as it must be"],
                    [
                        [c["fault"], ", ".join(c["caught_by"]) or "-", c["tensors"], c["first"] or "-"]
                        + [f"{c['error']:.1e}", "yes" if c["passed"] else "NO"]
                        for c in lines
                    ],
                )
            )
        if self.semantics:
            parts.append("## Where Keras's backends differ: logits (0, 20, 0), truth 0")
            rows = [[s["who"], f"{s['loss']:.6g}", s["gradient"]] for s in self.semantics]
            parts.append(_table(["who", "loss", "gradient"], rows))
        parts.append("## Tolerances")
        parts.append(
            _table(
                ["check", "precision", "limit", "basis"],
                [[c, d, f"{t.limit:g}", t.basis] for (c, d), t in tolerances.TABLE.items()],
            )
        )
        return "\n\n".join(part for part in parts if part) + "\n"

    def write(self, folder: Path) -> None:
        """Writes report.md, report.json and the plots."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.md").write_text(self.markdown(), encoding="utf-8")
        text = json.dumps(self.to_dict(), indent=1, default=_plain)
        (folder / "report.json").write_text(text, encoding="utf-8")
        self._plots(folder)

    def _plots(self, folder: Path) -> None:
        require("matplotlib", "plot")
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        for backend, rows in self.rows.items():
            figure = Figure(figsize=(8, 4.5), layout="constrained")
            FigureCanvasAgg(figure)
            axes = figure.subplots()
            for dtype, marker in (("float64", "."), ("float32", "x")):
                errors = sorted(r.error for r in rows if r.dtype == dtype and r.check in ("gradients", "update"))
                if errors:
                    axes.semilogy(np.maximum(errors, 1e-18), marker, markersize=3, label=dtype)
                    axes.axhline(tolerances.limit("gradients", dtype), linewidth=0.8, color="grey")
            axes.set(xlabel="tensors, sorted", ylabel="norm-relative error", title=f"minikeras and Keras on {backend}")
            axes.legend()
            figure.savefig(folder / f"errors_{backend}.png", dpi=120)
        for backend, curves in self.curves.items():
            figure = Figure(figsize=(11, 4.5), layout="constrained")
            FigureCanvasAgg(figure)
            left, right = figure.subplots(1, 2)
            for name, values in curves["drift"].items():
                left.semilogy(range(1, len(values) + 1), np.maximum(values, 1e-18), marker=".", label=name)
            left.set(xlabel="epoch", ylabel="norm-relative distance of weights", title=f"Drift, {backend}")
            left.legend(fontsize=7)
            for name, history in curves["history"].items():
                style = "-" if name.startswith("keras") else "--"
                right.plot(range(1, len(history["loss"]) + 1), history["loss"], style, label=name)
            right.set(xlabel="epoch", ylabel="loss", title="Both learning curves")
            right.legend(fontsize=7)
            figure.savefig(folder / f"trajectory_{backend}.png", dpi=120)


def machine() -> dict[str, Any]:
    """What it ran on."""
    return {
        "system": platform.platform(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
        "numpy": np.__version__,
        "minikeras": minikeras.__version__,
        "kernels": minikeras.config.backend(),
    }


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _table(header: list[str], rows: list[list[Any]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def show(report: Report, console: Any) -> None:
    """The tables in the terminal."""
    from rich.table import Table

    table = Table(title="minikeras beside real Keras", title_justify="left")
    for name in ("Keras on", "check", "precision"):
        table.add_column(name)
    for name in ("tensors", "worst error", "limit"):
        table.add_column(name, justify="right")
    table.add_column("worst tensor", overflow="fold")
    table.add_column("")
    for s in report.summary():
        mark = "[green]ok[/]" if s["passed"] else f"[red]{s['failed']} failed[/]"
        numbers = (str(s["tensors"]), f"{s['worst']:.1e}", f"{s['limit']:.0e}")
        table.add_row(s["backend"], s["check"], s["dtype"], *numbers, s["where"], mark)
    console.print(table)
    for backend, lines in report.controls.items():
        table = Table(title=f"Planted faults, which must be caught ({backend})", title_justify="left")
        for name in ("fault", "caught by", "first seen at", ""):
            table.add_column(name, overflow="fold")
        for c in lines:
            mark = "[green]ok[/]" if c["passed"] else "[red]MISSED[/]"
            table.add_row(c["fault"], ", ".join(c["caught_by"]) or "nothing", c["first"] or "-", mark)
        console.print(table)
    if report.semantics:
        table = Table(title="Where Keras's backends differ: logits (0, 20, 0), truth 0", title_justify="left")
        for name in ("who", "loss", "gradient"):
            table.add_column(name)
        for s in report.semantics:
            table.add_row(s["who"], f"{s['loss']:.6g}", str(s["gradient"]))
        console.print(table)
    for line in report.skipped:
        console.print(f"[yellow]skipped[/] {line}")
