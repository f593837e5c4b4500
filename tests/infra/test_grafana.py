"""The dashboard asks for metrics that exist."""

import json
import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import ray
import yaml

from pipeline.jobs.inspection import _inspect_chunk
from pipeline.jobs.metrics import METRICS
from pipeline.jobs.shard_task import shard_task

ROOT = Path(__file__).parents[2]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "infra" / "grafana" / "unretouch.json").read_text())

OURS = {f"ray_{metric.info['name']}": metric for metric in METRICS}

QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def selectors(query: str) -> list[tuple[str, set[str]]]:
    """Metrics of a query, each with the labels that it is selected by."""
    found = re.findall(r"\b(ray_\w+)\{([^}]*)\}", query)
    return [(name, set(re.findall(r"(\w+)[!=]~?\"?", labels))) for name, labels in found]


def test_it_is_a_dashboard() -> None:
    assert DASHBOARD["schemaVersion"] >= 39
    assert DASHBOARD["title"]
    assert DASHBOARD["uid"] == "unretouch"
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    (source, session) = DASHBOARD["templating"]["list"]
    assert (source["name"], source["type"], source["query"]) == ("datasource", "datasource", "prometheus")
    sourced = [session, *panels, *(target for panel in panels for target in panel["targets"])]
    assert all(item["datasource"] == {"type": "prometheus", "uid": "${datasource}"} for item in sourced)


def test_no_panel_covers_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells


@pytest.mark.parametrize("query", QUERIES)
def test_queries_are_promql_over_metrics_that_exist(query: str) -> None:
    promql_parser.parse(query.replace("$__rate_interval", "1m"))
    theirs = (
        Path(ray.__file__).parent / "dashboard/modules/metrics/dashboards/default_dashboard_panels.py"
    ).read_text()
    asked = selectors(query)
    assert asked
    for name, labels in asked:
        if name in OURS:
            assert labels <= {"SessionName", *OURS[name].info["tag_keys"]}
        else:
            assert f"{name}{{" in theirs, f"Ray's own dashboard does not know {name}"


def test_tasks_are_asked_for_by_their_names() -> None:
    (query,) = (query for query in QUERIES if "ray_tasks{" in query)
    names = "|".join(task._function.__name__ for task in (shard_task, _inspect_chunk))
    assert f'Name=~"{names}"' in query


def test_every_metric_of_ours_is_shown() -> None:
    assert {name for query in QUERIES for name, _ in selectors(query) if name in OURS} == set(OURS)


def test_prometheus_reads_the_list_that_ray_keeps() -> None:
    (job,) = yaml.safe_load((ROOT / "infra" / "grafana" / "prometheus.yaml").read_text())["scrape_configs"]
    assert job["file_sd_configs"] == [{"files": ["/tmp/ray/prom_metrics_service_discovery.json"]}]  # noqa: S108
