"""Configs of trainings: those that ship are valid, and mistakes are named."""

import sys
from pathlib import Path

import pytest

from pipeline.cli.training import ExtraMissingError, import_extra
from pipeline.config import ConfigError, read_config
from schemas.jobs.train_renderer import TrainRendererConfig

CONFIGS = Path(__file__).parents[3] / "configs"


@pytest.mark.parametrize("name", ["train-renderer.yaml", "train-renderer-tiny.yaml"])
def test_configs_that_ship_are_valid(name: str) -> None:
    assert read_config(CONFIGS / name, TrainRendererConfig, ["steps=5"]).steps == 5


def test_fields_of_a_section_that_is_null_can_be_set() -> None:
    ray = read_config(CONFIGS / "train-renderer.yaml", TrainRendererConfig, ["ray.workers=2"]).ray
    assert ray is not None
    assert ray.workers == 2


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"model\.layers: there is no such field"):
        read_config(CONFIGS / "train-renderer.yaml", TrainRendererConfig, ["model.layers=5"])


def test_a_missing_library_is_named_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "accelerate", None)
    for name in ("pipeline.training.train_renderer", "pipeline.training.checkpoints"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(ExtraMissingError, match=r"accelerate.*unretouch\[training\]"):
        import_extra("pipeline.training.train_renderer")
