"""The progress of long work: a bar on a terminal, log lines elsewhere."""

import logging
import time
from collections.abc import Mapping
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

logger = logging.getLogger(__name__)

_SECONDS_BETWEEN_LINES = 10.0


class ProgressView:
    """Shows a bar on a terminal, and plain log lines elsewhere. Use it as a context manager.

    Args:
        console: receives the bar.
        label: text in front of the bar.
        unit: name of the units, in the plural.
        already: number of units that are done before the view begins.
    """

    def __init__(self, console: Console, label: str, unit: str, already: int = 0) -> None:
        self._label, self._unit, self._already = label, unit, already
        self._started = self._last_line = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[detail]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(label, total=None, rate="", detail="")

    def __enter__(self) -> "ProgressView":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def update(self, done: int, total: int, detail: str) -> None:
        """Show that `done` of `total` units are done, and a short text.

        Units that were done before the view began do not count toward the rate.
        """
        elapsed = max(time.monotonic() - self._started, 1e-3)
        rate = (done - self._already) / elapsed
        self._bar.update(self._task, completed=done, total=total, rate=f"{rate:.1f} {self._unit}/s", detail=detail)
        now = time.monotonic()
        if self._bar.disable and (now - self._last_line >= _SECONDS_BETWEEN_LINES or done == total):
            self._last_line = now
            left = f"{(total - done) / rate:.0f} s left" if rate > 0 else "time left unknown"
            logger.info(
                "%s: %d of %d, %.1f %s/s, %s%s", self._label, done, total, rate, self._unit, left,
                f"; {detail}" if detail else "",
            )  # fmt: skip


def rejects(reasons: Mapping[str, int]) -> str:
    """Numbers by reason as text, as in "rejected: 3 corrupt, 1 too_small"; empty if there are none."""
    listed = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()) if count)
    return f"rejected: {listed}" if listed else ""
