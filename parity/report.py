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

from . import compare, plots, tolerances
from .semantics import Answers


@dataclass
class Report:
    """Everything that one run of the suite found."""

    arguments: dict[str, Any]
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    rows: dict[str, list[compare.Comparison]] = field(default_factory=dict)
    controls: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    semantics: dict[str, Answers] = field(default_factory=dict)
    curves: dict[str, dict[str, Any]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether everything holds, and anything was compared at all."""
        compared = [row for rows in self.rows.values() for row in rows]
        caught = [line for lines in self.controls.values() for line in lines]
        return bool(compared) and all(r.passed for r in compared) and all(c["passed"] for c in caught)

    def add(self, backend: str, rows: Iterable[compare.Comparison]) -> None:
        """Notes the verdicts on a backend."""
        self.rows.setdefault(backend, []).extend(rows)

    def summary(self) -> list[dict[str, Any]]:
        """One line for each backend, check and dtype, with its worst tensor."""
        groups: dict[tuple[str, str, str], list[compare.Comparison]] = {}
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
            "One description builds each model twice, in minikeras and in real Keras. Both get the same weights "
            "and the same batches, and every tensor that they compute is compared.",
            "\n".join(f"* Keras on {b}: {json.dumps(v)}" for b, v in self.versions.items()),
            f"Asked for: {json.dumps(self.arguments)}; took {self.seconds:.0f} s. Machine: {json.dumps(machine())}.",
            *(f"Skipped: {line}" for line in self.skipped),
            "## Verdicts",
            _table(HEADER, [_cells(s) for s in self.summary()]),
            LEGEND,
        ]
        for backend, curves in self.curves.items():
            parts += [f"## The same batches for whole epochs ({backend})", promise(curves)]
            parts += [f"![distance of the weights, and learning curves](trajectory_{backend}.png)"]
            parts += [f"![errors of all gradients and updates](errors_{backend}.png)"]
        for backend, lines in self.controls.items():
            parts += [f"## Planted faults ({backend})"]
            parts += [
                "Each fault is put into minikeras on purpose, and the checks must see it. Without one they must not."
            ]
            header = ["fault", "caught by", "tensors off", "first seen", "worst", "as it must be"]
            cells = [
                [c["fault"], ", ".join(c["caught_by"]) or "-", c["tensors"], c["first"] or "-"]
                + [f"{c['error']:.1e}", "yes" if c["passed"] else "NO"]
                for c in lines
            ]
            parts.append(_table(header, cells))
        if self.semantics:
            parts.append("## Where Keras's own backends differ")
        for question, answers in self.semantics.items():
            rows = _answers(answers)
            parts += [f"{question}:", _table(rows[0], rows[1:])]
        rows = [[c, d, f"{t.limit:g}", t.basis] for (c, d), t in tolerances.TABLE.items()]
        parts += ["## Limits, and why", _table(["check", "precision", "limit", "basis"], rows)]
        return "\n\n".join(part for part in parts if part) + "\n"

    def write(self, folder: Path) -> None:
        """Writes report.md, report.json and the plots."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.md").write_text(self.markdown(), encoding="utf-8")
        text = json.dumps(self.to_dict(), indent=1, default=_plain)
        (folder / "report.json").write_text(text, encoding="utf-8")
        for backend, rows in self.rows.items():
            plots.errors(rows, backend).savefig(folder / f"errors_{backend}.png", dpi=120)
        for backend, curves in self.curves.items():
            plots.trajectory(curves, backend).savefig(folder / f"trajectory_{backend}.png", dpi=120)


HEADER = ["Keras on", "check", "precision", "tensors", "failed", "worst", "limit", "where"]
LEGEND = """* **worst** is ‖minikeras − Keras‖ / ‖Keras‖ of the tensor that is furthest off (of accuracies a − b).
* **gradients**: every layer's output, the loss, and its derivatives by weights, biases and inputs, for one batch.
* **update**: the weights and the optimizer's state after each of three steps.
* **trajectory**: loss, accuracy and weights over whole epochs, the batches in a given order.
* **rounded**: asked for in float64, but Keras computes a part of it in float32 (the last table but one says what), so
  it is judged as float32.
* In float32 a tensor also passes if minikeras is at most twice as far from the float64 result as Keras is."""


def _cells(s: dict[str, Any]) -> list[str]:
    numbers = [str(s["tensors"]), str(s["failed"]), f"{s['worst']:.1e}", f"{s['limit']:.0e}"]
    return [s["backend"], s["check"], s["dtype"], *numbers, s["where"]]


def promise(curves: dict[str, Any]) -> str:
    """What float32 promises: how far minikeras is from Keras, and Keras from itself."""
    mine, itself = curves["promise"]["minikeras"], curves["promise"]["itself"]
    lines = ["Over the epochs float32 rounds every sum, and rounding errors grow. How far the weights end up apart:"]
    lines += [f"* minikeras from Keras: {mine:.1e}"]
    for name, d in itself.items():
        times = f"; minikeras is {mine / d:.2g} times as far" if d else "; it does not notice"
        lines.append(f"* Keras from itself, {name}: {d:.1e}{times}")
    far = curves["promise"]["float64"]
    lines += [f"* Keras in float32 from the float64 run: {far:.1e}: a ReLU that rounding switches moves weights"]
    lines += ["", "When such a switch comes is chance, so the largest distances are compared, not step by step."]
    return "\n".join([lines[0], "", *lines[1:]])


def _answers(answers: Answers) -> list[list[str]]:
    """A header and rows, Keras's first."""
    header = ["who", *next(iter(answers.values()))]
    return [
        header,
        *([who, *answers[who].values()] for who in sorted(answers, key=lambda w: not w.startswith("Keras"))),
    ]


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
    for name in HEADER:
        right = name in ("tensors", "failed", "worst", "limit")
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    table.add_column("")
    for s in report.summary():
        table.add_row(*_cells(s), "[green]ok[/]" if s["passed"] else "[red]failed[/]")
    console.print(table)
    for backend, curves in report.curves.items():
        console.print(f"Keras on {backend}. {promise(curves)}", highlight=False)
    for backend, lines in report.controls.items():
        table = Table(title=f"Planted faults, which must be caught ({backend})", title_justify="left")
        for name in ("fault", "caught by", "first seen at", ""):
            table.add_column(name, overflow="fold")
        for c in lines:
            mark = "[green]ok[/]" if c["passed"] else "[red]MISSED[/]"
            table.add_row(c["fault"], ", ".join(c["caught_by"]) or "nothing", c["first"] or "-", mark)
        console.print(table)
    for question, answers in report.semantics.items():
        header, *rows = _answers(answers)
        table = Table(title=question, title_justify="left")
        for name in header:
            table.add_column(name)
        for row in rows:
            table.add_row(*row)
        console.print(table)
    for line in report.skipped:
        console.print(f"[yellow]skipped[/] {line}")
