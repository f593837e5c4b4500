"""A sample: the names of its members, and what a pair carries beside its two pictures."""

from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

Task = Literal["auto", "style", "professional"]
Trait = Literal["vague", "typo", "impossible", "contradiction"]
Language = Literal["en", "zh"]
"""What instructions and answers are written in: English, or Chinese in simplified characters."""
"""What is particular of an instruction: it names a mood and no change; a word is mistyped; it also asks for what no
slider does; it also asks for the opposite."""
ImageFormat = Literal["jpeg", "png", "webp"]

_EXTENSIONS: dict[ImageFormat, str] = {"jpeg": "jpg", "png": "png", "webp": "webp"}


class Sample(NamedTuple):
    """The members of a sample: two coded pictures, and the pair's row as JSON."""

    input: bytes
    target: bytes
    json: bytes


class MemberNames(NamedTuple):
    """What the members of a sample are called after its key and a dot, in the order in which they are stored."""

    input: str
    target: str
    json: str


def member_names(image_format: ImageFormat) -> MemberNames:
    """Member names for a picture format, as in "input.jpg", "target.jpg", "json"."""
    extension = _EXTENSIONS[image_format]
    return MemberNames(f"input.{extension}", f"target.{extension}", "json")


class Measures(BaseModel):
    """How well the recipe explains a pair and how different its pictures are, measured on the stored bytes.

    PSNR and CIEDE2000 are taken on the pixels that `ScoresConfig.difference_stride` selects.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cycle_psnr: float
    """PSNR in dB between the recipe rendered on the stored input and the stored target; 100 for equal pictures."""
    cycle_de00_mean: float
    """Mean CIEDE2000 between the same two pictures."""
    cycle_de00_p95: float
    """95th percentile of CIEDE2000 between the same two pictures."""
    difference_psnr: float
    """PSNR in dB between stored input and stored target."""
    difference_de00: float
    """Mean CIEDE2000 between stored input and stored target."""
    clipped: float
    """Share of the input's pixels that were outside [0, 1] in some channel before clipping, in [0, 1]."""


class Words(BaseModel):
    """The text of a pair; `quality.text.format` has its grammar."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Task
    instruction: str
    """What a user asks for, without the task token."""
    traits: tuple[Trait, ...] = ()
    """What is particular of the instruction."""
    prompt: str
    """`<image>`, a line break, the task token, the instruction."""
    answer: str
    """Problems (auto task only), plans, the three retouch tokens."""
