"""Scorer cards: what a score is a function of, beside the pictures."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class ScorerCard(BaseModel):
    """What computes a score. Scores of two data sets can be compared if these say the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """As in "piqe" or "clip_image"."""
    scores: list[str]
    """Its names in the manifest: one for both pictures of a pair, or one for each, `NAME_input` and `NAME_target`."""
    model: str
    """The library's name for it."""
    preprocessing: dict[str, int | str | list[float]]
    """What is done to the stored picture before the model sees it."""
    weights_sha256: str | None
    """SHA-256 over the values of all weights and constant tables, whatever file they came from; null for a plain
    formula."""
    library: str
    version: str
    device: Literal["cpu", "cuda"]
    batched: bool
    """Whether pictures go through it in batches; a model that scores a batch otherwise sees one at a time."""
    better: Literal["higher", "lower"]
    noise: float | None = None
    """A difference of two scores up to this says nothing; see `quality.scorers.noise`. Null until it is measured."""


class Preferences(BaseModel):
    """How many of some pairs a no-reference score prefers which picture of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: int
    target: int
    neither: int
    """The two scores differ by no more than the scorer's noise."""
