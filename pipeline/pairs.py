"""From the planned pairs of one source to finished ones: draft, measure, describe, score, gate.

Everything here works on what a reader of the data set gets: the stored bytes, decoded.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from operators.catalogue import PROCESSES
from pipeline.drafts import Draft, RefusedError, draft_photo, engine_of
from pipeline.fitting.draft import draft_fitted
from pipeline.recipe_source import RecipeSource
from pipeline.sources.errors import SourceError
from pipeline.words.describe import describe
from quality.change import measure_changes
from quality.gates import decide, gates_for
from quality.measures import grid, measure_pair
from quality.scorers import Scorer, score_names, score_pairs
from quality.text_validators import validate_words
from schemas.config import RunConfig
from schemas.manifest import ManifestRow
from schemas.plan import PlannedPair
from schemas.sample import Measures


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
        SourceChangedError: the bytes of the source, or of its picture before, are not those that were planned.
    """
    chosen = source.styles(planned)
    styles = {key: style for key, style in chosen.items() if style is not None}
    spent = [plan for plan in planned if plan.key in chosen and plan.key not in styles]
    fitted = [plan for plan in planned if plan.origin == "fitted"]
    others = [plan for plan in planned if plan not in spent and plan not in fitted]
    pairs = [_failed(plan, "style_repeated", "other pairs of the photo are in all the styles") for plan in spent]
    for alike in filter(None, (others, fitted)):
        try:
            drafts = [draft_fitted(alike, config)] if alike is fitted else draft_photo(alike, styles, config, source)
        except SourceError as error:
            pairs += [_failed(plan, f"source_{error.reason}", error.detail) for plan in alike]
        except RefusedError as error:
            pairs += [_failed(plan, error.reason, error.detail) for plan in alike]
        else:
            pairs += [pair for draft in drafts for pair in finish(draft, config, scorers)]
    return sorted(pairs, key=lambda pair: pair.row.variant)


def finish(draft: Draft, config: RunConfig, scorers: Sequence[Scorer]) -> list[Pair]:
    """Measure, describe, score and judge the pairs of a draft."""
    measures = _measured(draft, config)
    changes = measure_changes(draft.stored, draft.pixels)
    words = [
        describe(plan.task, recipe, change, plan.seed, style.spoken if (style := draft.styles.get(plan.key)) else None)
        for plan, recipe, change in zip(draft.planned, draft.recipes, changes, strict=True)
    ]
    scores = score_pairs(scorers, draft.stored, draft.pixels, [text.instruction for text in words])
    expected = score_names(config.scores)
    target_sha256 = hashlib.sha256(draft.target).hexdigest()
    pairs = []
    for i, plan in enumerate(draft.planned):
        reasons = validate_words(words[i], draft.recipes[i], changes[i])
        reasons += decide(measures[i], scores[i], expected, gates_for(plan.origin, config.gates))
        row = ManifestRow(
            **plan.model_dump(),
            status="rejected" if reasons else "accepted",
            reasons=reasons,
            width=draft.pixels.shape[2],
            height=draft.pixels.shape[1],
            style=style.name if (style := draft.styles.get(plan.key)) else None,
            input_sha256=hashlib.sha256(draft.inputs[i]).hexdigest(),
            target_sha256=target_sha256,
            recipe=draft.recipes[i],
            words=words[i],
            measures=measures[i],
            scores=scores[i],
        )
        pairs.append(Pair(row, draft.inputs[i], draft.target))
    return pairs


def _measured(draft: Draft, config: RunConfig) -> list[Measures]:
    process = PROCESSES[config.process]
    engine, parameters = engine_of(config.process, config.engine), process.vector(draft.recipes)
    stride = config.scores.difference_stride
    sampled = grid(draft.stored, stride)
    # A pixel's neighbours matter to spatial operators alone; otherwise the sampled pixels are all that need rendering.
    rendered = (
        grid(engine.render(draft.stored, parameters), stride) if process.spatial else engine.render(sampled, parameters)
    )
    return measure_pair(sampled, grid(draft.pixels, stride), rendered, draft.clipped, config.engine)


def _failed(plan: PlannedPair, reason: str, detail: str) -> Pair:
    return Pair(ManifestRow(**plan.model_dump(), status="rejected", reasons=[reason], detail=detail))
