"""The command line as scripts use it: exit codes, JSON alone on standard output, messages that name what is wrong."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.dataset.reader import shard_rows
from pipeline.dataset.record import commits
from pipeline.storage.store import open_store
from schemas.jobs.run import RunConfig

QUICKSTART = Path(__file__).parents[3] / "configs" / "quickstart.yaml"


def unretouch(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from pipeline.cli.main import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_plan_then_status(photo_folder: Path, tmp_path: Path) -> None:
    arguments = ["--source", str(photo_folder), "--out", str(tmp_path / "out"), "--set", "image.long_side=128"]
    planned = unretouch("plan", str(QUICKSTART), *arguments, "--json")
    assert planned.returncode == 0, planned.stderr
    report = json.loads(planned.stdout)
    assert report["pairs planned"] == 24
    assert report["shards committed"] == 0
    status = unretouch("status", str(tmp_path / "out"), "--json")
    assert json.loads(status.stdout) == report


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", str(QUICKSTART), "--set", "image.qualty=90"], "image.qualty: there is no such field"),
        (["run", str(QUICKSTART), "--set", "scores.metrics=[nonsense]"], "nonsense"),
        (["run", str(QUICKSTART), "--set", "gates.scores={niqe: {max: 3}}"], "niqe is not among the scores"),
        (["run", "no-such-file.yaml"], "no-such-file.yaml cannot be read"),
        (["fly"], "No such command"),
    ],
)
def test_unusable_arguments_exit_with_2(arguments: list[str], message: str) -> None:
    done = unretouch(*arguments)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert done.stdout == ""


def test_failures_exit_with_1(tmp_path: Path) -> None:
    done = unretouch("status", str(tmp_path))
    assert done.returncode == 1
    assert "holds no data set" in " ".join(done.stderr.split())


def test_interrupt_stops_cleanly_and_says_how_to_go_on(photo_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    handler = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    code = handler + "from pipeline.cli.main import main; main()"
    arguments = ["run", str(QUICKSTART), "--source", str(photo_folder), "--out", str(out), "--set", "shards.pairs=4"]
    running = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not list(out.glob("commits/*")) and time.monotonic() < deadline and running.poll() is None:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "run again to resume" in " ".join(errors.split())
    assert len(list(out.glob("commits/*"))) < 6


def test_show_verify_and_replay(tiny_dataset: RunConfig, tmp_path: Path) -> None:
    store = open_store(tiny_dataset.out)
    row = next(r for c in commits(store) for r in shard_rows(store, c) if r.status == "accepted")
    picture = tmp_path / "pair.png"
    shown = unretouch("show", tiny_dataset.out, row.key, "--to", str(picture), "--json")
    assert json.loads(shown.stdout)["key"] == row.key
    assert picture.read_bytes().startswith(b"\x89PNG")
    again = unretouch("replay", tiny_dataset.out, row.key, "--to", str(tmp_path / "again"), "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["same"] is True
    verified = unretouch("verify", tiny_dataset.out, "--sample", "1", "--json")
    assert verified.returncode == 0, verified.stderr
    assert json.loads(verified.stdout)["problems"] == []
