"""The pipeline as a user runs it: the commands `unretouch plan` and `unretouch run`, timed from outside."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.errors import UnretouchError

CONFIG = Path(__file__).parent.parent / "configs" / "quickstart.yaml"

_COMMAND = str(Path(sys.executable).with_name("unretouch"))
_POLL = 0.02


class RunError(UnretouchError):
    """A command that is measured did not do what it was measured for."""


@dataclass(frozen=True)
class Timed:
    """One data set made: `plan`, then `run` on the plan.

    Attributes:
        pairs: planned pairs, accepted or not.
        accepted: those that were accepted.
        planning: seconds of the whole command `plan`: start of Python and Ray, inspection, plan.
        making: seconds of the whole command `run` on that plan.
        first_pair: seconds from the start of `run` to the first bytes of a shard.
    """

    pairs: int
    accepted: int
    planning: float
    making: float
    first_pair: float


@dataclass(frozen=True)
class Split:
    """Fixed cost and steady state, from a small and a large run.

    Attributes:
        inspect_ms, make_ms: milliseconds that one more pair costs `plan` and `run`.
        plan_start, run_start: seconds that both commands take beside that.
        first_pair: seconds from the start of `run` to the first bytes of a shard, in the small run.
    """

    inspect_ms: float
    make_ms: float
    plan_start: float
    run_start: float
    first_pair: float

    @classmethod
    def of(cls, small: Timed, large: Timed) -> "Split":
        """The line through both."""
        more = large.pairs - small.pairs
        inspect = (large.planning - small.planning) / more
        make = (large.making - small.making) / more
        return cls(
            inspect_ms=1000 * inspect,
            make_ms=1000 * make,
            plan_start=small.planning - inspect * small.pairs,
            run_start=small.making - make * small.pairs,
            first_pair=small.first_pair,
        )


def make_dataset(sources: Path, out: Path, workers: int, sets: Sequence[str]) -> Timed:
    """Make a data set with two commands, then remove it. Arguments are those of `plan_dataset`.

    Raises:
        RunError: a command failed, or did not make every pair.
    """
    planning = plan_dataset(sources, out, workers, sets)
    start = time.perf_counter()
    first: list[float] = []

    def observe(_: int) -> None:
        if not first and _holds_something(out / "shards"):
            first.append(time.perf_counter() - start)

    making, status = command(["run", *arguments(sources, out, workers, sets)], observe)
    if not status["complete"] or not first:
        raise RunError(f"run left {out} incomplete: {status}")
    shutil.rmtree(out)
    return Timed(status["pairs planned"], status["pairs accepted"], planning, making, first[0])


def plan_dataset(sources: Path, out: Path, workers: int, sets: Sequence[str]) -> float:
    """Plan a data set and leave it there.

    Args:
        sources: folder of photos.
        out: where the data set goes; must not exist.
        sets: assignments over the quickstart config, as in "shards.pairs=20".

    Returns:
        Seconds of the command.

    Raises:
        RunError: the command failed.
    """
    seconds, _ = command(["plan", *arguments(sources, out, workers, sets)])
    return seconds


def arguments(sources: Path, out: Path, workers: int, sets: Sequence[str]) -> list[str]:
    """Arguments of `plan` and `run`, as `plan_dataset` explains them."""
    fields = [f"compute.workers={workers}", *sets]
    options = [part for field in fields for part in ("--set", field)]
    return [str(CONFIG), "--source", str(sources), "--out", str(out), "--json", *options]


def command(arguments: Sequence[str], observe: Callable[[int], None] | None = None) -> tuple[float, dict[str, Any]]:
    """Run `unretouch` to its end.

    Args:
        observe: called with the process's id, fifty times a second.

    Returns:
        Seconds, and the JSON object that the command printed.

    Raises:
        RunError: its exit code is not 0.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        with subprocess.Popen([_COMMAND, *arguments], stdout=output, stderr=errors) as process:
            while process.poll() is None:
                if observe is not None:
                    observe(process.pid)
                time.sleep(_POLL)
        seconds = time.perf_counter() - start
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            raise RunError(f"unretouch {' '.join(arguments)} failed:\n{errors.read().decode(errors='replace')}")
        return seconds, json.loads(output.read())


def _holds_something(folder: Path) -> bool:
    try:
        return any(path.stat().st_size for path in folder.iterdir())
    except FileNotFoundError:  # not made yet, or renamed while we look
        return False
