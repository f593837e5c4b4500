"""The README's examples, run as they stand on a small data set."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from schemas.jobs.run import RunConfig

ROOT = Path(__file__).parent.parent
EXAMPLES = dict(re.findall(r"<!-- example: (\w+) -->\n```\w+\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL))


@pytest.mark.parametrize("name", ["webdataset", "datasets", "sql", "training"])
def test_reading_examples(name: str, tiny_dataset: RunConfig, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "mine").symlink_to(tiny_dataset.out)
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


@pytest.mark.parametrize("name", ["run", "verify"])
def test_command_examples_are_commands_that_exist(name: str) -> None:
    words = EXAMPLES[name].split()
    assert words[0] == ".venv/bin/unretouch"
    shown = CliRunner().invoke(app, [words[1], "--help"], env={"COLUMNS": "200"}).output
    for option in (word for word in words if word.startswith("--")):
        assert option in shown
