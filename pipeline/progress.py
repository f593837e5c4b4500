"""What a person sees of a run while it goes on, and the tally that all workers report to."""

import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from types import TracebackType

import ray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from schemas.manifest import ManifestRow

logger = logging.getLogger(__name__)

_SECONDS_BETWEEN_LINES = 10.0


@ray.remote(num_cpus=0)
class Tally:
    """Counts of pairs by outcome, shard by shard, so that a shard that is tried again is not counted twice."""

    def __init__(self) -> None:
        self._shards: dict[int, Counter[str]] = {}

    def begin(self, shard: int) -> None:
        """Forget what an earlier try of this shard reported."""
        self._shards[shard] = Counter()

    def add(self, shard: int, outcomes: Mapping[str, int]) -> None:
        """Add counts to a shard that has begun."""
        self._shards.setdefault(shard, Counter()).update(outcomes)

    def settle(self, shard: int) -> None:
        """Drop a committed shard: its counts are in its commit record."""
        self._shards.pop(shard, None)

    def counts(self) -> dict[str, int]:
        """Counts over the shards in work."""
        return dict(sum(self._shards.values(), Counter()))


def outcomes(rows: Sequence[ManifestRow]) -> Counter[str]:
    """Pairs by outcome: "accepted", "rejected", and "reason:..." for each reason."""
    counts: Counter[str] = Counter(row.status for row in rows)
    counts.update(f"reason:{reason}" for row in rows for reason in row.reasons)
    return counts


class ProgressView:
    """A bar on a terminal, plain log lines elsewhere. Use as a context manager."""

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
        """Show how many of how many things are done, and a short text about them.

        What was done before this view began does not count toward the rate.
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
