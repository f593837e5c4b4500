"""A run whose sources cannot be fetched loses none of them: it says so, and the next run asks again."""

from pathlib import Path

import boto3
import pytest
from rich.console import Console

from pipeline.dataset.record import commits, find_record
from pipeline.jobs.cluster import cluster
from pipeline.jobs.lease import lease
from pipeline.jobs.making import RunFailedError
from pipeline.jobs.planning import plan, survey
from pipeline.jobs.run import run
from pipeline.jobs.undecided import UNDECIDED, UndecidedError
from pipeline.sources.table import read_sources, source_records
from pipeline.storage.store import open_store
from quality.scorers.build import scorer_cards, task_scorers
from schemas.jobs.run import RunConfig
from tests.contents import contents
from tests.faulty_s3 import Fault, FaultyS3

pytestmark = pytest.mark.ray

CONSOLE = Console(stderr=True)


@pytest.fixture
def config(
    tiny_values: dict[str, object], photo_folder: Path, s3_bucket: str, faulty_s3: FaultyS3, tmp_path: Path
) -> RunConfig:
    """Six photos on an S3 server that can be faulty, to be made in a local folder."""
    for path in photo_folder.glob("*.png"):
        boto3.client("s3").put_object(Bucket=s3_bucket, Key=f"photos/{path.name}", Body=path.read_bytes())
    sources = [f"s3://{s3_bucket}/photos"]
    return RunConfig.model_validate({**tiny_values, "out": str(tmp_path / "out"), "sources": sources})


def test_what_cannot_be_fetched_is_asked_for_again(config: RunConfig, faulty_s3: FaultyS3, tmp_path: Path) -> None:
    undisturbed = config.model_copy(update={"out": str(tmp_path / "undisturbed")})
    run(undisturbed, CONSOLE)
    faulty_s3.faults.append(Fault("GET /bucket/photos/coffee.png", "refuse"))
    store = open_store(config.out)
    with pytest.raises(UndecidedError, match="1 of 6 sources cannot be fetched, so nothing is planned yet"):
        run(config, CONSOLE)
    assert find_record(store) is None
    listed = store.read(UNDECIDED).decode()
    assert "s3://bucket/photos/coffee.png" in listed
    assert "AccessDenied" in listed
    faulty_s3.faults.clear()
    faulty_s3.requests.clear()
    with lease(store), cluster(config.compute):
        plan(
            config,
            survey(store, config.dataset()),
            CONSOLE,
            scorers=scorer_cards(task_scorers(config.scores), config.scores),
        )
    asked = [request for request in faulty_s3.requests if "photos/" in request]
    assert asked == ["GET /bucket/photos/coffee.png"]
    # The scratch is lost, as between a plan and a run on other machines, and a source cannot be read any more.
    store.remove(*store.names("scratch"))
    faulty_s3.faults.append(Fault("GET /bucket/photos/coffee.png", "refuse"))
    with pytest.raises(RunFailedError, match=r"photos/coffee.png cannot be fetched: .*AccessDenied"):
        run(config, CONSOLE)
    assert len(commits(store)) == len(commits(open_store(undisturbed.out))) - 1
    faulty_s3.faults.clear()
    run(config, CONSOLE)
    assert contents(config.out) == contents(undisturbed.out)


def test_sources_can_be_given_up(config: RunConfig, faulty_s3: FaultyS3) -> None:
    faulty_s3.faults.append(Fault("GET /bucket/photos/coffee.png", "refuse"))
    record = run(config.model_copy(update={"unreachable": "reject"}), CONSOLE).record
    assert record.counts.sources_rejected == {"unreachable": 1}
    (lost,) = (s for s in source_records(read_sources(open_store(config.out), "sources/000000.parquet")) if s.reason)
    assert lost.uri.endswith("coffee.png")
