"""What Prometheus finds at the port where Ray exports metrics."""

import time
from collections import Counter
from pathlib import Path
from unittest.mock import Mock
from urllib.request import urlopen

import pytest
import ray
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from pipeline.dataset.record import commits, missing_shards
from pipeline.jobs import metrics
from pipeline.jobs.cluster import cluster
from pipeline.jobs.making import make_shards
from pipeline.jobs.metrics import METRICS, VLM_METRICS
from pipeline.jobs.planning import plan, survey
from pipeline.storage.store import open_store
from pipeline.storage.traffic import Traffic
from schemas.jobs.run import RunConfig

CONSOLE = Console(stderr=True)

Samples = dict[str, "Counter[str]"]
"""Values by metric and by its own label."""


def scrape() -> Samples:
    """Our metrics as a node of Ray exports them now."""
    node = ray.nodes()[0]
    with urlopen(f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics") as page:
        families = list(text_string_to_metric_families(page.read().decode()))
    samples: Samples = {}
    for sample in (sample for family in families for sample in family.samples):
        name = sample.name.removeprefix("ray_")
        if name.startswith("unretouch_"):
            own = [sample.labels[key] for key in ("status", "reason", "stage", "outcome") if key in sample.labels]
            samples.setdefault(name, Counter())["".join(own)] += sample.value
    return samples


@pytest.mark.ray
def test_prometheus_finds_what_a_run_reports(
    tiny_values: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_metrics_report_interval_ms", "200")
    shown = Mock(wraps=metrics.show_shards)
    monkeypatch.setattr("pipeline.jobs.metrics.show_shards", shown)
    gates = {"scores": {"ssim": {"min": 0.95}}}  # some pairs are rejected
    config = RunConfig.model_validate({**tiny_values, "out": str(tmp_path / "out"), "gates": gates})
    store = open_store(config.out)
    with cluster(config.compute):
        planned = plan(config, survey(store, config.dataset()), CONSOLE)
        make_shards(config.out, planned, missing_shards(store, planned), [], config.compute, CONSOLE)
        metrics.RETRIES.inc()
        metrics.count_traffic(Traffic(requests=7, retries=2))  # this store is on disk
        found: Samples = {}
        until = time.monotonic() + 60
        while not (
            found.keys() >= {metric.info["name"] for metric in METRICS}
            and found["unretouch_pairs_total"].total() == 12
            and found["unretouch_shards_committed_total"].total() == planned.counts.shards
        ):
            assert time.monotonic() < until, f"after a minute, there is only {found}"
            time.sleep(0.2)
            metrics.show_shards(*shown.call_args.args)  # gauges are dropped when their process is silent
            found |= scrape()
    done = list(commits(store))
    accepted = sum(commit.accepted for commit in done)
    assert 0 < accepted < 12
    assert found["unretouch_pairs_total"] == {"accepted": accepted, "rejected": 12 - accepted}
    assert found["unretouch_rejects_total"] == sum((Counter(commit.rejected) for commit in done), Counter())
    written = sum(file.bytes for commit in done for file in (commit.tar, commit.manifest, commit.offsets) if file)
    assert found["unretouch_bytes_written_total"][""] == written
    assert found["unretouch_sources_total"]["usable"] >= 6  # other runs of this process count too
    assert set(found["unretouch_stage_seconds_total"]) == {"read", "make", "score", "write"}
    assert shown.call_args.args == (0, 0)
    assert found["unretouch_shards_left"] == found["unretouch_shards_failed"] == {"": 0}
    assert found["unretouch_shard_retries_total"][""] >= 1
    assert found["unretouch_store_requests_total"][""] >= 7
    assert found["unretouch_store_retries_total"][""] >= 2


def test_names_say_whose_metrics_they_are_and_what_they_count() -> None:
    for metric in (*METRICS, *VLM_METRICS):
        name = metric.info["name"]
        assert name.startswith("unretouch_")
        assert name.endswith("_total") == (type(metric).__name__ == "Counter")
        assert metric.info["description"].endswith(".")
