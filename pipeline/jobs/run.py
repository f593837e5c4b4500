"""The run: planning a data set, making its shards, and finishing it."""

import time
from typing import NamedTuple

from rich.console import Console

from operators.native import load_library
from operators.renderer import renderer_of
from pipeline.audit.realism_report import REALISM, measure_realism
from pipeline.dataset.record import missing_shards
from pipeline.jobs.account import Account
from pipeline.jobs.cluster import cluster
from pipeline.jobs.estimate import find_estimate
from pipeline.jobs.finishing import finish
from pipeline.jobs.lease import lease
from pipeline.jobs.making import make_shards
from pipeline.jobs.planning import plan, survey
from pipeline.jobs.scorer_actor import RemoteScorer, start_scorers
from pipeline.jobs.scorer_noise import is_measured, measure_scorers
from pipeline.jobs.vlm_actor import check_vlm, start_vlm
from pipeline.jobs.vlm_asker import Asked
from pipeline.sources.listing import ANYWHERE, list_sources
from pipeline.storage.store import open_store
from pipeline.storage.traffic import Traffic, traffic
from quality.scorers.build import scorer_cards, task_scorers
from schemas.dataset import DatasetRecord
from schemas.jobs.estimate import Estimate
from schemas.jobs.run import RunConfig


class Finished(NamedTuple):
    """A finished data set, and what this run of it has taken.

    Attributes:
        record: the record.
        made: the account of the shards that this run has made.
        inspected: that of the sources that it has inspected, in seconds and traffic.
        driver: traffic of the driver itself.
        seconds: on the clock, from the listing to the end.
        estimate: what `unretouch plan` has estimated; None if it did not.
        asked: what was asked of the VLM.
    """

    record: DatasetRecord
    made: Account
    inspected: Account
    driver: Traffic
    seconds: float
    estimate: Estimate | None
    asked: Asked


def run(config: RunConfig, console: Console) -> Finished:
    """Make the data set, or the shards that are missing, and finish it.

    Also raises the errors of `pipeline.jobs.planning.survey` and `plan_dataset`, of `cluster` and of `measure_realism`.

    Raises:
        NoCompilerError: `engine` is compiled, and nothing was compiled when the package was installed.
        ListingError: a source, or a source of the realism report, cannot be listed.
        ScorerUnavailableError: a score that the config asks for cannot be computed.
        DatasetMismatchError: OUT holds another data set.
        LeaseHeldError: another run works on it.
        ForeignCommitError: OUT holds shards of another data set.
        VlmRefusedError: words are to be rewritten by a VLM, and its server or its API key is missing.
        RunFailedError: a shard failed. Run again to resume.
    """
    began, before = time.perf_counter(), traffic()
    store, dataset = open_store(config.out), config.dataset()
    made, inspected, asked = Account(), Account(), Asked()

    def add(account: Account) -> None:
        nonlocal inspected
        inspected += account

    # Everything that can be missing is checked before any work starts.
    found = survey(store, dataset, config.allowed_paths)
    list_sources([source for source in (config.realism.reference, config.realism.experts) if source], ANYWHERE)
    renderer_of(config.process, config.engine)
    if config.engine == "compiled":
        load_library()
    local = task_scorers(config.scores, config.engine)
    check_vlm(config, store)
    record = found.existing
    if record is None or missing_shards(store, record) or not is_measured(record):
        with lease(store):
            try:
                with cluster(config.compute):
                    scorers = start_scorers(dataset, config.compute)
                    every = [*local, *map(RemoteScorer, scorers[:1])]
                    record = plan(config, found, console, add, scorer_cards(every, config.scores))
                    missing = missing_shards(store, record)
                    vlm = start_vlm(config, record) if missing else None
                    made = make_shards(config.out, record, missing, scorers, config.compute, console, vlm)
                    if vlm is not None:
                        asked = vlm.asked()
                    record = measure_scorers(store, record, every)
            finally:
                store.clean()  # what killed workers have left
    expected = find_estimate(store)
    finished = finish(store, record)
    if config.realism.reference is not None:
        report = measure_realism(store, finished, config.realism.reference, config.realism.experts)
        store.write(REALISM, report.model_dump_json(indent=2).encode())
    return Finished(finished, made, inspected, traffic().since(before), time.perf_counter() - began, expected, asked)
