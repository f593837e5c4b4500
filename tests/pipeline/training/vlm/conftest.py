"""A data set of a few pairs made by hand, without Ray, and a training on it that takes seconds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.pipeline.training.conftest import made_pair

if TYPE_CHECKING:
    from torch import Tensor

    from schemas.jobs.train_vlm import TrainVlmConfig
    from schemas.sample import Task
    from tests.pipeline.training.conftest import Write

VALUES = (
    {"Exposure2012": 0.6, "Contrast2012": 20.0},
    {"IncrementalTemperature": 25.0, "Saturation": 20.0},
    {"Exposure2012": -0.5, "HueAdjustmentBlue": 20.0},
    {"Shadows2012": 40.0, "Vibrance": 30.0},
)
TASKS: tuple[Task, ...] = ("auto", "auto", "style", "professional")


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def pairs_root(photos: dict[str, Tensor], write_dataset: Write, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A finished data set: two auto pairs, one of the style task, one professional, 96 pixels wide."""
    from operators.resize import resize

    pairs = [
        made_pair(f"k-{at}", TASKS[at], resize(photo, 96), VALUES[at])
        for at, (_, photo) in zip(range(len(TASKS)), sorted(photos.items()), strict=False)
    ]
    return write_dataset(tmp_path_factory.mktemp("pairs") / "dataset", pairs)


@pytest.fixture
def settings(pairs_root: str, tmp_path: Path) -> dict[str, Any]:
    """Values of a config whose training takes a few seconds."""
    return {
        **{"data": pairs_root, "out": str(tmp_path / "run"), "model": "tiny", "side": 64, "pixels": 256},
        **{"steps": 5, "batch": 2, "learning_rate": 3e-3, "head_learning_rate": 3e-3, "device": "cpu"},
        **{"save_every": 2, "log_every": 1},
    }


@pytest.fixture
def config(settings: dict[str, Any]) -> TrainVlmConfig:
    from schemas.jobs.train_vlm import TrainVlmConfig

    return TrainVlmConfig.model_validate(settings)
