"""From one source to its finished pairs: develop, unrender, store, read back, measure, describe, score, gate.

Everything after `encode` works on what a reader of the data set gets: the stored bytes, decoded. The input is
unrendered from the *stored* target, so coding the target costs the cycle nothing.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import torch
from torch import Tensor

from operators.catalogue import PROCESSES
from operators.engine import Engine
from pipeline.codec import decode, encode
from pipeline.recipe_source import RecipeSource
from pipeline.sources.decode import decode as decode_source
from pipeline.sources.errors import SourceError
from pipeline.sources.fetch import read_bytes
from pipeline.sources.resize import fit
from pipeline.words.describe import describe
from quality.change import measure_change
from quality.gates import decide
from quality.measures import grid, measure_pair
from quality.scorers import Scorer, score_names, score_pairs
from quality.text_validators import validate_words
from schemas.config import ImageConfig, RunConfig
from schemas.errors import UnretouchError
from schemas.manifest import ManifestRow
from schemas.plan import PlannedPair


class SourceChangedError(UnretouchError):
    """A source no longer has the bytes that were planned."""


@dataclass(frozen=True)
class Pair:
    """A made pair: its row, and the bytes of its two pictures where it got that far."""

    row: ManifestRow
    input: bytes | None = None
    target: bytes | None = None


def make_pairs(
    planned: Sequence[PlannedPair], config: RunConfig, source: RecipeSource, scorers: Sequence[Scorer]
) -> list[Pair]:
    """Make all planned pairs of one source, accepted or not, in the order of the plan.

    Raises:
        SourceChangedError: the source's bytes are not those that were planned.
    """
    first = planned[0]
    try:
        target_bytes = develop(first, config.image)
    except SourceError as error:
        return [_failed(plan, f"source_{error.reason}", error.detail) for plan in planned]
    process = PROCESSES[config.process]
    target = decode(target_bytes, config.image.format)
    recipes = source.draw(planned, target)
    parameters = process.vector(recipes)
    engine = engine_of(config.process, config.engine)
    raw, clipped = engine.unrender(target, parameters)
    inputs = [encode(picture, config.image) for picture in raw]
    stored = _stacked([decode(data, config.image.format) for data in inputs])
    stride = config.scores.difference_stride
    sampled = grid(stored, stride)
    # A pixel's neighbours matter to spatial operators alone; otherwise the sampled pixels are all that need rendering.
    rendered = (
        grid(engine.render(stored, parameters), stride) if process.spatial else engine.render(sampled, parameters)
    )
    measures = measure_pair(sampled, grid(target, stride), rendered, clipped)
    changes = [measure_change(picture, target) for picture in stored]
    words = [
        describe(plan.task, recipe, change, plan.seed)
        for plan, recipe, change in zip(planned, recipes, changes, strict=True)
    ]
    scores = score_pairs(scorers, stored, target, [text.instruction for text in words])
    expected = score_names(config.scores)
    pairs = []
    for i, plan in enumerate(planned):
        reasons = validate_words(words[i], recipes[i], changes[i])
        reasons += decide(measures[i], scores[i], expected, config.gates)
        row = ManifestRow(
            **plan.model_dump(),
            status="rejected" if reasons else "accepted",
            reasons=reasons,
            width=target.shape[2],
            height=target.shape[1],
            input_sha256=hashlib.sha256(inputs[i]).hexdigest(),
            target_sha256=hashlib.sha256(target_bytes).hexdigest(),
            recipe=recipes[i],
            words=words[i],
            measures=measures[i],
            scores=scores[i],
        )
        pairs.append(Pair(row, inputs[i], target_bytes))
    return pairs


def _stacked(pictures: Sequence[Tensor]) -> Tensor:
    """(3, H, W) pictures with the channels last in memory as (B, 3, H, W), likewise: so nothing is turned over."""
    return torch.stack([picture.permute(1, 2, 0) for picture in pictures]).permute(0, 3, 1, 2)


@cache
def engine_of(process: str, name: Literal["compiled", "eager"]) -> Engine:
    """The engine of a process by its name, made once in each Python process."""
    return Engine(PROCESSES[process], name)


def develop(plan: PlannedPair, config: ImageConfig) -> bytes:
    """The stored target of a source.

    Raises:
        SourceError: the source cannot be used any more.
        SourceChangedError: its bytes are not those that were planned.
    """
    data = read_bytes(plan.source)
    if hashlib.sha256(data).hexdigest() != plan.source_sha256:
        raise SourceChangedError(f"{plan.source} has changed since it was planned; restore it or use a new OUT")
    return encode(fit(decode_source(data, plan.source, config).pixels, config.long_side), config)


def _failed(plan: PlannedPair, reason: str, detail: str) -> Pair:
    return Pair(ManifestRow(**plan.model_dump(), status="rejected", reasons=[reason], detail=detail))
