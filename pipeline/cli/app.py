"""The commands of the command line, and what becomes of their errors."""

import logging
import sys
from typing import NoReturn, TypeVar

import typer
from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from rich.logging import RichHandler

from pipeline.cli.datasets import gc, plan, realism, regate, replay, run, show, status, verify
from pipeline.cli.exports import export, urls, xmp
from pipeline.cli.recipes import fit, presets, sampler
from pipeline.cli.release import release
from pipeline.cli.report import messages
from pipeline.cli.training import cube, evaluate, onnx, train
from pipeline.cli.vlm import retouch, train_dapo, train_vlm
from schemas.errors import UnretouchError

Failure = TypeVar("Failure", bound=Exception)

COMMANDS = (
    *(plan, run, regate, status, verify, release, gc, replay, show, realism, export, urls, xmp, fit, sampler, presets),
    *(train, train_vlm, train_dapo, evaluate, retouch, cube, onnx),
)

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Make training data for photo retouching.")
for command in COMMANDS:
    app.command()(command)


def run_command() -> None:
    """Run the command of `sys.argv`. An error that the user can fix becomes a message and an exit status."""
    handler = RichHandler(console=messages(), show_path=False, show_level=False)
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler])
    try:
        app()
    except UnretouchError as error:
        _fail(str(_own(error)), error.exit_code)
    except OSError as error:  # such as a full disk or a folder without write permission
        own = _own(error)
        named = ": ".join(str(part) for part in (own.filename, own.strerror) if part)
        _fail(named or str(own), 1)
    except (Boto3Error, BotoCoreError, ClientError) as error:
        _fail(f"the object store: {_own(error)}", 1)


def _own(error: Failure) -> Failure:
    """The error itself. One that a Ray task raised comes as an error of two classes, with a trace for its text."""
    cause: Failure = getattr(error, "cause", None) or error
    return cause


def _fail(message: str, exit_code: int) -> NoReturn:
    logging.getLogger(__name__).debug("where it happened", exc_info=True)
    messages().print(f"unretouch: {message}", style="red", markup=False, highlight=False)
    sys.exit(exit_code)
