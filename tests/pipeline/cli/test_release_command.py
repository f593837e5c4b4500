"""`unretouch release` as scripts use it: exit codes, the report on standard output, files in the data set."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from schemas.jobs.release import CheckName
from tests.pools import Here

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def out(pairs_dataset: str, tmp_path: Path) -> str:
    return shutil.copytree(pairs_dataset, tmp_path / "set").as_posix()


@pytest.fixture
def loose(tmp_path: Path) -> str:
    """Thresholds that a dozen pairs without licences pass."""
    path = tmp_path / "loose.yaml"
    path.write_text(json.dumps({"version": 3, "bounds": {name: {"min": 0} for name in get_args(CheckName)}}))
    return str(path)


def test_exit_status_and_reports(unretouch: Command, out: str, loose: str) -> None:
    code, output, _ = unretouch("release", out, "--thresholds", loose, "--workers", "1", "--json")
    assert code == 0, output
    report = json.loads(output)
    assert report["passed"] is True
    assert report["thresholds"]["file"] == "loose.yaml"
    assert report["thresholds"]["version"] == 3
    assert json.loads(Path(out, "release/report.json").read_bytes()) == report
    assert "<svg" in Path(out, "release/report.html").read_text()


def test_our_thresholds_block_so_small_a_set(unretouch: Command, out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.audit.release.release.ProcessPoolExecutor", Here)
    code, output, errors = unretouch("release", out, "--sample", "2")
    assert code == 1
    assert "licence missing 1 ≤ 0 failed" in output
    assert "words objected 0 ≤ 0 passed" in output
    assert "blocked:" in output
    assert "Traceback" not in errors
    assert Path(out, "release/report.html").exists()


def test_what_cannot_be_audited_is_said(unretouch: Command, out: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("version: 1\nbounds: {}\n")
    code, _, errors = unretouch("release", out, "--thresholds", str(bad))
    assert code == 2
    assert "lacks pairs" in errors
    code, _, errors = unretouch("release", str(tmp_path / "missing"))
    assert code == 1
    assert "holds no data set" in errors
    assert unretouch("release", out, "--licences", "military")[0] == 2
