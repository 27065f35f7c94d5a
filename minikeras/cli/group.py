"""``minikeras``: the list of commands. A new one is a file beside this and a line at its end."""

import click

from .. import __version__
from .bugs import bugs
from .fashion_mnist import fashion_mnist
from .gradcheck import gradcheck
from .inspect import inspect
from .trace import trace


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="minikeras")
def cli() -> None:
    """A from-scratch NumPy engine with Keras's API, whose every gradient can be read.

    "minikeras COMMAND --help" explains a command.
    """


cli.add_command(fashion_mnist)
cli.add_command(bugs)
cli.add_command(gradcheck)
cli.add_command(inspect)
cli.add_command(trace)
