"""Checkpoints of a training of the renderer."""

import shutil
from pathlib import Path
from typing import Any

from accelerate import Accelerator

from pipeline.training.claim import AnotherTrainingError
from schemas.jobs.train_renderer import TrainRendererConfig

_FOLDER = "checkpoints"


class Progress:
    """The number of steps that are done, as Accelerate saves it.

    Args:
        fingerprint: of the pairs that are trained on, see `PairDataset`.
    """

    def __init__(self, fingerprint: str) -> None:
        self.step = 0
        self._fingerprint = fingerprint

    def state_dict(self) -> dict[str, Any]:
        """What is saved."""
        return {"step": self.step, "fingerprint": self._fingerprint}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what was saved.

        Raises:
            AnotherTrainingError: it was saved while other pairs were trained on.
        """
        if state["fingerprint"] != self._fingerprint:
            raise AnotherTrainingError(
                "the training began on other pairs; use another `out`, or the data set as it was"
            )
        self.step = state["step"]


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
