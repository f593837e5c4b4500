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

from benchmarks.observers import CpuTime, FirstBytes
from benchmarks.pool import Cost
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
        accepted: pairs that passed the gates.
        planning: the whole command `plan`: start of Python and Ray, inspection, plan.
        making: the whole command `run` on that plan.
        first_pair: seconds from the start of `run` to the first bytes of a shard.
    """

    pairs: int
    accepted: int
    planning: Cost
    making: Cost
    first_pair: float


@dataclass(frozen=True)
class Split:
    """Steady state and fixed cost, from a small and a large run.

    Attributes:
        inspect, make: seconds that one more pair costs `plan` and `run`.
        plan_start, run_start: seconds on the clock that both commands take beside that.
        first_pair: seconds from the start of `run` to the first bytes of a shard, in the small run.
        accepted: share of the pairs of the large run that passed the gates.
    """

    inspect: Cost
    make: Cost
    plan_start: float
    run_start: float
    first_pair: float
    accepted: float

    @classmethod
    def of(cls, small: Timed, large: Timed) -> "Split":
        """The line through both."""
        more = large.pairs - small.pairs
        inspect, make = (
            Cost(*((end - start) / more for start, end in zip(before, after, strict=True)))
            for before, after in ((small.planning, large.planning), (small.making, large.making))
        )
        return cls(
            inspect=inspect,
            make=make,
            plan_start=small.planning.wall - inspect.wall * small.pairs,
            run_start=small.making.wall - make.wall * small.pairs,
            first_pair=small.first_pair,
            accepted=large.accepted / large.pairs,
        )


def make_dataset(sources: Path, out: Path, workers: int, sets: Sequence[str]) -> Timed:
    """Make a data set with two commands, then remove it. Arguments are those of `plan_dataset`.

    Raises:
        RunError: a command failed, or did not make every pair.
    """
    planning = plan_dataset(sources, out, workers, sets)
    cpu, first = CpuTime(), FirstBytes(out / "shards")
    wall, status = command(["run", *arguments(sources, out, workers, sets)], cpu, first)
    if not status["complete"] or first.seconds is None:
        raise RunError(f"run left {out} incomplete: {status}")
    shutil.rmtree(out)
    pairs, accepted = status["pairs planned"], status["pairs accepted"]
    return Timed(pairs, accepted, planning, Cost(wall, cpu.seconds), first.seconds)


def plan_dataset(sources: Path, out: Path, workers: int, sets: Sequence[str]) -> Cost:
    """Plan a data set and leave it there.

    Args:
        sources: folder of photos.
        out: where the data set goes; must not exist.
        sets: assignments over the quickstart config, as in "shards.pairs=20".

    Returns:
        What the command took.

    Raises:
        RunError: the command failed.
    """
    cpu = CpuTime()
    wall, _ = command(["plan", "--sample", "0", *arguments(sources, out, workers, sets)], cpu)
    return Cost(wall, cpu.seconds)


def arguments(sources: Path, out: Path, workers: int, sets: Sequence[str]) -> list[str]:
    """Arguments of `plan` and `run`, as `plan_dataset` explains them."""
    fields = [f"compute.workers={workers}", *sets]
    options = [part for field in fields for part in ("--set", field)]
    return [str(CONFIG), "--source", str(sources), "--out", str(out), "--json", *options]


def command(arguments: Sequence[str], *observers: Callable[[int], None]) -> tuple[float, dict[str, Any]]:
    """Run `unretouch` to its end.

    Args:
        observers: called with the process's id, fifty times a second.

    Returns:
        Seconds, and the JSON object that the command printed.

    Raises:
        RunError: its exit code is not 0.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        with subprocess.Popen([_COMMAND, *arguments], stdout=output, stderr=errors) as process:
            while process.poll() is None:
                for observe in observers:
                    observe(process.pid)
                time.sleep(_POLL)
        seconds = time.perf_counter() - start
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            raise RunError(f"unretouch {' '.join(arguments)} failed:\n{errors.read().decode(errors='replace')}")
        return seconds, json.loads(output.read())
