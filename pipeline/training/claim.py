"""The folder of a training belongs to one config."""

import json
from collections.abc import Set
from pathlib import Path

from pydantic import BaseModel

from pipeline.dataset.record import differences
from schemas.errors import UnretouchError

_CONFIG = "config.json"


class AnotherTrainingError(UnretouchError):
    """The folder holds a training with another config."""

    exit_code = 2


def claim(out: Path, config: BaseModel, free: Set[str]) -> None:
    """Write the config to the folder of a training, or compare it with the one that is there.

    Args:
        out: the folder; made if it is not there.
        config: the config of the training.
        free: fields that may differ when a training is resumed.

    Raises:
        AnotherTrainingError: the folder belongs to another config; the message lists the differences.
    """
    path = out / _CONFIG
    out.mkdir(parents=True, exist_ok=True)
    if path.is_file():
        try:
            old = json.loads(path.read_bytes())
        except ValueError as error:
            raise AnotherTrainingError(f"{path} is no config: {error}; use another `out`") from error
        was, now = ({k: v for k, v in one.items() if k not in free} for one in (old, config.model_dump(mode="json")))
        if changed := list(differences(was, now)):
            lines = "\n".join(f"  {line}" for line in changed)
            raise AnotherTrainingError(f"{out} holds a training with another config; use another `out`:\n{lines}")
    path.write_text(config.model_dump_json(indent=2) + "\n")
