"""Trainings of a tiny model: by heart, resumed, with adapters, by gradients added up."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import TrainerCallback

from pipeline.images.codec import encode
from pipeline.training.claim import AnotherTrainingError
from pipeline.training.photo_file import read_photo
from pipeline.training.reader import PairDataset
from pipeline.training.vlm import train
from pipeline.training.vlm_model import UnusableModelError, load
from pipeline.training.vlm_retouch import Retoucher
from quality.measures import psnr
from quality.text.format import sections_of
from schemas.config import ImageConfig
from schemas.jobs.train_vlm import TrainVlmConfig


class _KilledError(Exception):
    """Stands for a kill, after step 3 of 5; the last checkpoint is of step 2, in the middle of the first epoch."""


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

    pairs = PairDataset(settings["data"])
    said = [pairs.labels(number) for number in range(len(pairs))]
    texts = [text for one in said for text in (one.instruction, one.answer)]
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
    weighted = 3 * first[0]["pixel_l1"] + 10 * first[0]["parameter_l1"]
    assert first[0]["loss"] == pytest.approx(first[0]["cross_entropy"] + weighted, rel=1e-3)


def test_another_config_is_refused(config: TrainVlmConfig) -> None:
    train(config.model_copy(update={"steps": 1}))
    with pytest.raises(AnotherTrainingError, match="seed: 0 -> 1"):
        train(config.model_copy(update={"steps": 1, "seed": 1}))


def test_a_trained_model_is_a_checkpoint_to_start_from(config: TrainVlmConfig, tmp_path: Path) -> None:
    folder = train(config.model_copy(update={"steps": 1}))
    again = config.model_copy(update={"steps": 1, "model": str(folder), "out": str(tmp_path / "again")})
    model, _ = load(str(train(again)))
    assert type(model).__name__ == "FastVlmForConditionalGeneration"


def _plain_llava(folder: Path) -> None:
    """A checkpoint of another class, which knows nothing of us; its embeddings are not tied."""
    import transformers

    from pipeline.training.vlm_tiny import tiny_model

    _, processor = tiny_model(["some words"], "aether/1", 64, 0)
    processor.patch_size, processor.vision_feature_select_strategy = 32, "default"
    processor.num_additional_image_tokens = 1
    words, sizes = len(processor.tokenizer), {"hidden_size": 32, "intermediate_size": 32, "num_attention_heads": 2}
    config = transformers.LlavaConfig(
        vision_config={"model_type": "clip_vision_model", "image_size": 64, "patch_size": 32, "num_hidden_layers": 2}
        | sizes,
        text_config={"model_type": "llama", "vocab_size": words - 20, "num_hidden_layers": 1} | sizes,
        image_token_index=processor.tokenizer.convert_tokens_to_ids("<image>"),
        tie_word_embeddings=False,
    )
    transformers.LlavaForConditionalGeneration(config).save_pretrained(folder)
    processor.save_pretrained(folder)


@pytest.mark.parametrize("lora", [None, {"rank": 2}], ids=["full", "lora"])
def test_any_class_with_pictures_and_text_can_be_trained(
    settings: dict[str, Any], tmp_path: Path, lora: dict[str, Any] | None
) -> None:
    plain = tmp_path / "plain"
    _plain_llava(plain)
    values = {**settings, "model": str(plain), "steps": 2, "lora": lora}
    folder = train(TrainVlmConfig.model_validate(values))
    start, end = _weights(plain), _weights(folder)
    changed = {
        name for name in start if start[name].shape != end[name].shape or not torch.equal(start[name], end[name])
    }
    for part in ("q_proj", "embed_tokens", "lm_head"):
        assert any(part in name for name in changed), part
    assert not any("vision_tower" in name for name in changed)
    picture = torch.zeros(3, 50, 70, dtype=torch.uint8)
    assert Retoucher(str(folder)).retouch(picture, "style", "Warmer.").sections.keys() == sections_of("style").keys()


def test_a_folder_without_a_model_is_named(tmp_path: Path, config: TrainVlmConfig) -> None:
    with pytest.raises(UnusableModelError, match="holds no model"):
        load(str(tmp_path))
    with pytest.raises(UnusableModelError, match="cannot be loaded"):
        train(config.model_copy(update={"model": str(tmp_path / "none")}))


def test_four_pairs_are_learned_by_heart(settings: dict[str, Any], tmp_path: Path) -> None:
    """The saved model says what the pairs say, and turns their inputs, as files, into their targets."""
    folder = train(TrainVlmConfig.model_validate({**settings, "steps": 120, "batch": 6, "warmup": 10}))
    retoucher = Retoucher(str(folder))
    pairs = PairDataset(settings["data"])
    for number in range(len(pairs)):
        before, after, said = pairs.pair(number)
        found = retoucher.retouch(before, said.task, said.instruction, held=False)
        assert found.answer == said.answer
        file = tmp_path / f"{said.key}.png"
        file.write_bytes(encode(before, ImageConfig(format="png")))
        assert retoucher.retouch_file(file, said.task, said.instruction, tmp_path) == found
        stored = dict(zip(pairs.process.index, said.parameters.tolist(), strict=True))
        assert sum(bool(value) and not stored[name] for name, value in found.recipe.values.items()) <= 3
        rendered = read_photo(tmp_path / f"{said.key}.jpg").pixels
        assert psnr(rendered[None], after[None]) > psnr(before[None], after[None]) + 3
