"""The README's examples, run as they stand on a small data set."""

import os
import re
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
import webdataset as wds
from typer.testing import CliRunner

from pipeline.cli.app import app
from schemas.jobs.run import RunConfig

ROOT = Path(__file__).parent.parent
EXAMPLES = dict(re.findall(r"<!-- example: (\w+) -->\n```\w+\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL))


@pytest.mark.parametrize("name", ["webdataset", "datasets", "sql", "training", "cards"])
def test_reading_examples(name: str, tiny_dataset: RunConfig, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    for dataset in ("mine", "dataset"):
        (tmp_path / "demo" / dataset).symlink_to(tiny_dataset.out)
    environment = {**os.environ, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", EXAMPLES[name]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 3


@pytest.fixture
def published(tiny_dataset: RunConfig, s3_bucket: str) -> None:
    """The small data set at s3://pairs/v1."""
    client = boto3.client("s3")
    client.create_bucket(Bucket="pairs")
    for path in Path(tiny_dataset.out).rglob("*.*"):
        client.upload_file(str(path), "pairs", f"v1/{path.relative_to(tiny_dataset.out)}")


@pytest.mark.usefixtures("published")
def test_examples_on_s3(tmp_path: Path) -> None:
    environment = {**os.environ, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"}
    shown = subprocess.check_output([sys.executable, "-c", EXAMPLES["s3"]], text=True, env=environment, cwd=ROOT)
    command, _ = EXAMPLES["urls"].split(">")
    start = [sys.executable, "-c", "from pipeline.cli.main import main; main()"]
    urls = subprocess.check_output([*start, *command.split()[1:]], text=True, cwd=ROOT).split()
    signed = [sample["__key__"] for sample in wds.WebDataset(urls, shardshuffle=False)]
    keys = [line.split()[0] for line in shown.splitlines()]
    assert keys[: 2 * len(signed)] == 2 * signed
    assert set(signed) < set(keys[2 * len(signed) :])  # the manifest has the other splits too


@pytest.mark.parametrize("name", ["run", "verify", "release", "regate", "urls"])
def test_command_examples_are_commands_that_exist(name: str) -> None:
    words = EXAMPLES[name].split()
    assert words[0] == ".venv/bin/unretouch"
    shown = CliRunner().invoke(app, [words[1], "--help"], env={"COLUMNS": "200"}).output
    for option in (word for word in words if word.startswith("--")):
        assert option in shown
