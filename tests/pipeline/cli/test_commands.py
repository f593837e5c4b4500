"""The command line as scripts use it: exit codes, JSON alone on standard output, messages that name what is wrong."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli.app import COMMANDS
from pipeline.dataset.reader import shard_rows
from pipeline.dataset.record import commits
from pipeline.storage.store import open_store
from schemas.jobs.run import RunConfig
from tests.contents import contents

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
    assert report.pop("estimate")["pairs"] == 24
    assert json.loads(unretouch("status", str(tmp_path / "out"), "--json")[1]) == report


@pytest.mark.ray
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_cleanly_and_says_how_to_go_on(
    photo_folder: Path, tmp_path: Path, number: signal.Signals, status: int
) -> None:
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
    running.send_signal(number)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == status
    assert "run the same command again to resume" in " ".join(errors.split())
    assert "Traceback" not in errors
    assert len(list(out.glob("commits/*"))) < 6
    assert not (out / "lease.json").exists()
    assert not list(out.rglob(".tmp-*"))


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_the_command_loads_is_answered_too(number: signal.Signals, status: int) -> None:
    code = (
        "import builtins, os, signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from pipeline.cli.main import main\n"
        "load = builtins.__import__\n"
        "def loading(name, *rest):\n"
        f"    if name == 'pipeline.cli.app': os.kill(os.getpid(), {int(number)})\n"
        "    return load(name, *rest)\n"
        "builtins.__import__ = loading\n"
        "main()\n"
    )
    stopped = subprocess.run([sys.executable, "-c", code, "status"], capture_output=True, text=True, check=False)
    assert stopped.returncode == status
    assert "Traceback" not in stopped.stderr
    assert "unretouch: stopped" in stopped.stderr


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


def test_gc_removes_what_killed_runs_have_left(unretouch: Command, tiny_dataset: RunConfig, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(tiny_dataset.out, out)
    before = contents(str(out))
    (out / "shards" / ".tmp-000000.tar-x1").write_bytes(b"half")
    (out / "scratch").mkdir()
    (out / "scratch" / "a").write_bytes(b"photo")
    code, output, _ = unretouch("gc", str(out), "--json")
    assert code == 0
    assert json.loads(output) == {
        "interrupted writes": 1,
        "parts of the inspection": 0,
        "files of samples": 0,
        "photos of the scratch": 1,
        "answers of the VLM": 0,
    }
    assert contents(str(out)) == before
    assert unretouch("gc", str(tmp_path))[0] == 1
