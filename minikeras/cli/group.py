"""``minikeras``: the list of commands. A new one is a file beside this and a line at its end.

Exit status of every command:

    0   done; whatever was checked is right
    1   done, and the answer is no: a gradient is wrong, a file is not usable
    2   the command could not do its work: wrong arguments, missing data, an error (its traceback is printed)
    130 interrupted (Ctrl-C)
"""

import os
import sys
import traceback
from typing import Any

import click

from .. import __version__, console
from .bugs import bugs
from .fashion_mnist import fashion_mnist
from .gradcheck import gradcheck
from .inspect import inspect
from .page import page
from .trace import trace

FAILED, INTERRUPTED = 2, 130


class Commands(click.Group):
    """A group whose commands end with status 1 only on purpose (``Exit(1)``); any failure is status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        console.spell_out()
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            error.exit_code = FAILED  # type: ignore[misc]
            raise
        except (click.exceptions.Exit, SystemExit):
            raise
        except BrokenPipeError:  # such as "| head"
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(FAILED) from None
        except (click.Abort, KeyboardInterrupt):
            click.echo("Interrupted.", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None
        except Exception:
            traceback.print_exc()
            raise click.exceptions.Exit(FAILED) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="minikeras")
def cli() -> None:
    """A from-scratch NumPy engine with Keras's API, whose every gradient can be read.

    "minikeras COMMAND --help" explains a command.

    \b
    Exit status: 0 right; 1 a gradient is wrong, or a file is not usable; 2 the command failed; 130 interrupted.
    """


cli.add_command(fashion_mnist)
cli.add_command(bugs)
cli.add_command(gradcheck)
cli.add_command(inspect)
cli.add_command(page)
cli.add_command(trace)
