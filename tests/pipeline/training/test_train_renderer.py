"""Training learns, resumes bit by bit, and keeps to its folder."""

from collections.abc import Callable
from pathlib import Path

import boto3
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from pipeline.dataset.index import SelectionError
from pipeline.training import train_renderer
from pipeline.training.claim import AnotherTrainingError
from pipeline.training.color_loss import color_loss
from pipeline.training.train_renderer import MODEL, rate_factor, train
from schemas.jobs.train_renderer import OptimizerConfig, TrainRendererConfig
from tests.pipeline.training.conftest import changed


class KilledError(Exception):
    """Stands for the end of the process."""


@pytest.mark.parametrize("control", ["parameters", "reference"])
def test_a_resumed_training_equals_an_undisturbed_one(
    small_config: TrainRendererConfig, control: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = {**small_config.model.model_dump(), "control": control}
    config = changed(small_config, model=model, steps=4, checkpoint={"every": 2, "keep": 1})
    undisturbed = train(config)

    losses = []

    def killing(colors: Tensor, wanted: Tensor, weight: float) -> Tensor:
        if len(losses) == 3:
            raise KilledError
        losses.append(1)
        return color_loss(colors, wanted, weight)

    again = changed(config, out=str(tmp_path / "again"))
    with monkeypatch.context() as patched:
        patched.setattr(train_renderer, "color_loss", killing)
        with pytest.raises(KilledError):
            train(again)
    assert [path.name for path in (tmp_path / "again" / "checkpoints").iterdir()] == ["000000002"]
    assert train(again) == undisturbed
    weights, others = (load_file(Path(one.out) / MODEL) for one in (config, again))
    assert weights.keys() == others.keys()
    assert all(torch.equal(weights[name], others[name]) for name in weights)


def test_a_training_is_the_same_from_anywhere_and_with_any_number_of_workers(
    small_config: TrainRendererConfig, s3_bucket: str, serve: Callable[..., str], tmp_path: Path
) -> None:
    root = small_config.dataset
    for path in Path(root).rglob("*"):
        if path.is_file():
            boto3.client("s3").upload_file(str(path), s3_bucket, f"some/{path.relative_to(root)}")
    weights = []
    for number, (dataset, workers) in enumerate(
        ((root, 0), (root, 2), (f"s3://{s3_bucket}/some", 0), (serve(root), 0))
    ):
        config = changed(small_config, dataset=dataset, workers=workers, steps=3, out=str(tmp_path / str(number)))
        train(config)
        weights.append(load_file(Path(config.out) / MODEL))
    for others in weights[1:]:
        assert all(torch.equal(weights[0][name], others[name]) for name in others)


def test_other_pairs_are_refused(small_config: TrainRendererConfig) -> None:
    train(small_config)
    with pytest.raises(AnotherTrainingError, match="other pairs"):
        train(changed(small_config, validation={"sources": 2}))


def test_a_condition_selects_what_is_trained_on(small_config: TrainRendererConfig) -> None:
    with pytest.raises(SelectionError, match="nothing is selected"):
        train(changed(small_config, where="task = 'style'"))


def test_training_learns_what_parameters_do(small_config: TrainRendererConfig) -> None:
    measured = train(changed(small_config, steps=150, validation={"sources": 1, "every": 150}))
    assert measured["psnr"] > measured["identity_psnr"] + 3
    assert measured["de00"] < measured["identity_de00"]


def test_a_folder_of_another_training_is_refused(small_config: TrainRendererConfig) -> None:
    train(small_config)
    with pytest.raises(AnotherTrainingError, match="steps: 12 -> 13"):
        train(changed(small_config, steps=13))


def test_a_finished_training_is_only_validated(small_config: TrainRendererConfig) -> None:
    assert train(small_config) == train(small_config)


def test_curves_and_pictures_are_logged(small_config: TrainRendererConfig) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(small_config)
    events = EventAccumulator(str(Path(small_config.out) / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("validation/psnr")] == [6, 12]
    assert events.Tags()["images"]


def test_the_rate_rises_then_falls() -> None:
    rates = [rate_factor(step, 100, OptimizerConfig(warmup=0.1)) for step in range(100)]
    assert rates[9] == max(rates) == 1
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[-1] < 0.01
