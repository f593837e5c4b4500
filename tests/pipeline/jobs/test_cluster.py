"""A Ray cluster of two nodes on loopback, with token authentication, as `infra/README.md` starts it."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from pipeline.dataset.record import load_record
from pipeline.storage.store import open_store
from schemas.jobs.run import RunConfig
from tests.contents import contents

pytestmark = pytest.mark.ray

RAY = Path(sys.executable).with_name("ray")


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
        }


@contextmanager
def started(*arguments: str, environment: Mapping[str, str]) -> Iterator[None]:
    """`ray start … --block`: it says on standard output when the node runs, and ends with the block."""
    command = [str(RAY), "start", "--block", "--num-cpus=1", "--object-store-memory=100000000", *arguments]
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
        yield
    finally:
        os.killpg(node.pid, signal.SIGKILL)
        node.wait()


def unretouch(config: Path, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", "from pipeline.cli.main import main; main()", "run", str(config)]
    return subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)


def test_two_nodes_make_the_same_data_set_and_ask_for_the_token(
    environment: dict[str, str], tiny_dataset: RunConfig, tiny_values: dict[str, object], tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    config = tmp_path / "run.yaml"
    compute = {"workers": 2, "address": address}
    config.write_text(yaml.safe_dump({**tiny_values, "out": str(tmp_path / "out"), "compute": compute}))
    head = ["--head", f"--port={address.partition(':')[2]}", "--include-dashboard=false"]
    with started(*head, environment=environment), started(f"--address={address}", environment=environment):
        stranger = {name: value for name, value in environment.items() if not name.startswith("RAY_AUTH")}
        refused = unretouch(config, stranger)
        assert refused.returncode == 1
        assert "RAY_AUTH_TOKEN" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert not (tmp_path / "out" / "dataset.json").exists()
        done = unretouch(config, environment)
    assert done.returncode == 0, done.stderr
    assert environment["RAY_AUTH_TOKEN"] not in done.stdout + done.stderr
    assert load_record(open_store(str(tmp_path / "out"))).counts.accepted is not None
    assert contents(str(tmp_path / "out")) == contents(tiny_dataset.out)
