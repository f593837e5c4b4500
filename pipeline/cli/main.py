"""The entry point of the command line."""

import logging
import sys
from typing import NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.logging import RichHandler

from pipeline.cli.datasets import plan, realism, replay, run, show, status, verify
from pipeline.cli.exports import export, xmp
from pipeline.cli.recipes import fit, presets, sampler
from pipeline.cli.report import messages
from pipeline.cli.training import cube, evaluate, onnx, train
from pipeline.cli.vlm import retouch, train_dapo, train_vlm
from schemas.errors import UnretouchError

COMMANDS = (
    *(plan, run, status, verify, replay, show, realism, export, xmp, fit, sampler, presets),
    *(train, train_vlm, train_dapo, evaluate, retouch, cube, onnx),
)

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Make training data for photo retouching.")
for command in COMMANDS:
    app.command()(command)


def main() -> None:
    """Run the command line. An error that the user can fix becomes a message and an exit status."""
    handler = RichHandler(console=messages(), show_path=False, show_level=False)
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler])
    try:
        app()
    except UnretouchError as error:
        _fail(str(error), error.exit_code)
    except OSError as error:  # such as a full disk or a folder without write permission
        named = ": ".join(str(part) for part in (error.filename, error.strerror) if part)
        _fail(named or str(error), 1)
    except (BotoCoreError, ClientError) as error:
        _fail(f"the object store: {error}", 1)


def _fail(message: str, exit_code: int) -> NoReturn:
    logging.getLogger(__name__).debug("where it happened", exc_info=True)
    messages().print(f"unretouch: {message}", style="red", markup=False, highlight=False)
    sys.exit(exit_code)
