"""How often instructions are like people's: shares from `people.yaml`, which says where they come from."""

from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Measured(_Section):
    """What was counted on people's requests."""

    median_words: int
    no_final_stop: Share
    vague: Share
    reason: Share
    thing: Share
    hue: Share


class Chosen(_Section):
    """What was chosen."""

    lower_case: Share
    polite: Share
    typo: Share
    impossible: Share
    contradiction: Share


class People(_Section):
    """Shares of instructions, and of instructions that name one, two, three and four changes."""

    measured: Measured
    chosen: Chosen
    changes: list[Share]


@cache
def people() -> People:
    """The contents of `people.yaml`."""
    return People.model_validate(yaml.safe_load(Path(__file__).with_name("people.yaml").read_text(encoding="utf-8")))
