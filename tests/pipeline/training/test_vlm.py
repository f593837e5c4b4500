"""Trainings of a tiny model: by heart, resumed, with adapters, by gradients added up."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import TrainerCallback

from pipeline.images.codec import decode
from pipeline.training.vlm import OtherTrainingError, train
from pipeline.training.vlm_data import read_pairs
from pipeline.training.vlm_model import UnusableModelError, load
from pipeline.training.vlm_retouch import Retoucher
from schemas.jobs.train_vlm import TrainVlmConfig


class _KilledError(Exception):
    """Stands for a kill."""


class _Kill(TrainerCallback):  # type: ignore[misc]
    def on_step_end(self, _arguments: Any, state: Any, _control: Any, **_: Any) -> None:
        if state.global_step == 3:
            raise _KilledError


class _Losses(TrainerCallback):  # type: ignore[misc]
    def __init__(self) -> None:
        self.logs: list[dict[str, float]] = []

    def on_log(self, _arguments: Any, _state: Any, _control: Any, logs: dict[str, float], **_: Any) -> None:
        self.logs.append(dict(logs))


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


@pytest.mark.parametrize("lora", [None, {"rank": 4, "alpha": 8, "dropout": 0.1}], ids=["full", "lora"])
def test_a_killed_training_ends_at_the_weights_of_an_undisturbed_one(
    settings: dict[str, Any], tmp_path: Path, lora: dict[str, Any] | None
) -> None:
    whole = train(TrainVlmConfig.model_validate({**settings, "lora": lora}))
    config = TrainVlmConfig.model_validate({**settings, "lora": lora, "out": str(tmp_path / "killed")})
    with pytest.raises(_KilledError):
        train(config, [_Kill()])
    resumed = train(config)
    one, other = _weights(whole), _weights(resumed)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    start = _start(settings)
    trained = {name for name, weight in one.items() if not torch.equal(weight, start[name])}
    assert any("retouch_decoder" in name for name in trained)
    assert any("q_proj" in name for name in trained)
    assert any("embed_tokens" in name for name in trained)
    assert not any("vision_tower" in name for name in trained)


def _start(settings: dict[str, Any]) -> dict[str, torch.Tensor]:
    from pipeline.training.vlm_tiny import tiny_model

    pairs = read_pairs(settings["data"], "train")
    texts = [text for pair in pairs for text in (pair.words.instruction, pair.words.answer)]
    model, _ = tiny_model(texts, "aether/1", settings["side"], 0)
    state: dict[str, torch.Tensor] = model.state_dict()
    return state


def test_the_loss_does_not_grow_with_accumulation(settings: dict[str, Any], tmp_path: Path) -> None:
    first = []
    for accumulation in (1, 2):
        losses = _Losses()
        values = {**settings, "batch": 6 // accumulation, "accumulation": accumulation, "steps": 1}
        train(TrainVlmConfig.model_validate({**values, "out": str(tmp_path / str(accumulation))}), [losses])
        first.append(losses.logs[0])
    assert first[0]["loss"] == pytest.approx(first[1]["loss"], rel=0.1)
    assert first[0]["loss"] == pytest.approx(first[0]["cross_entropy"] + 10 * first[0]["pixel_l1"], rel=1e-3)


def test_another_config_is_refused(config: TrainVlmConfig) -> None:
    train(config.model_copy(update={"steps": 1}))
    with pytest.raises(OtherTrainingError, match="seed: 0 -> 1"):
        train(config.model_copy(update={"steps": 1, "seed": 1}))


def test_a_trained_model_is_a_checkpoint_to_start_from(config: TrainVlmConfig, tmp_path: Path) -> None:
    folder = train(config.model_copy(update={"steps": 1}))
    again = config.model_copy(update={"steps": 1, "model": str(folder), "out": str(tmp_path / "again")})
    model, _ = load(str(train(again)))
    assert type(model).__name__ == "FastVlmForConditionalGeneration"


def test_a_folder_without_a_model_is_named(tmp_path: Path, config: TrainVlmConfig) -> None:
    with pytest.raises(UnusableModelError, match="holds no model"):
        load(str(tmp_path))
    with pytest.raises(UnusableModelError, match="cannot be loaded"):
        train(config.model_copy(update={"model": str(tmp_path / "none")}))


def test_four_pairs_are_learned_by_heart(settings: dict[str, Any]) -> None:
    folder = train(TrainVlmConfig.model_validate({**settings, "steps": 120, "batch": 6, "warmup": 10}))
    retoucher = Retoucher(str(folder))
    for pair in read_pairs(settings["data"], "train"):
        words = pair.words
        found = retoucher.retouch(decode(pair.input, pair.image_format), words.task, words.instruction)
        assert found.answer == words.answer
