"""The image of every node. It cannot be built in a test; hadolint reads it, and so do we."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def dockerfile() -> str:
    return (ROOT / "infra" / "Dockerfile").read_text()


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [str(hadolint), str(ROOT / "infra" / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_it_runs_as_somebody_by_number_with_a_home(dockerfile: str) -> None:
    assert re.findall(r"^USER (.*)$", dockerfile, re.MULTILINE) == ["1000:1000"]
    assert "useradd --create-home --uid 1000 unretouch" in dockerfile
    assert "HOME=/home/unretouch" in dockerfile


def test_kuberay_and_ray_up_start_what_they_want(dockerfile: str) -> None:
    assert "ENTRYPOINT" not in dockerfile
    assert re.search(r"apt-get install .*\bwget\b", dockerfile)


def test_it_has_everything_that_the_installation_needs(dockerfile: str) -> None:
    copied = {name for line in re.findall(r"^COPY (.*) \S+$", dockerfile, re.MULTILINE) for name in line.split()}
    assert all((ROOT / name).exists() for name in copied)
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"benchmarks", "tests"}
    assert copied >= {"pyproject.toml", "setup.py", "constraints.txt", *rooms}
    assert "--constraint constraints.txt" in dockerfile
