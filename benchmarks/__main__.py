"""``python -m benchmarks``: an epoch of the article's model against its floor, as ratios of medians."""

import argparse
import statistics

from . import step


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=step.__doc__)
    parser.add_argument("--rows", type=int, default=55_000, help="training rows of an epoch (default 55,000)")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[32, 256, 1024], metavar="N")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds; medians are reported (default 5)")
    arguments = parser.parse_args()
    print(f"{'batch':>6} {'':<6} {'median s':>9} {'min':>7} {'max':>7} {'÷ floor':>8}")
    for batch_size in arguments.batch_sizes:
        seconds = step.compare(batch_size, arguments.rows, arguments.rounds)
        floor = statistics.median(seconds["floor"])
        for name, times in seconds.items():
            median = statistics.median(times)
            print(
                f"{batch_size:6d} {name:<6} {median:9.3f} {min(times):7.3f} {max(times):7.3f} {median / floor:8.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
