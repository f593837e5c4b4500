"""Whole runs on Ray with a VLM on loopback: what is asked, what is kept, and what a run does when it goes wrong."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from pipeline.audit.replay import replay, same
from pipeline.audit.verify import verify
from pipeline.dataset.reader import shard_rows
from pipeline.dataset.record import commits, load_record, missing_shards, progress_of
from pipeline.jobs.cluster import cluster
from pipeline.jobs.estimate import estimate
from pipeline.jobs.making import RunFailedError
from pipeline.jobs.planning import plan, survey
from pipeline.jobs.run import run
from pipeline.jobs.vlm_client import VlmRefusedError
from pipeline.shards.answers import single_answers
from pipeline.storage.store import open_store
from schemas.jobs.run import ComputeConfig, RunConfig
from schemas.manifest import ManifestRow
from tests.chaos.trouble import TROUBLES, kill_all
from tests.contents import contents
from tests.vlm_server import MODEL, VlmServer, dated, vlm_server

pytestmark = pytest.mark.ray

CONSOLE = Console(stderr=True)
KEY = "sk-very-secret-key"
VARIABLE = "UNRETOUCH_TEST_KEY"


def by_chance(data: dict[str, Any], _: dict[str, Any]) -> object:
    """Something else each time, as VLMs have it."""
    texts, month = data["words"], random.Random().choice(("January", "March", "June", "July", "October", "December"))
    longer = data["task"] == "auto" and "instruction" in texts
    return {**texts, "instruction": dated(texts["instruction"], month)} if longer else texts


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    """One Ray of two workers for all runs, whose nodes know the key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, KEY)
        with cluster(ComputeConfig(workers=2)):
            patch.setattr("pipeline.jobs.run.cluster", lambda _: nullcontext())
            yield


@pytest.fixture(scope="module")
def values(tiny_values: dict[str, object], photo_folder: Path) -> dict[str, Any]:
    """Three photos, two pairs of each, in two shards."""
    return {
        **tiny_values,
        "sources": [str(path) for path in sorted(photo_folder.glob("*.png"))[:3]],
        "image": {"long_side": 160, "min_short_side": 64},
        "shards": {"pairs": 4, "splits": {"train": 1.0}},
        "words": {"vlm": {"model": MODEL}},
    }


def config_of(values: dict[str, Any], out: Path, vlm: VlmServer, **settings: object) -> RunConfig:
    served = {"url": vlm.url, "tries": 2, "timeout": 30, **settings}
    return RunConfig.model_validate({**values, "out": str(out), "vlm_server": served})


def rows_of(config: RunConfig) -> list[ManifestRow]:
    store = open_store(config.out)
    return [row for commit in commits(store) for row in shard_rows(store, commit)]


@pytest.fixture(scope="module")
def made(
    values: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunConfig, int, dict[str, object]]]:
    """A finished data set, whose server is gone, the number of its questions, and what its run has said."""
    with vlm_server() as server:
        server.reply = by_chance
        out = tmp_path_factory.mktemp("vlm") / "out"
        config = config_of(
            values, out, server, key_variable=VARIABLE, prices={"million_input_tokens": 1, "million_output_tokens": 10}
        )
        finished = run(config, CONSOLE)
        assert set(server.keys) == {f"Bearer {KEY}"}
        told = {"asked": finished.asked, "progress": progress_of(open_store(config.out), finished.record)}
        questions = len(server.requests)
    yield config, questions, told


Made = tuple[RunConfig, int, dict[str, Any]]


def test_a_run_says_what_it_asked(made: Made) -> None:
    config, questions, told = made
    rows = [row for row in rows_of(config) if row.rewrite is not None]
    assert len(rows) == questions > 0
    assert {row.rewrite.source for row in rows if row.rewrite} == {"vlm"}
    assert any(row.words and row.words.instruction.find("I took this photo in ") > 0 for row in rows)
    asked = told["asked"]
    assert (asked.usage.answers, asked.usage.tokens) == (questions, 1000 * questions)
    assert asked.money == pytest.approx(questions * (900 + 10 * 100) / 1e6)
    assert told["progress"]["words of the VLM"] == questions
    assert told["progress"]["VLM tokens of committed shards"] == 1000 * questions


def test_the_key_is_nowhere(made: Made) -> None:
    config, _, _ = made
    for path in Path(config.out).rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes()
    assert KEY not in config.model_dump_json()


def test_a_second_run_verify_and_replay_ask_nobody(made: Made) -> None:
    config, _, _ = made  # its server is gone
    before = contents(config.out)
    run(config, CONSOLE)
    assert contents(config.out) == before
    store = open_store(config.out)
    record = load_record(store)
    report = verify(store, record, sample=2, workers=1)
    assert (report.problems, report.compared) == ([], "bytes")
    key = next(row.key for row in rows_of(config) if row.rewrite is not None)
    assert same(*replay(store, record, key))


def test_shards_are_made_again_from_the_answers(made: Made, tmp_path: Path) -> None:
    config, _, _ = made
    again = config.model_copy(
        update={
            "out": str(tmp_path / "again"),
            "vlm_server": None,
            "compute": config.compute.model_copy(update={"workers": 2}),
        }
    )
    with pytest.raises(VlmRefusedError, match="vlm_server does not say who serves 'tests/parrot'"):
        run(again, CONSOLE)
    store, first = open_store(again.out), open_store(config.out)
    for name in first.names("answers"):
        store.write(name, first.read(name))
    run(again, CONSOLE)
    assert contents(again.out) == contents(config.out)


def test_a_killed_run_keeps_its_answers(values: dict[str, Any], vlm: VlmServer, tmp_path: Path) -> None:
    vlm.reply = by_chance
    out = tmp_path / "out"
    config = config_of(values, out, vlm, concurrency=1, timeout=300)
    file = tmp_path / "run.yaml"
    file.write_text(yaml.safe_dump(config.model_dump(mode="json")))
    vlm.troubles = [None, None, "slow"]
    process = subprocess.Popen(
        [sys.executable, "-c", "from pipeline.cli.main import main; main()", "run", str(file)],
        env={**os.environ, TROUBLES: str(out)},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 300
    while len(vlm.requests) < 3 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    kill_all(str(out))  # its Ray too, where tasks and actor would live a little longer
    process.wait()
    vlm.released.set()
    store = open_store(config.out)
    kept = {name: store.read(name) for name in single_answers(store, lambda _: True)}
    assert len(kept) == 2
    assert missing_shards(store, load_record(store)) == [0, 1]
    finished = run(config, CONSOLE)
    assert finished.asked.kept == 2
    answered = {json.loads(data)["key"]: data for data in kept.values()}
    assert len(vlm.requests) == len({json.dumps(request) for request in vlm.requests}) + 1  # the slow one alone
    assert single_answers(store, lambda _: True) == []
    assert sum(commit.rewrites.answers for commit in commits(store) if commit.rewrites) == len(vlm.requests) - 1
    assert len(answered) == 2


def test_a_budget_stops_the_run_and_a_higher_one_resumes_it(
    values: dict[str, Any], vlm: VlmServer, tmp_path: Path
) -> None:
    vlm.reply = by_chance
    config = config_of(values, tmp_path / "out", vlm, budget={"tokens": 4000})
    with pytest.raises(
        RunFailedError, match=r"BudgetUsedUpError: vlm_server\.budget \(tokens 4000\) is used up: 3 ans"
    ):
        run(config, CONSOLE)
    assert len(vlm.requests) == 3
    with pytest.raises(RunFailedError, match="is used up: 3 answers took 3000 tokens"):  # what was used is known
        run(config, CONSOLE)
    assert len(vlm.requests) == 3
    finished = run(config_of(values, tmp_path / "out", vlm, budget={"tokens": 100_000}), CONSOLE)
    rewritten = [row for row in rows_of(config) if row.rewrite is not None]
    assert len(vlm.requests) == len(rewritten) == finished.asked.usage.answers + 3


def test_a_server_that_does_not_answer_fails_its_shards_alone(
    values: dict[str, Any], vlm: VlmServer, tmp_path: Path
) -> None:
    vlm.headers = {"Retry-After": "0"}
    vlm.troubles = ["fail", "busy"]  # both tries of the first question
    config = config_of(values, tmp_path / "out", vlm, concurrency=1)
    with pytest.raises(RunFailedError, match=r"UnansweredError: .* did not answer: status 429"):
        run(config, CONSOLE)
    store = open_store(config.out)
    assert len(missing_shards(store, load_record(store))) == 1
    finished = run(config, CONSOLE)
    assert all(row.rewrite is None or row.rewrite.source == "vlm" for row in rows_of(config))
    assert finished.record.counts.accepted is not None


def test_another_model_stops_the_run(values: dict[str, Any], vlm: VlmServer, tmp_path: Path) -> None:
    vlm.model = "tests/other"
    config = config_of(values, tmp_path / "out", vlm)
    with pytest.raises(RunFailedError, match="'tests/parrot' was to answer, but 'tests/other' did"):
        run(config, CONSOLE)
    assert commits(open_store(config.out)) == []


def test_estimates_ask_nobody(values: dict[str, Any], vlm: VlmServer, tmp_path: Path) -> None:
    config = config_of(values, tmp_path / "out", vlm)
    store = open_store(config.out)
    record = plan(config, survey(store, config.dataset()), CONSOLE)
    estimate(store, record, config.compute, config.estimate, [], sources=1)
    assert vlm.requests == []
    assert store.names("answers") == []


def test_a_missing_key_is_told_before_any_question(values: dict[str, Any], vlm: VlmServer, tmp_path: Path) -> None:
    with pytest.raises(VlmRefusedError, match="NO_SUCH_VARIABLE holds no API key"):
        run(config_of(values, tmp_path / "out", vlm, key_variable="NO_SUCH_VARIABLE"), CONSOLE)
    assert vlm.requests == []
