"""Rewards that cannot be gamed, and groups of equal rewards that are drawn again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.training.vlm import train
from pipeline.training.vlm_dapo import RedrawingTrainer, replaced, train_dapo
from pipeline.training.vlm_rewards import Outcome, Rewards, follows_format, similarity
from quality.scorers.scorer import Compared
from quality.text.format import RETOUCH_TOKENS, build_answer, sections_of
from schemas.jobs.train_dapo import TrainDapoConfig
from schemas.jobs.train_vlm import TrainVlmConfig

TOKENS = "".join(RETOUCH_TOKENS)


def _answer(text: str = "", **changed: str) -> str:
    return build_answer("style", {name: f"{name} {text}".strip() for name in sections_of("style")} | changed)


def test_the_format_cannot_be_gamed() -> None:
    assert follows_format("style", _answer())
    for cheat in (
        TOKENS,
        _answer() + TOKENS,
        _answer() * 2,
        _answer(plan_light=""),
        _answer(plan_light=" "),
        _answer(plan_light="Same.", plan_globalcolor="Same."),
        "<image>\n<Style_Retouch_Task>Make it warmer." + _answer(),
        _answer()[:-5],
    ):
        assert not follows_format("style", cheat)
    assert not follows_format("auto", _answer())


@given(st.text(alphabet="ab ", max_size=300))
def test_length_earns_nothing(text: str) -> None:
    assert follows_format("style", _answer(text)) == follows_format("style", _answer())
    long = f"a{text * 50}b"
    for broken in (
        long,
        long + _answer(),
        _answer() + long,
        _answer(long).removesuffix(TOKENS),
        _answer(plan_light=long, plan_globalcolor=long),
        _answer(plan_light=f"{long} "),
    ):
        assert not follows_format("style", broken)


def test_repeating_the_input_earns_less_than_any_step_towards_the_target(photos: dict[str, torch.Tensor]) -> None:
    target = photos["coffee"]
    before = (target * 0.6).to(torch.uint8)
    steps = [(before * (1 - share) + target * share).to(torch.uint8) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    rewards = [similarity(picture, target) for picture in steps]
    assert rewards == sorted(rewards)
    assert rewards[0] < rewards[1]
    assert rewards[-1] == pytest.approx(2)


class _Brightness:
    """A scorer."""

    def score(self, pictures: Sequence[torch.Tensor], pairs: Sequence[Compared]) -> list[dict[str, float | None]]:
        means = [picture.float().mean().item() for picture in pictures]
        return [{"mean_input": means[pair.input], "mean_target": means[pair.target]} for pair in pairs]


def test_aesthetics_count_for_the_auto_task_alone_and_not_for_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    dark, bright = (torch.full((3, 8, 8), value, dtype=torch.uint8) for value in (50, 80))
    outcomes = [
        Outcome("auto", dark, bright, bright),
        Outcome("auto", dark, dark, bright),
        Outcome("auto", dark, None, bright),
        Outcome("style", dark, bright, bright),
        Outcome("professional", dark, bright, bright),
    ]
    rewards = Rewards(None, None, Mock(), 8, _Brightness(), "mean")
    monkeypatch.setattr(rewards, "_outcomes", lambda *_: outcomes)
    assert rewards.aesthetics([], []) == [30, 0, 0, None, None]
    assert rewards.format([], []) == [1, 1, 0, 1, 1]
    assert rewards.similarity([], []) == [pytest.approx(2), pytest.approx(1 - 30 / 255), 0] + [pytest.approx(2)] * 2


def test_rows_of_a_batch_are_replaced_on_their_side() -> None:
    old = {"prompt_ids": torch.tensor([[1, 2], [3, 4]]), "completion_ids": torch.tensor([[5], [6]])}
    old |= {"completion_mask": torch.ones(2, 1), "num_items_in_batch": torch.tensor(2)}
    new = {"prompt_ids": torch.tensor([[7, 8, 9]]), "completion_ids": torch.tensor([[5, 6]])}
    new |= {"completion_mask": torch.ones(1, 2), "num_items_in_batch": torch.tensor(2)}
    merged = replaced(old, new, torch.tensor([False, True]), pad_id=0)
    assert merged["prompt_ids"].tolist() == [[0, 1, 2], [7, 8, 9]]
    assert merged["completion_ids"].tolist() == [[5, 0], [5, 6]]
    assert merged["completion_mask"].tolist() == [[1, 0], [1, 1]]
    assert merged["num_items_in_batch"] == 3


def test_groups_of_equal_rewards_are_drawn_again(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a model that has learned nothing, every answer breaks the format: all groups are equal, whatever is drawn."""
    model = train(TrainVlmConfig.model_validate({**settings, "steps": 1}))
    drawn: list[int] = []
    real = RedrawingTrainer.__mro__[1]._generate_and_score_completions

    def counted(self: Any, inputs: list[Any]) -> Any:
        drawn.append(len(inputs))
        return real(self, inputs)

    monkeypatch.setattr(RedrawingTrainer.__mro__[1], "_generate_and_score_completions", counted)
    values = {"data": settings["data"], "model": str(model), "out": str(tmp_path / "dapo"), "device": "cpu"}
    config = TrainDapoConfig.model_validate(
        {**values, "prompts": 2, "answers": 2, "redraws": 2, "longest": 6, "steps": 1, "reward_side": 64}
    )
    assert (train_dapo(config) / "model.safetensors").exists()
    assert drawn == [4, 4, 4]
