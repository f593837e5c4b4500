"""The estimate of a run on an object store, beside what the run takes."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.dataset.record import load_record
from pipeline.jobs.estimate import find_estimate
from pipeline.jobs.saturation import Work, requests
from pipeline.storage.store import open_store

pytestmark = pytest.mark.ray


def unretouch(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_plan_is_estimated_and_the_run_says_what_it_took(
    tiny_values: dict[str, object], photo_folder: Path, s3_bucket: str, tmp_path: Path
) -> None:
    client = boto3.client("s3")
    for photo in photo_folder.iterdir():
        client.put_object(Bucket=s3_bucket, Key=f"photos/{photo.name}", Body=photo.read_bytes())
    out = f"s3://{s3_bucket}/out"
    config = tmp_path / "config.json"  # JSON is YAML
    values = tiny_values | {
        "sources": [f"s3://{s3_bucket}/photos"],
        "out": out,
        "compute": {"workers": 2},
        "estimate": {"prices": {"core_hour": 3600, "million_reads": 1e6}},
    }
    config.write_text(json.dumps(values))

    planned = unretouch("plan", str(config), "--sample", "1")
    store = open_store(out)
    expected = find_estimate(store)
    assert expected is not None and expected.sample.pairs == 4
    assert planned["estimate"]["pairs"] == expected.pairs == 12
    assert 0 < expected.accepted <= 12
    assert expected.core_hours == pytest.approx(12 * expected.sample.core_seconds / 3600)
    assert expected.money == pytest.approx(3600 * expected.core_hours + expected.read_requests)
    assert not store.names("sample/shards") + store.names("sample/offsets") + store.names("sample/manifest")
    assert load_record(store).counts.accepted is None  # nothing is made for good

    took = unretouch("run", str(config))["this run"]
    assert find_estimate(store) is None
    assert "(estimated: " in took["core-seconds a pair"] and "(estimated: " in took["accepted share"]
    # Inspection reads each source and keeps its photo, and planning, finishing and the lease ask for some more.
    estimated = expected.read_requests + expected.write_requests
    assert estimated / 12 < took["requests a pair"] < estimated / 12 + 8
    assert "estimate" not in unretouch("plan", str(config))


def test_requests_are_those_of_the_protocol(tiny_values: dict[str, object], photo_folder: Path, s3_bucket: str) -> None:
    from rich.console import Console

    from pipeline.jobs.run import run
    from schemas.jobs.run import RunConfig

    config = RunConfig.model_validate({**tiny_values, "out": f"s3://{s3_bucket}/counted"})
    finished = run(config, Console(stderr=True))
    counts = finished.record.counts
    work = Work(counts.planned, 6, counts.shards, originals=0, on_s3=True)
    reads, writes = requests(work, finished.made.stored_bytes)
    in_the_end = counts.shards  # the driver reads each commit record once more
    assert finished.made.traffic.requests == reads + writes - in_the_end
    assert finished.made.traffic.retries == 0
    assert finished.inspected.traffic.requests >= 6  # one photo kept for each source, which is on disk
    assert finished.made.stored_bytes <= finished.made.traffic.written
    assert finished.made.pairs == counts.planned == 12
