"""``python -m benchmarks``: see ``--help``."""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from .worker import limit_cores

PARTS = ("peers", "cnn", "layers", "rnn", "latency", "startup", "memory", "scaling")
DESCRIPTION = """Measures minikeras on this machine, beside every peer that is installed.

parts:
  peers     one epoch of the article's model, against the floor, the limit and the other libraries
  cnn       a training step of convolutional nets, against the floor and the other libraries
  layers    likewise of two equal convolutions, over channels, size and batch
  rnn       likewise of recurrent nets and a Transformer encoder
  latency   predict(x) and model(x), 1 row and 10,000 rows
  startup   the import; the first epoch with a cold and a warm kernel cache
  memory    the peak of fit above the caller's arrays
  scaling   over batch size, width, rows and threads
  all       everything (default): about ten minutes on two quiet cores"""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[*PARTS, "all"], default="all", metavar="PART")
    parser.add_argument("--rows", type=_positive, default=55_000, help="rows of an epoch (default 55,000)")
    parser.add_argument(
        "--quick", action="store_true", help="cnn, layers and rnn with tiny nets: to see that all of it works"
    )
    parser.add_argument("--rounds", type=_positive, default=5, help="interleaved rounds (default 5)")
    parser.add_argument(
        "--batch-sizes", type=_positive, nargs="+", default=[32, 256, 1024, 1], metavar="N", help="of the peers"
    )
    parser.add_argument("--optimizer", choices=["sgd", "adam"], default="sgd", help="of the peers (default sgd)")
    parser.add_argument("--cores", type=_positive, help="cores, and so threads, for everyone (default all)")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks"), help="folder (default runs/benchmarks)")
    options = parser.parse_args()
    limit_cores(options.cores)
    parts = PARTS if "all" in options.parts else [part for part in PARTS if part in options.parts]
    measure(parts, options.rows, options.rounds, options.batch_sizes, options.output, options.quick, options.optimizer)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def measure(
    parts: Any,
    rows: int,
    rounds: int,
    batch_sizes: list[int],
    output: Path,
    quick: bool = False,
    optimizer: str = "sgd",
) -> dict[str, Any]:
    """Runs some parts, prints their tables, and writes results.json and the pictures into a folder."""
    from minikeras.errors import require

    from . import latency, machine, memory, nets, peers, plots, report, scaling, startup, work

    console = require("rich.console", "plot").Console()
    if not console.is_terminal:
        console.width = 120
    left_out: dict[str, str] = {}
    options = {"parts": list(parts), "rows": rows, "rounds": rounds, "batch_sizes": batch_sizes, "quick": quick}
    options["optimizer"] = optimizer
    results: dict[str, Any] = {"machine": machine.facts(), "options": options, "left out": left_out}
    where = results["machine"]
    console.print(f"{where['cores']} × {where['processor']}, Python {where['python']}, {where['versions']}")
    if (where["load before"] or 0) > 0.5:
        console.print(f"[yellow]The machine is busy (load {where['load before']:.1f}): these times mean little.[/]")
    output.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as data, console.status("data") as status:
        results["data"] = work.save(data, rows)
        for part in parts:
            tick = lambda doing, part=part: status.update(f"{part}: {doing}")  # noqa: E731
            if part == "peers":
                results[part] = peers.run(data, rows, rounds, batch_sizes, left_out, tick, optimizer)
            elif part in ("cnn", "layers", "rnn"):
                results[part] = peers.run_nets(getattr(nets, part.upper()), rounds, quick, left_out, tick)
            elif part == "latency":
                results[part] = latency.run(data, rows, rounds, left_out, tick)
            elif part == "startup":
                results[part] = startup.run(data, rows, rounds, left_out, tick)
            elif part == "memory":
                results[part] = memory.run(rows, left_out, tick)
            else:
                results[part] = scaling.run(data, rows, rounds, left_out, tick)
            report.show({part: results[part]}, console)
            results["seconds"] = time.perf_counter() - start
            (output / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    report.show({"left out": left_out}, console)
    files = plots.draw(results, output)
    console.print(
        f"{results['data']}; {results['seconds']:.0f} s. {', '.join(map(str, [output / 'results.json', *files]))}"
    )
    return results


if __name__ == "__main__":
    main()
