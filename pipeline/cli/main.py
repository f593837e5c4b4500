"""The entry point of the command line."""

import logging
import sys

import typer
from rich.logging import RichHandler

from pipeline.cli.datasets import export, plan, realism, replay, run, show, status, verify
from pipeline.cli.recipes import fit, presets, sampler
from pipeline.cli.report import messages
from schemas.errors import UnretouchError

COMMANDS = (plan, run, status, verify, replay, show, export, realism, fit, sampler, presets)

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Make training data for photo retouching.")
for command in COMMANDS:
    app.command()(command)


def main() -> None:
    """Run the command line. An error that the user can mend becomes a message and an exit code."""
    handler = RichHandler(console=messages(), show_path=False, show_level=False)
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler])
    try:
        app()
    except UnretouchError as error:
        messages().print(f"unretouch: {error}", style="red", markup=False, highlight=False)
        sys.exit(error.exit_code)
