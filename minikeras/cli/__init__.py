"""The command line: ``minikeras COMMAND``, or ``python -m minikeras COMMAND``.

Each command is a file in this folder; :mod:`minikeras.cli.group` lists them.
"""

import sys

from ..errors import MissingExtraError, require


def main() -> None:
    """Runs the command line. Needs click; without it, says how to get it and ends with status 1."""
    try:
        require("click", "plot")
    except MissingExtraError as error:
        sys.exit(f"The command line needs one more package. {error}")
    from .group import cli

    cli(prog_name="minikeras")
