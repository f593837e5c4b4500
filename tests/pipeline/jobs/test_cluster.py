"""Ray clusters of two nodes on loopback, with token authentication, as `infra/README.md` starts them."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from pipeline.dataset.record import load_record, missing_shards
from pipeline.jobs.shard_task import shard_task
from pipeline.storage.store import open_store
from schemas.jobs.run import RunConfig
from tests.contents import contents

pytestmark = pytest.mark.ray

RAY, UNRETOUCH = (Path(sys.executable).with_name(name) for name in ("ray", "unretouch"))


@dataclass
class Head:
    """What clients and other nodes need to find a head."""

    address: str
    dashboard: str
    environment: dict[str, str]

    @contextmanager
    def node(self, cpus: int, gpus: int = 0) -> Iterator[psutil.Process]:
        """Another node. Its GPUs are mere numbers to Ray."""
        places = (f"--address={self.address}", f"--dashboard-agent-listen-port={port()}")
        with started(f"--num-cpus={cpus}", f"--num-gpus={gpus}", *places, environment=self.environment) as node:
            yield node

    def list(self, kind: str, *arguments: str) -> list[dict[str, Any]]:
        """What `ray list` says of nodes or actors."""
        command = [str(RAY), "list", kind, f"--address={self.dashboard}", "--format=json", *arguments]
        found: list[dict[str, Any]] = json.loads(
            subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout
        )
        return found


def port() -> int:
    """A free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found: int = free.getsockname()[1]
        return found


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A home of its own, where no token lies, and a token in the environment."""
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as folder:
        yield {
            **os.environ,
            "HOME": str(tmp_path),
            "RAY_TMPDIR": folder,
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_health_check_initial_delay_ms": "0",  # a lost node is missed after seconds, not after half a minute
            "RAY_health_check_period_ms": "500",
        }


@contextmanager
def started_head(cpus: int, environment: dict[str, str]) -> Iterator[Head]:
    """A running head with a dashboard, which takes jobs."""
    gcs, dashboard, client, agent = (port() for _ in range(4))
    ports = (f"--port={gcs}", f"--dashboard-port={dashboard}", f"--ray-client-server-port={client}")
    places = (*ports, f"--dashboard-agent-listen-port={agent}")
    with started("--head", f"--num-cpus={cpus}", *places, environment=environment):
        yield Head(f"127.0.0.1:{gcs}", f"http://127.0.0.1:{dashboard}", environment)


@contextmanager
def started(*arguments: str, environment: Mapping[str, str]) -> Iterator[psutil.Process]:
    """`ray start … --block`: it says on standard output when the node runs, and ends with the block."""
    command = [str(RAY), "start", "--block", "--object-store-memory=100000000", *arguments]
    node = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        assert node.stdout is not None
        lines = []
        for line in node.stdout:
            lines.append(line)
            if "--block" in line:
                break
        else:
            raise AssertionError("the node has not started:\n" + "".join(lines))
        yield psutil.Process(node.pid)
    finally:
        os.killpg(node.pid, signal.SIGKILL)
        node.wait()


def processes(node: psutil.Process, title: str) -> list[psutil.Process]:
    """Processes of a node whose command begins with a title."""
    found = []
    for process in node.children(recursive=True):
        try:
            if Path(process.cmdline()[0]).name.startswith(title):
                found.append(process)
        except (psutil.NoSuchProcess, IndexError):  # it has ended meanwhile
            continue
    return found


def wait_until(true: Callable[[], bool], job: "subprocess.Popen[str]") -> None:
    while not true():
        assert job.poll() is None, f"the job has ended: {job.communicate()[0]}"
        time.sleep(0.02)


def unretouch(config: Path, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(UNRETOUCH), "run", str(config)], env=dict(environment), capture_output=True, text=True, check=False
    )


def test_a_job_survives_its_only_worker_node_leaving_and_coming_back(
    environment: dict[str, str], tiny_values: dict[str, object], tmp_path: Path
) -> None:
    values = {**tiny_values, "pairs_per_source": 8}
    alone, config = tmp_path / "alone.yaml", tmp_path / "run.yaml"
    alone.write_text(yaml.safe_dump({**values, "out": str(tmp_path / "alone"), "compute": {"workers": 2}}))
    out, compute = tmp_path / "out", {"workers": 2, "address": "auto"}
    config.write_text(yaml.safe_dump({**values, "out": str(out), "compute": compute}))
    undisturbed = unretouch(alone, os.environ)
    assert undisturbed.returncode == 0, undisturbed.stderr
    with ExitStack() as stack:
        head = stack.enter_context(started_head(0, environment))  # as in production, no work is done there
        node = stack.enter_context(head.node(cpus=2))
        submit = [str(RAY), "job", "submit", f"--address={head.dashboard}", "--", str(UNRETOUCH), "run", str(config)]
        job = stack.enter_context(
            subprocess.Popen(submit, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        )
        wait_until(
            lambda: any(out.glob("commits/*")) and bool(processes(node, f"ray::{shard_task._function.__name__}")), job
        )
        os.killpg(node.pid, signal.SIGKILL)
        store = open_store(str(out))
        assert missing_shards(store, load_record(store))
        stack.enter_context(head.node(cpus=2))
        said = job.communicate()[0]
    assert job.returncode == 0, said
    assert environment["RAY_AUTH_TOKEN"] not in said
    assert contents(str(out)) == contents(str(tmp_path / "alone"))


def test_two_nodes_make_the_same_pairs_with_scorers_on_the_one_with_a_gpu(
    environment: dict[str, str], tiny_dataset: RunConfig, tiny_values: dict[str, object], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with started_head(1, environment) as head, head.node(cpus=1, gpus=1):
        # The compiled metrics need no model, so that the scorers start although the GPU is a mere number here.
        compute = {"workers": 2, "address": head.address, "scorers": 2, "scorer_gpus": 0.5}
        scores = {"metrics": ["psnr", "ssim"], "long_side": 128, "device": "cuda"}
        values = {**tiny_values, "out": str(out), "compute": compute, "scores": scores}
        config, needy = tmp_path / "run.yaml", tmp_path / "needy.yaml"
        config.write_text(yaml.safe_dump(values))
        needy.write_text(yaml.safe_dump({**values, "engine": "eager", "out": str(tmp_path / "needy")}))
        stranger = {name: value for name, value in environment.items() if not name.startswith("RAY_AUTH")}
        refused = unretouch(config, stranger)
        assert not (out / "dataset.json").exists()
        done = unretouch(config, environment)
        assert done.returncode == 0, done.stderr
        nodes = head.list("nodes", "--detail")
        actors = head.list("actors", "--filter=class_name=ScorerActor")
        unable = unretouch(needy, environment)
    assert refused.returncode == 1
    assert "RAY_AUTH_TOKEN" in refused.stderr
    assert environment["RAY_AUTH_TOKEN"] not in done.stdout + done.stderr
    for folder in ("shards", "manifest"):
        assert contents(str(out / folder)) == contents(f"{tiny_dataset.out}/{folder}")
    (place,) = (node["node_id"] for node in nodes if node["resources_total"].get("GPU"))
    assert [actor["node_id"] for actor in actors] == [place, place]
    # Other metrics need a model, and that needs a GPU: nothing falls back to the processor.
    assert unable.returncode == 2
    assert "torch finds no GPU" in unable.stderr
    assert not (tmp_path / "needy" / "dataset.json").exists()
    assert not any("Traceback" in run.stderr for run in (refused, done, unable))
