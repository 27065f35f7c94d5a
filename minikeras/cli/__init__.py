"""The command line: ``minikeras COMMAND``, or ``python -m minikeras COMMAND``.

Each command is a file in this folder; :mod:`minikeras.cli.group` lists them.
"""

import sys

from ..errors import MissingExtraError, require


def main() -> None:
    """Runs the command line. Needs click; without it, says how to get it and ends with status 2."""
    try:
        require("click", "plot")
    except MissingExtraError as error:
        print(f"The command line needs one more package. {error}", file=sys.stderr)
        sys.exit(2)
    from .group import cli

    cli(prog_name="minikeras")
