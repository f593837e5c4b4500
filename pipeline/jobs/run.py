"""The run: plan a data set, make its shards, finish it."""

from rich.console import Console

from pipeline.audit.realism_report import REALISM, measure_realism
from pipeline.dataset.record import missing_shards
from pipeline.jobs.cluster import cluster
from pipeline.jobs.finishing import finish
from pipeline.jobs.making import make_shards
from pipeline.jobs.planning import plan, survey
from pipeline.jobs.scorer_actor import start_scorers
from pipeline.pairs.draft import renderer_of
from pipeline.sources.listing import list_sources
from pipeline.storage.store import open_store
from quality.compiled_metrics import metric_libraries
from quality.scorers.build import task_scorers
from schemas.dataset import DatasetRecord
from schemas.jobs.run import RunConfig


def run(config: RunConfig, console: Console) -> DatasetRecord:
    """Make the data set, or what is left of it to make.

    Raises:
        NoCompilerError: `engine` is compiled, and there is no compiler.
        ListingError: a source, or a source of the realism report, cannot be listed.
        ScorerUnavailableError: a score that the config asks for cannot be computed.
        DatasetMismatchError: OUT holds another data set.
        RunFailedError: a shard failed, for another reason than a worker that died; running again resumes.
        Otherwise as `pipeline.jobs.planning.survey` and `plan_dataset`.
    """
    store, dataset = open_store(config.out), config.dataset()
    # All that can be missing is looked for before any work starts.
    found = survey(store, dataset)
    list_sources([source for source in (config.realism.reference, config.realism.experts) if source])
    renderer_of(config.process, config.engine)
    if config.engine == "compiled":
        metric_libraries()
    task_scorers(config.scores, config.engine)
    record = found.existing
    if record is None or missing_shards(store, record):
        with cluster(config.compute):
            scorers = start_scorers(dataset, config.compute)
            record = plan(config, found, console)
            store.clean()
            make_shards(config.out, record, missing_shards(store, record), scorers, config.compute.workers, console)
    finished = finish(store, record)
    if config.realism.reference is not None:
        report = measure_realism(store, finished, config.realism.reference, config.realism.experts)
        store.write(REALISM, report.model_dump_json(indent=2).encode())
    return finished
