"""What an audit before a release demands: a bound for each of its checks."""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from schemas.config import Bounds, ConfigSection

CheckName = Literal[
    "pairs",
    "words_objected",
    "gates_failed",
    "distinct_instructions",
    "distinct_answers",
    "distinct_masked_instructions",
    "distinct_masked_answers",
    "commonest_instruction",
    "empty_sections",
    "rails",
    "invisible_sliders",
    "faint_sliders",
    "effects_missing",
    "task_share",
    "group_share",
    "hue_named_share",
    "hue_seen_share",
    "scene_share",
    "strength_share",
    "sources_in_two_splits",
    "targets_in_two_splits",
    "groups_in_two_splits",
    "look_alikes_in_two_splits",
    "licence_missing",
    "licence_left_out",
    "scores_missing",
    "scores_constant",
    "rejected",
]
"""The checks, in the order of the report."""


class Threshold(Bounds):
    """Smallest and largest value that passes; null is no bound."""

    blocks: bool = True
    """Whether a value beyond the bounds stops the release; otherwise it is a warning."""

    @model_validator(mode="after")
    def _can_be_kept(self) -> "Threshold":
        if self.min is None and self.max is None:
            raise ValueError("needs min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self

    def keeps(self, value: float | None) -> bool:
        """Whether a value passes; one that could not be measured does not."""
        return value is not None and (self.min is None or value >= self.min) and (self.max is None or value <= self.max)


class Thresholds(ConfigSection):
    """A file of thresholds: each check has one."""

    version: Annotated[int, Field(ge=1)]
    bounds: Mapping[CheckName, Threshold]

    @model_validator(mode="after")
    def _complete(self) -> "Thresholds":
        if missing := [name for name in get_args(CheckName) if name not in self.bounds]:
            raise ValueError(f"bounds lacks {', '.join(missing)}")
        return self
