"""Checkpoints of a training, and the config that they belong to."""

import shutil
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from pydantic import ValidationError

from pipeline.dataset.record import differences
from schemas.errors import UnretouchError
from schemas.jobs.train_renderer import TrainRendererConfig

_CONFIG = "config.json"
_FOLDER = "checkpoints"
_NO_MATTER = {"dataset", "out", "workers", "validation", "checkpoint"}
"""Fields of a config that may differ when a training is resumed: they do not change the weights."""


class AnotherTrainingError(UnretouchError):
    """The folder holds a training of another config."""


class Progress:
    """The number of steps that are done, as Accelerate saves it."""

    def __init__(self) -> None:
        self.step = 0

    def state_dict(self) -> dict[str, Any]:
        """What is saved."""
        return {"step": self.step}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what was saved."""
        self.step = state["step"]


def claim(config: TrainRendererConfig) -> None:
    """Make the folder of a training, or check that it is the same training's.

    Raises:
        AnotherTrainingError: it is another's; the message lists the differences.
    """
    path = Path(config.out) / _CONFIG
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file():
        try:
            old = TrainRendererConfig.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise AnotherTrainingError(f"{path} is not a config of this version; use another folder") from error
        was, now = (one.model_dump(mode="json", exclude=_NO_MATTER) for one in (old, config))
        if found := list(differences(was, now)):
            raise AnotherTrainingError(f"{config.out} holds a training of another config: " + "; ".join(found))
    path.write_text(config.model_dump_json(indent=2) + "\n")


def save_checkpoint(accelerator: Accelerator, config: TrainRendererConfig, step: int) -> None:
    """Write a checkpoint under a temporary name, rename it, and remove those that are too many."""
    folder = Path(config.out) / _FOLDER
    temporary = folder / "unfinished"
    if accelerator.is_main_process and temporary.exists():
        shutil.rmtree(temporary)
    accelerator.wait_for_everyone()
    accelerator.save_state(str(temporary))
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        temporary.rename(folder / f"{step:09d}")
        for old in _finished(config)[: -config.checkpoint.keep]:
            shutil.rmtree(old)
    accelerator.wait_for_everyone()


def load_checkpoint(accelerator: Accelerator, config: TrainRendererConfig) -> None:
    """Go on from the last checkpoint, if there is one."""
    if found := _finished(config):
        accelerator.load_state(str(found[-1]))


def _finished(config: TrainRendererConfig) -> list[Path]:
    return sorted(path for path in (Path(config.out) / _FOLDER).glob("[0-9]*") if path.is_dir())
