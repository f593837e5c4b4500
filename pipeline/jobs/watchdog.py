"""The watchdog: it ends a worker whose native code loops for ever, which no exception and no signal can stop."""

import faulthandler
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ONE_AT_A_TIME = threading.Lock()
"""Threads that wait for answers restart the watchdog too, and faulthandler does not say that they may at once."""


@contextmanager
def watchdog(seconds: float) -> Iterator[None]:
    """End this process at once, with the traces of its threads, if a `with` block takes more than `seconds`."""
    restart_watchdog(seconds)
    try:
        yield
    finally:
        with _ONE_AT_A_TIME:
            faulthandler.cancel_dump_traceback_later()


def restart_watchdog(seconds: float) -> None:
    """Begin the time of the block anew."""
    with _ONE_AT_A_TIME:
        faulthandler.dump_traceback_later(seconds, exit=True)
