"""What a pair carries beside its two pictures: measures, words and scores."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Task = Literal["auto", "style", "professional"]


class Measures(BaseModel):
    """How well a pair is explained and how different its pictures are, all from the stored bytes.

    PSNR and CIEDE2000 are of the pixels that `ScoresConfig.difference_stride` takes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cycle_psnr: float
    """dB between render(stored input) and stored target; 100 stands for equal pictures."""
    cycle_de00_mean: float
    """Mean CIEDE2000 of the same two."""
    cycle_de00_p95: float
    """95th percentile of CIEDE2000 of the same two."""
    difference_psnr: float
    """dB between stored input and stored target."""
    difference_de00: float
    """Mean CIEDE2000 between stored input and stored target."""
    clipped: float
    """Share of the input's pixels that left [0, 1] in any channel before they were clipped, in [0, 1]."""


class Words(BaseModel):
    """The text of a pair in the format of the three retouching tasks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Task
    instruction: str
    """What a user asks for, without task token; empty for no task."""
    prompt: str
    """`<image>`, a line break, the task token and the instruction."""
    answer: str
    """Problems (auto task only), plans and the three retouch tokens."""
