"""What a run measures of its scorers, on the data set that it has just made."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.audit.card import card
from pipeline.dataset.record import load_record, own_commits
from pipeline.jobs.finishing import finish
from pipeline.jobs.planning import DatasetMismatchError, Survey, plan
from pipeline.jobs.scorer_noise import is_measured, measure_scorers
from pipeline.storage.store import open_store
from quality.scorers.build import scorer_cards, task_scorers
from schemas.config import ScoresConfig
from schemas.dataset import DatasetRecord
from schemas.jobs.run import RunConfig

SCORES = {"metrics": ["psnr", "piqe"], "long_side": 160}


def test_the_card_of_a_data_set_says_what_its_scores_prefer(make_dataset: Callable[..., str], tmp_path: Path) -> None:
    store = open_store(make_dataset(tmp_path / "out", scores=SCORES))
    config = ScoresConfig.model_validate(SCORES)
    scorers = task_scorers(config)
    record = load_record(store).model_copy(update={"scorers": scorer_cards(scorers, config)})
    assert not is_measured(record)
    measured = measure_scorers(store, record, scorers)
    assert is_measured(measured)
    psnr, piqe = measured.scorers
    assert psnr.noise is not None and 0 < psnr.noise < 3
    assert piqe.noise is not None and 0 < piqe.noise < 30
    assert measured.preferences is not None
    [votes] = measured.preferences.values()
    assert votes.input + votes.target + votes.neither == record.counts.accepted
    assert votes.neither > 0

    again = finish(store, measured)
    assert DatasetRecord.model_validate_json(store.read("dataset.json")) == again
    lines = card(again, own_commits(store, again)).splitlines()
    assert any(line.startswith("| `psnr` | psnr of unretouch") and line.endswith("|  |  |  |") for line in lines)
    assert any(line.startswith("| `piqe` | piqe of unretouch") and line.count(" %") == 3 for line in lines)
    assert measure_scorers(store, record, scorers) == measured


def test_a_run_is_not_resumed_with_other_scorers(make_dataset: Callable[..., str], tmp_path: Path) -> None:
    store = open_store(make_dataset(tmp_path / "out", scores=SCORES))
    config = ScoresConfig.model_validate(SCORES)
    cards = scorer_cards(task_scorers(config), config)
    record = load_record(store).model_copy(update={"scorers": cards})
    found = Survey(record, [], [])
    run = RunConfig.model_validate({"sources": ["x"], "out": str(tmp_path), "scores": SCORES})
    assert plan(run, found, Console(stderr=True), scorers=cards) == record
    other = [cards[0], cards[1].model_copy(update={"weights_sha256": "0" * 64})]
    with pytest.raises(DatasetMismatchError, match=r"other scorers:\n  scorers\.piqe\.weights_sha256: null -> "):
        plan(run, found, Console(stderr=True), scorers=other)
