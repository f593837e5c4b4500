"""Regating: a finished data set with other gates, as another data set, without rendering or scoring what is there.

Gates decide nothing but reasons, and so which samples lie in tars: sources, plan and recipes are the same. The new data
set has the bytes that a run with its config makes.
"""

import logging
from collections import Counter
from typing import Any, NamedTuple

import ray
from ray.actor import ActorHandle
from rich.console import Console

from pipeline.dataset.reader import read_manifest
from pipeline.dataset.record import RECORD, differences, find_record, finished_commits, load_record, missing_shards
from pipeline.jobs.account import Account
from pipeline.jobs.cluster import cluster
from pipeline.jobs.finishing import finish
from pipeline.jobs.lease import lease
from pipeline.jobs.making import commit_shards
from pipeline.jobs.planning import DatasetMismatchError
from pipeline.jobs.regate_shard import regate_shard
from pipeline.jobs.scorer_noise import count_preferences, is_measured, measure_scorers
from pipeline.jobs.shard_task import check_worker, could_differ, settle_worker
from pipeline.jobs.tally import outcomes_of_rows
from pipeline.jobs.watchdog import restart_watchdog, watchdog
from pipeline.shards.fingerprint import fingerprint, this_platform
from pipeline.storage.store import Store, open_store
from pipeline.storage.take_over import take_over
from quality.scorers.build import task_scorers
from quality.scorers.scorer import ScorerUnavailableError
from schemas.config import DatasetConfig
from schemas.dataset import CommitRecord, DatasetRecord
from schemas.errors import UnretouchError
from schemas.jobs.run import ComputeConfig
from schemas.manifest import ManifestRow

logger = logging.getLogger(__name__)


class OtherCodeError(UnretouchError):
    """A data set cannot be regated here, because other code or libraries made it."""


class Regated(NamedTuple):
    """A data set with other gates, and how it differs from the one that it was made of.

    Attributes:
        record: its record.
        before: pairs that were accepted before.
        accepted: pairs that are newly accepted.
        rejected: pairs that are newly rejected.
        reasons: why, by reason; a pair with two counts under both.
        packed: shards whose tar was packed again.
        taken: shards whose tar is the same, linked or copied.
    """

    record: DatasetRecord
    before: int
    accepted: int
    rejected: int
    reasons: dict[str, int]
    packed: int
    taken: int


def regate(root: str, out: str, config: DatasetConfig, compute: ComputeConfig, console: Console) -> Regated:
    """Make a data set like a finished one, with other gates. Run again to resume.

    Args:
        root: folder or s3:// prefix of the finished data set.
        out: that of the new one.
        config: the config of the finished data set with other gates; see `pipeline.config.with_gates`.
        compute: the Ray to use, and the number of workers.
        console: receives the progress.

    Raises:
        NoDataSetError: there is no finished data set.
        OtherCodeError: other code or libraries made it.
        DatasetMismatchError: `out` holds another data set.
        LeaseHeldError: another run works on it.
        ForeignCommitError: `out` holds shards of another data set.
        NoClusterError: no cluster answers at `compute.address`.
        RunFailedError: a shard failed. Run again to resume.
    """
    origin, store = open_store(root), open_store(out)
    made = load_record(origin)
    finished_commits(origin, made)
    _check_code(root, made)
    wanted = _record(made, config)
    existing = find_record(store)
    if existing is not None:
        _check_same(out, existing, wanted)
    if existing is None or missing_shards(store, existing):
        with lease(store):
            try:
                if existing is None:
                    _plan(origin, store, wanted)
                with cluster(compute):
                    _regate_shards(root, out, made, wanted, compute, console)
            finally:
                store.clean()  # what killed workers have left
    return _compared(origin, made, store, finish(store, _measured(store, made, wanted)))


def _check_code(root: str, made: DatasetRecord) -> None:
    # Even where nothing is made again: the rows are gated and written by this code, and their record names another.
    if could_differ(made):
        raise OtherCodeError(
            f"{root} was made by version {made.version} with other source code or libraries than these, and what they "
            "make together is no data set of either. Regate it with the installation that made it, or make it anew by "
            "`unretouch run` with these gates"
        )
    if made.platform != this_platform(made.platform.processor is not None):
        logger.warning("this machine differs from the one that planned the data set; pixels may differ in the last bit")


def _check_same(out: str, existing: DatasetRecord, wanted: DatasetRecord) -> None:
    if existing.fingerprint != wanted.fingerprint:
        planned, now = (
            record.model_dump(mode="json", exclude={"counts", "fingerprint", "scorers", "preferences"})
            for record in (existing, wanted)
        )
        found = "\n  ".join(list(differences(planned, now))[:20])
        raise DatasetMismatchError(f"{out} holds another data set; use another place for the new one:\n  {found}")


def _record(made: DatasetRecord, config: DatasetConfig) -> DatasetRecord:
    """The record that a run with other gates would plan."""
    named = fingerprint(config, made.sources_sha256, made.recipes_sha256, made.code_sha256, made.platform, made.scorers)
    counts = made.counts.model_copy(update={"accepted": None, "rejected": None})
    update = {"config": config, "fingerprint": named, "counts": counts, "preferences": None}
    return made.model_copy(update=update)


def _measured(store: Store, made: DatasetRecord, wanted: DatasetRecord) -> DatasetRecord:
    """The record with what scorers prefer among the pairs that are accepted now, and with the noise on these.

    Without the models, or where they are on GPUs, the noise stays that on the pairs of the origin.
    """
    if not is_measured(made):
        return wanted
    scores = made.config.scores
    if scores.device == "cpu":
        try:
            return measure_scorers(store, wanted, task_scorers(scores, made.config.engine))
        except ScorerUnavailableError as error:
            logger.warning("the noise of the scores is that of the data set that is regated: %s", error)
    return count_preferences(store, wanted)


def _plan(origin: Store, store: Store, wanted: DatasetRecord) -> None:
    taken = [name for folder in ("sources", "plan") for name in origin.names(folder)]
    there = [name for folder in ("commits", "manifest", "plan", "shards", "sources") for name in store.names(folder)]
    if strange := [name for name in there if name not in taken]:
        raise DatasetMismatchError(f"{store.root} holds files of another data set, as {strange[0]}; use an empty place")
    for name in taken:
        take_over(name, origin, store)
    try:
        store.create(RECORD, wanted.to_bytes())
    except FileExistsError as error:
        raise DatasetMismatchError(f"another run has planned {store.root} meanwhile; run again") from error


def _regate_shards(
    root: str, out: str, made: DatasetRecord, wanted: DatasetRecord, compute: ComputeConfig, console: Console
) -> None:
    records = ray.put((made, wanted))

    def start(shard: int, memory: int, tally: ActorHandle[Any]) -> "ray.ObjectRef[Any]":
        return _regate_task.options(memory=memory).remote(root, out, shard, records, tally, compute.stuck_after)

    missing = missing_shards(open_store(out), wanted)
    commit_shards(out, wanted, missing, start, compute, console, "regating pairs")


@ray.remote(num_cpus=1, max_retries=0)  # see `pipeline.jobs.shard_task`
def _regate_task(
    root: str,
    out: str,
    shard: int,
    records: tuple[DatasetRecord, DatasetRecord],
    tally: ActorHandle[Any],
    stuck_after: float,
) -> tuple[CommitRecord, Account]:
    made, wanted = records
    settle_worker()
    check_worker(wanted)
    tally.begin.remote(shard)

    def report(rows: list[ManifestRow]) -> None:
        restart_watchdog(stuck_after)
        tally.add.remote(shard, outcomes_of_rows(rows))

    with watchdog(stuck_after):
        commit = regate_shard(open_store(root), open_store(out), shard, made, wanted, report)
    return commit, Account(commit.planned, commit.accepted)


def _compared(origin: Store, made: DatasetRecord, store: Store, record: DatasetRecord) -> Regated:
    """Compare two finished data sets that differ in their gates, shard by shard."""
    before = finished_commits(origin, made)
    accepted = rejected = packed = 0
    reasons: Counter[str] = Counter()
    for old, new in zip(before, finished_commits(store, record), strict=True):
        packed += old.tar != new.tar
        if old.manifest == new.manifest:
            continue
        rows = (read_manifest(files, old.manifest.name, columns=["status", "reasons"]) for files in (origin, store))
        for was, now in zip(*(table.to_pylist() for table in rows), strict=True):
            if was["status"] != now["status"]:
                accepted += now["status"] == "accepted"
                rejected += now["status"] == "rejected"
                reasons.update(now["reasons"])
    return Regated(
        record=record,
        before=sum(commit.accepted for commit in before),
        accepted=accepted,
        rejected=rejected,
        reasons=dict(sorted(reasons.items())),
        packed=packed,
        taken=len(before) - packed,
    )
