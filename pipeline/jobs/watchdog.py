"""The watchdog: it ends a worker whose native code loops for ever, which no exception and no signal can stop."""

import faulthandler
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def watchdog(seconds: float) -> Iterator[None]:
    """End this process at once, with the traces of its threads, if a `with` block takes more than `seconds`."""
    restart_watchdog(seconds)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def restart_watchdog(seconds: float) -> None:
    """Begin the time of the block anew."""
    faulthandler.dump_traceback_later(seconds, exit=True)
