"""The manifests for KubeRay: pods by Kubernetes' schema, groups as Ray's autoscaler reads them, and what we promise.

The custom resources' own schema comes in no package. `kubectl apply --dry-run=server` compares with it.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from ray.autoscaler._private.kuberay.autoscaling_config import _derive_autoscaling_config_from_ray_cr

from pipeline.config import load_config
from schemas.jobs.run import ComputeConfig

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "infra" / "kuberay"

GIB = 1 << 30


def manifest(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text())
    return loaded


CLUSTER = manifest("raycluster.yaml")
SPEC = CLUSTER["spec"]
GROUPS = {"head": SPEC["headGroupSpec"], **{group["groupName"]: group for group in SPEC["workerGroupSpecs"]}}


def container(group: str) -> dict[str, Any]:
    (only,) = GROUPS[group]["template"]["spec"]["containers"]
    found: dict[str, Any] = only
    return found


def strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    else:
        yield str(value)


def test_the_job_has_the_cluster_of_its_own_manifest() -> None:
    job = manifest("rayjob.yaml")
    assert (job["apiVersion"], job["kind"]) == (CLUSTER["apiVersion"], "RayJob")
    assert job["spec"]["rayClusterSpec"] == SPEC
    assert job["spec"]["shutdownAfterJobFinishes"]
    assert job["spec"]["backoffLimit"] > 0
    mounts = {mount["mountPath"] for mount in container("head")["volumeMounts"]}
    assert str(Path(job["spec"]["entrypoint"].split()[-1]).parent) in mounts


@pytest.mark.parametrize("group", GROUPS)
def test_pods_follow_the_schema_of_kubernetes(group: str) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": group}, "spec": GROUPS[group]["template"]["spec"]}
    kubernetes_validate.validate(pod, "1.37", strict=True)


def test_ray_is_the_one_that_is_tested() -> None:
    constraints = (ROOT / "constraints.txt").read_text()
    assert f"ray=={SPEC['rayVersion']}" in constraints.splitlines()


def test_the_autoscaler_sees_groups_that_hold_the_tasks_that_run_there() -> None:
    cluster = {**CLUSTER, "metadata": {**CLUSTER["metadata"], "namespace": "default"}}
    types = _derive_autoscaling_config_from_ray_cr(cluster)["available_node_types"]
    assert len(GROUPS) == len(types) == 3
    head, render, score = (types[name]["resources"] for name in ("headgroup", "render", "score"))
    # Only render nodes offer CPUs: every shard is made by one image, and the head is never taken away.
    assert head["CPU"] == score["CPU"] == 0
    assert "GPU" not in head | render
    assert score["GPU"] >= ComputeConfig().scorer_gpus
    # Each CPU of a node can have a task, with what it reserves, beside the object store.
    left = render["memory"] - int(GROUPS["render"]["rayStartParams"]["object-store-memory"])
    assert left >= render["CPU"] * (ComputeConfig().memory + GIB // 4)
    example = load_config(ROOT / "configs" / "cluster.yaml").compute
    assert types["render"]["max_workers"] * render["CPU"] >= example.workers
    assert types["score"]["max_workers"] * score["GPU"] >= example.scorers * example.scorer_gpus
    for name in ("render", "score"):
        assert types[name]["min_workers"] == GROUPS[name]["replicas"] == 0


@pytest.mark.parametrize("group", GROUPS)
def test_a_pod_gets_what_it_asks_for_and_no_rights(group: str) -> None:
    pod, only = GROUPS[group]["template"]["spec"], container(group)
    assert only["resources"]["requests"] == only["resources"]["limits"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] == 1000
    assert only["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    mounted = {mount["name"] for mount in only.get("volumeMounts", [])}
    assert mounted == {volume["name"] for volume in pod.get("volumes", [])}
    gpu = "nvidia.com/gpu" in only["resources"]["limits"]
    assert only["image"].endswith("/unretouch:0.1.0" + "-cuda" * gpu)
    assert {"name": "metrics", "containerPort": 8080} in only["ports"]


def test_only_render_nodes_may_be_taken_away() -> None:
    for name, group in GROUPS.items():
        assert ("spot" in strings(group)) == (name == "render")


def test_nodes_have_a_token_and_credentials_come_from_a_secret() -> None:
    assert SPEC["authOptions"] == {"mode": "token"}
    assert SPEC["enableInTreeAutoscaling"]
    readme = (ROOT / "infra" / "README.md").read_text()
    for name in ("head", "render"):
        (source,) = container(name)["envFrom"]
        assert f"create secret generic {source['secretRef']['name']} " in readme
        assert "env" not in container(name)
    (volume,) = GROUPS["head"]["template"]["spec"]["volumes"]
    assert f"create configmap {volume['configMap']['name']} " in readme


def test_prometheus_asks_the_port_that_pods_name() -> None:
    monitor = manifest("podmonitor.yaml")["spec"]
    (endpoint,) = monitor["podMetricsEndpoints"]
    assert endpoint["port"] == "metrics"
    assert monitor["selector"]["matchLabels"] == {"ray.io/is-ray-node": "yes"}


@pytest.mark.parametrize("path", sorted((ROOT / "infra").rglob("*.*")), ids=lambda path: path.name)
def test_nothing_here_holds_a_key(path: Path) -> None:
    assert not re.search(r"AKIA[0-9A-Z]{16}|BEGIN [A-Z ]*PRIVATE KEY|\b[0-9a-f]{64}\b", path.read_text())
