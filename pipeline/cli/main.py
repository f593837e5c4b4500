"""The entry point of the command line. It loads the commands itself, so that Ctrl-C while they load is answered too."""

import signal
import sys
from types import FrameType
from typing import NoReturn

_STOPPED = {128 + signal.SIGINT, 128 + signal.SIGTERM}
"""Exit statuses of a command that was stopped, as shells count them."""


def main() -> None:
    """Run the command line.

    SIGTERM stops a command as Ctrl-C does: what is complete is kept, and what it has started ends with it.
    """
    signal.signal(signal.SIGTERM, _terminate)
    code: int | str | None = 0
    try:
        from pipeline.cli.app import run_command  # noqa: PLC0415  takes seconds, in which Ctrl-C must be answered too

        run_command()
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except SystemExit as end:
        code = end.code
    if code in _STOPPED:
        sys.stderr.write("\nunretouch: stopped; what is complete is kept, run the same command again to resume\n")
    sys.exit(code)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
