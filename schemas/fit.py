"""Fitting: how a recipe is recovered from a real pair, when it is refused, and what a bank of fits holds."""

from collections.abc import Sequence
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from schemas.recipe import Recipe

FitReason = Literal["unreadable", "different_size", "different_pictures", "misaligned", "local_edit", "poor_fit"]
"""Why a pair has no recipe: a picture cannot be read, sizes differ, the pictures do not show the same, they are
shifted or scaled against each other, the edit depends on the place in the picture, the process cannot make the edit."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SolverConfig(_Record):
    """The Gauss-Newton solver of `operators.solver`."""

    iterations: Annotated[int, Field(gt=0)] = 24
    """Most steps of one solution."""
    tolerance: Annotated[float, Field(gt=0, lt=1)] = 4e-3
    """A solution is done when a step lowers its objective, a logarithm, by less: 0.4 % of the squared residual."""
    prior: Annotated[float, Field(ge=0)] = 0.1
    """Weight of the squared distance from neutral, summed over parameters in units of half their range. A parameter at
    its end must lower the squared residual by 10 % to be worth it."""
    robust: Annotated[float, Field(gt=0)] = 0.2
    """Residual, of values in [0, 1], from which the Cauchy loss counts a value less and less."""


class FitConfig(_Record):
    """How a pair is fitted and what is refused."""

    pixels: Annotated[int, Field(ge=100)] = 3000
    """Pixels that the solver sees."""
    solver: SolverConfig = SolverConfig()
    simplicity: Annotated[float, Field(ge=0)] = 0.2
    """Share of its squared residual, beyond what rounding to 8 bits explains, that a recipe may lose to have fewer
    sliders. 0.2 is 0.8 dB: 18 real pairs, 17 of FiveK, lost 0.7 dB at the median and 0.84 at most, and kept a median of
    10 sliders of 33."""
    starts: Annotated[int, Field(ge=0)] = 8
    """Further points from which a process with several minima is tried, until one solution is exact."""
    min_similarity: Annotated[float, Field(ge=-1, le=1)] = 0.5
    """Least agreement of the directions of luma edges before and after; below it the pictures show different things."""
    max_shift: Annotated[float, Field(gt=0)] = 0.4
    """Largest displacement of one picture against the other, in pixels of the pair reduced to a long side of 512."""
    max_local: Annotated[float, Field(gt=0)] = 1.4
    """Largest residual that goes with the place in the picture, in 8-bit steps; see `pipeline.fitting.checks`."""
    min_psnr: float = 28.0
    """Least PSNR in dB between the fitted recipe rendered on the before image and the after image."""


class Edit(_Record):
    """How the second picture of a pair differs from the first, whatever recipe explains it."""

    strength: float
    """Mean CIEDE2000."""
    lightness: float
    """Difference of mean L*."""
    contrast: float
    """Difference of the standard deviations of L*."""
    chroma: float
    """Binary logarithm of the ratio of mean chromas."""


class Residual(_Record):
    """How well a fit explains a pair, over all pixels in 8 bit, and what the rejections rest on.

    `similarity`, `shift` and `local` are in the units of the `FitConfig` fields that bound them.
    """

    psnr_before: float
    """dB between the two pictures as they are."""
    psnr: float
    """dB between the rendered before image and the after image."""
    de00_mean: float
    """Mean CIEDE2000 of the same two, on every fifth pixel of every fifth row."""
    de00_p95: float
    similarity: float
    shift: float
    local: float


class Fit(_Record):
    """What became of a pair. A pair with a `reason` has no recipe."""

    recipe: Recipe | None = None
    edit: Edit | None = None
    """Null where the pictures cannot be compared."""
    residual: Residual | None = None
    reason: FitReason | None = None
    detail: str | None = None
    """One sentence for a person."""
    iterations: int = 0
    evaluations: int = 0
    """Settings at which the process was rendered on the sampled pixels."""
    renders: int = 0
    """All renders of the sampled pixels: those of `evaluations`, and one for each parameter of each Jacobian."""


class BankRecord(_Record):
    """`OUT/bank.json`: what a bank was made with, and what it holds."""

    process: str
    config: FitConfig
    pairs: int
    fitted: int
    rejected: dict[str, int]
    """Number of pairs by reason."""

    def to_bytes(self) -> bytes:
        """Indented JSON; equal records are equal bytes."""
        return (self.model_dump_json(indent=2) + "\n").encode()


class FitRow(_Record):
    """One pair of a bank."""

    key: str
    """First 16 hex digits of the SHA-256 of the two uris, in the order before, after."""
    before: str
    after: str
    """Uris."""
    licence: str | None
    author: str | None
    group: str | None
    fit: Fit
    before_descriptor: list[float] | None
    after_descriptor: list[float] | None
    """`quality.descriptor.describe_histogram` of the pictures; null where they could not be read."""


def bank_schema(parameters: Sequence[str]) -> pa.Schema:
    """Arrow schema of a bank: `recipe` is a struct with a field for each parameter, null for a rejected pair."""
    return pa.schema(
        [
            ("key", pa.string()),
            ("before", pa.string()),
            ("after", pa.string()),
            ("licence", pa.string()),
            ("author", pa.string()),
            ("group", pa.string()),
            ("reason", pa.string()),
            ("detail", pa.string()),
            ("process", pa.string()),
            ("recipe", pa.struct([(name, pa.float64()) for name in parameters])),
            ("edit", pa.struct([(name, pa.float64()) for name in Edit.model_fields])),
            ("residual", pa.struct([(name, pa.float64()) for name in Residual.model_fields])),
            ("iterations", pa.int32()),
            ("evaluations", pa.int32()),
            ("renders", pa.int32()),
            ("before_descriptor", pa.list_(pa.float32())),
            ("after_descriptor", pa.list_(pa.float32())),
        ]
    )
