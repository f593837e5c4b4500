"""Making shards: one Ray task for each, until every shard has its commit record.

Shards are made by plain tasks rather than by Ray Data. A shard's content and its commit are one unit, which is retried
as a whole; Ray Data's blocks are neither fixed nor committed. A task that waits for a scoring actor gives its CPU back
to Ray, so rendering overlaps with scoring on a GPU without a scheduler of our own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ray
from ray.actor import ActorHandle
from ray.exceptions import NodeDiedError, OutOfMemoryError, RayError, RayTaskError, WorkerCrashedError
from rich.console import Console

from pipeline.dataset.record import own_commits
from pipeline.jobs import metrics
from pipeline.jobs.account import Account
from pipeline.jobs.memory import reservations
from pipeline.jobs.progress import ProgressView, rejects
from pipeline.jobs.shard_task import shard_task
from pipeline.jobs.tally import Outcomes, Tally, outcomes_of_commit
from pipeline.jobs.tasks import BoundedTasks
from pipeline.jobs.vlm_actor import RunningVlm
from pipeline.jobs.vlm_asker import Asked
from pipeline.jobs.vlm_client import UnansweredError
from pipeline.storage.store import open_store
from schemas.dataset import DatasetRecord
from schemas.errors import UnretouchError
from schemas.jobs.run import ComputeConfig
from schemas.source import FetchError

_UNFETCHED = 32
"""Shards that may fail for sources that cannot be fetched before no more are begun: all of them would fail."""


_CRASHES = 4
"""Crashes of one shard's process after which it has failed. A machine that is lost does not count as one."""


@dataclass(frozen=True)
class _Attempt:
    """An attempt to make a shard, whose process has crashed `crashes` times before."""

    shard: int
    crashes: int = 0


class RunFailedError(UnretouchError):
    """Some shards could not be made; the message names them and says why."""


Start = Callable[[int, int, ActorHandle[Any]], "ray.ObjectRef[Any]"]
"""Starts the task of a shard, which returns its commit record and its account.

The arguments are the number of the shard, the bytes of memory that the task reserves, and the tally it reports to."""


def make_shards(
    out: str,
    record: DatasetRecord,
    shards: Sequence[int],
    scorers: Sequence[ActorHandle[Any]],
    compute: ComputeConfig,
    console: Console,
    vlm: RunningVlm | None = None,
) -> Account:
    """Make and commit shards of a planned data set; see `commit_shards`.

    Args:
        out, record, shards, compute, console: as for `commit_shards`.
        scorers: scoring actors; empty if tasks compute all scores.
        vlm: the VLM that rewrites words; None if words are the grammar's, or if nobody is to be asked.
    """
    planned = ray.put(record)  # stored once: with a thousand styles, it takes a few megabytes

    def start(shard: int, memory: int, tally: ActorHandle[Any]) -> "ray.ObjectRef[Any]":
        task = shard_task.options(memory=memory)
        return task.remote(out, shard, planned, tally, list(scorers), compute.stuck_after, vlm)

    return commit_shards(out, record, shards, start, compute, console, "making pairs", vlm)


def commit_shards(
    out: str,
    record: DatasetRecord,
    shards: Sequence[int],
    start: Start,
    compute: ComputeConfig,
    console: Console,
    label: str,
    vlm: RunningVlm | None = None,
) -> Account:
    """Have shards of a planned data set committed, and show the progress. Needs a running Ray.

    Args:
        out: root of the data set's store.
        record: the data set's record.
        shards: numbers of the shards, which have no commit record.
        start: starts the task of a shard.
        compute: number of shards that are made at a time, their memory and their patience.
        console: receives the progress.
        label: what the progress is of.
        vlm: the VLM, whose answers the progress shows.

    Returns:
        The account of these shards.

    Raises:
        RunFailedError: a shard failed. If a worker dies, its shard is first tried again, up to three times and with
            more memory. Where a source cannot be fetched, or the VLM does not answer, the other shards are still made,
            until that has happened to 32 of them.
        ForeignCommitError: a shard was committed by another data set.
    """
    tally = Tally.remote()  # type: ignore[attr-defined]  # Ray's decorator hides `remote` from the type checker
    committed = sum(map(outcomes_of_commit, own_commits(open_store(out), record)), Outcomes())
    failures: list[tuple[int, str]] = []
    unfetched, spent = 0, Account()

    def submit(attempt: _Attempt) -> "ray.ObjectRef[Any]":
        steps = reservations(compute.memory)
        return start(attempt.shard, steps[min(attempt.crashes, len(steps) - 1)], tally)

    tasks = BoundedTasks(submit, map(_Attempt, shards), 2 * compute.workers)
    with ProgressView(console, label, "pairs", already=committed.pairs) as view:
        for finished in tasks.done(timeout=0.5):
            for attempt, task in finished:
                try:
                    commit, account = ray.get(task)
                    committed, spent = committed + outcomes_of_commit(commit), spent + account
                except RayTaskError as error:
                    unfetched += isinstance(error.cause, FetchError | UnansweredError)
                    failures.append((attempt.shard, f"{type(error.cause).__name__}: {error.cause}"))
                except NodeDiedError:
                    metrics.RETRIES.inc()
                    tasks.again(attempt)
                except (WorkerCrashedError, OutOfMemoryError) as error:
                    if attempt.crashes + 1 < _CRASHES:
                        metrics.RETRIES.inc()
                        tasks.again(replace(attempt, crashes=attempt.crashes + 1))
                    else:
                        failures.append((attempt.shard, _why(error, compute)))
                except RayError as error:
                    failures.append((attempt.shard, str(error)))
                ray.get(tally.settle.remote(attempt.shard))
            metrics.show_shards(tasks.left, len(failures))
            if len(failures) > unfetched or unfetched >= _UNFETCHED:
                tasks.stop()
            found = committed + ray.get(tally.total.remote())
            detail = f"{found.accepted} accepted; {rejects(found.reasons)}"
            if vlm is not None:
                detail += f"; {found.rewritten} rewritten, {found.kept} not; {told(vlm.asked())}"
            view.update(found.pairs, record.counts.planned, detail)
    if failures:
        raise RunFailedError("\n".join([*_by_reason(failures), "committed shards are kept; run again to resume"]))
    return spent


def told(asked: Asked) -> str:
    """What was asked of the VLM, for the progress."""
    money = f", money {asked.money:.4g}" if asked.money else ""
    return f"VLM: {asked.usage.answers} answers, {asked.usage.tokens} tokens{money}, {asked.again} asked again"


def _by_reason(failures: Sequence[tuple[int, str]]) -> list[str]:
    """A line for each reason, with the shards that failed for it: an exhausted budget stops all that are in work."""
    shards: dict[str, list[str]] = {}
    for shard, reason in failures:
        shards.setdefault(reason, []).append(f"{shard:06d}")
    return [f"shard{'s' * (len(named) > 1)} {', '.join(named)}: {reason}" for reason, named in shards.items()]


def _why(error: WorkerCrashedError | OutOfMemoryError, compute: ComputeConfig) -> str:
    if isinstance(error, OutOfMemoryError):
        return f"it took more memory than there is, {_CRASHES} times. Lower image.max_memory or shards.pairs"
    return f"its process crashed, or worked on one source for more than {compute.stuck_after:g} s, {_CRASHES} times"
