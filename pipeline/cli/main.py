"""The entry point of the command line. It loads the commands itself, so that Ctrl-C while they load is answered too."""

import logging
import signal
import sys
from types import FrameType
from typing import NoReturn, TypeVar

Failure = TypeVar("Failure", bound=Exception)

_STOPPED = {128 + signal.SIGINT, 128 + signal.SIGTERM}
"""Exit statuses of a command that was stopped, as shells count them."""


def main() -> None:
    """Run the command line. An error that the user can fix becomes a message and an exit status.

    SIGTERM stops a command as Ctrl-C does: what is complete is kept, and what it has started ends with it.
    """
    signal.signal(signal.SIGTERM, _terminate)
    code: int | str | None = 0
    try:
        _run()
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except SystemExit as end:
        code = end.code
    if code in _STOPPED:
        sys.stderr.write("\nunretouch: stopped; what is complete is kept, run the same command again to resume\n")
    sys.exit(code)


def _run() -> None:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  see above
    from rich.logging import RichHandler  # noqa: PLC0415

    from pipeline.cli.app import app  # noqa: PLC0415
    from pipeline.cli.report import messages  # noqa: PLC0415
    from schemas.errors import UnretouchError  # noqa: PLC0415

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
    except (BotoCoreError, ClientError) as error:
        _fail(f"the object store: {_own(error)}", 1)


def _own(error: Failure) -> Failure:
    """The error itself. One that a Ray task raised comes as an error of two classes, with a trace for its text."""
    cause: Failure = getattr(error, "cause", None) or error
    return cause


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _fail(message: str, exit_code: int) -> NoReturn:
    from pipeline.cli.report import messages  # noqa: PLC0415

    logging.getLogger(__name__).debug("where it happened", exc_info=True)
    messages().print(f"unretouch: {message}", style="red", markup=False, highlight=False)
    sys.exit(exit_code)
