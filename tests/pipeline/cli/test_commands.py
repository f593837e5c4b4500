"""The command line as scripts use it: exit codes, JSON alone on standard output, messages that name what is wrong."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli.main import COMMANDS
from pipeline.dataset.reader import shard_rows
from pipeline.dataset.record import commits
from pipeline.storage.store import open_store
from schemas.jobs.run import RunConfig

Command = Callable[..., tuple[int, str, str]]

QUICKSTART = Path(__file__).parents[3] / "configs" / "quickstart.yaml"


@pytest.mark.ray
def test_plan_then_status(unretouch: Command, photo_folder: Path, tmp_path: Path) -> None:
    arguments = ["--source", str(photo_folder), "--out", str(tmp_path / "out"), "--set", "image.long_side=128"]
    planned = unretouch("plan", str(QUICKSTART), *arguments, "--json")
    assert planned[0] == 0, planned
    report = json.loads(planned[1])
    assert report["pairs planned"] == 24
    assert report["shards committed"] == 0
    assert json.loads(unretouch("status", str(tmp_path / "out"), "--json")[1]) == report


@pytest.mark.ray
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


def test_show_verify_and_replay(unretouch: Command, tiny_dataset: RunConfig, tmp_path: Path) -> None:
    store = open_store(tiny_dataset.out)
    row = next(r for c in commits(store) for r in shard_rows(store, c) if r.status == "accepted")
    picture = tmp_path / "pair.png"
    shown = unretouch("show", tiny_dataset.out, row.key, "--to", str(picture), "--json")
    assert json.loads(shown[1])["key"] == row.key
    assert picture.read_bytes().startswith(b"\x89PNG")
    again = unretouch("replay", tiny_dataset.out, row.key, "--to", str(tmp_path / "again"), "--json")
    assert again[0] == 0, again
    assert json.loads(again[1])["same"] is True
    verified = unretouch("verify", tiny_dataset.out, "--sample", "1", "--workers", "1", "--json")
    assert verified[0] == 0, verified
    assert json.loads(verified[1])["problems"] == []


def test_the_installed_command_runs() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "unretouch", "--help"], capture_output=True, text=True, check=True
    )
    for function in COMMANDS:
        assert function.__name__.replace("_", "-") in done.stdout
