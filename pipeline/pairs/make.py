"""Turns the planned pairs of one source into finished pairs: draft, measure, describe, rewrite, score, gate.

Every step after the draft works on what a reader of the data set gets: the stored bytes, decoded.
"""

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import NamedTuple

from operators.catalogue import PROCESSES
from operators.renderer import renderer_of
from operators.threads import one_thread
from pipeline.pairs.draft import Draft, Materials, RefusedError
from pipeline.pairs.gating import gate
from pipeline.pairs.origins import RULES
from pipeline.pairs.photo import Photo
from pipeline.pairs.scoring import score_drafts
from pipeline.recipes.provider import RecipeProvider
from pipeline.rewriting.rewrite import Drafted, Rewriter
from pipeline.storage.fetch import Read, read_bytes
from pipeline.words.describe import describe
from quality.measures import grid, measure_pair
from quality.scorers.build import score_names
from quality.scorers.scorer import Scorer, Scores
from quality.seen.evidence import Evidence, gather
from quality.text.validators import validate_words
from schemas.config import DatasetConfig
from schemas.manifest import ManifestRow
from schemas.plan import PlannedPair
from schemas.rewrite import Rewrite
from schemas.sample import Measures, Sample, Words
from schemas.source import SourceError


@dataclass(frozen=True)
class Pair:
    """A pair that was made.

    Attributes:
        row: the manifest row of the pair.
        input: stored bytes of the input; None if the pair failed before its pictures were made.
        target: stored bytes of the target; None likewise.
    """

    row: ManifestRow
    input: bytes | None = None
    target: bytes | None = None

    @property
    def sample(self) -> Sample | None:
        """The members of the pair's sample; None if the pair has no pictures."""
        if self.input is None or self.target is None:
            return None
        return Sample(self.input, self.target, self.row.to_member())


class _Told(NamedTuple):
    """The words of a pair, what they rest on, and whether a VLM has rewritten them."""

    words: Words
    evidence: Evidence
    rewrite: Rewrite | None = None


@one_thread()
def make_pairs(
    planned: Sequence[PlannedPair],
    config: DatasetConfig,
    recipes: RecipeProvider,
    scorers: Sequence[Scorer],
    stored: bytes | None = None,
    read: Read = read_bytes,
    rewrite: Rewriter | None = None,
) -> list[Pair]:
    """Make all planned pairs of one source, accepted or not, in the order of the plan.

    Args:
        planned: all planned pairs of the source.
        config: the data set's config.
        recipes: the provider of the data set's recipes.
        scorers: the scorers that together compute the config's scores.
        stored: the source's encoded photo, where it was kept; see `Photo`. Otherwise the source is read.
        read: reads the source and its original, where they are needed.
        rewrite: rewrites words, see `pipeline.rewriting.rewrite.rewriter_of`; None leaves them as they are.

    Raises:
        SourceChangedError: the source or its original no longer has the bytes that were planned.
    """
    materials = _materials(planned, config, recipes, stored, read)
    spent = [pair for pair in planned if pair not in materials.planned]
    failed = [_failed(pair, "style_repeated", "other pairs of the photo use all the styles") for pair in spent]
    drafts: list[Draft] = []
    for origin, rules in RULES.items():
        alike = [pair for pair in materials.planned if pair.origin == origin]
        if not alike:
            continue
        try:
            drafts += rules.draft(alike, materials)
        except SourceError as error:
            failed += [_failed(pair, f"source_{error.reason}", error.detail) for pair in alike]
        except RefusedError as error:
            failed += [_failed(pair, error.reason, error.detail) for pair in alike]
    told = [_described(draft, config) for draft in drafts]
    if rewrite is not None:
        told = [_rewritten(draft, known, rewrite, config) for draft, known in zip(drafts, told, strict=True)]
    scores = score_drafts(drafts, [[one.words.instruction for one in known] for known in told], scorers)
    pairs = [_finish(*parts, config) for parts in zip(drafts, told, scores, strict=True)]
    return sorted([*failed, *chain(*pairs)], key=lambda pair: pair.row.variant)


@one_thread()
def make_pictures(
    planned: Sequence[PlannedPair],
    wanted: Set[str],
    config: DatasetConfig,
    recipes: RecipeProvider,
    stored: bytes | None = None,
    read: Read = read_bytes,
) -> Mapping[str, tuple[bytes, bytes]]:
    """Make the pictures of some pairs of one source again, without measuring, describing or scoring them.

    Args:
        planned, config, recipes, stored, read: as for `make_pairs`. All pairs of the source are planned, because pixels
            that share a batch may differ in the last bit from pixels that do not.
        wanted: keys of pairs that were made before.

    Returns:
        Stored bytes of the input and of the target, by key.

    Raises:
        SourceError, RefusedError, SourceChangedError: a source or an original is not what it was.
    """
    materials = _materials(planned, config, recipes, stored, read)
    made: dict[str, tuple[bytes, bytes]] = {}
    for origin, rules in RULES.items():
        alike = [pair for pair in materials.planned if pair.origin == origin]
        if wanted.isdisjoint(pair.key for pair in alike):
            continue
        for draft in rules.draft(alike, materials):
            pairs = zip(draft.planned, draft.inputs, strict=True)
            made |= {pair.key: (data, draft.target) for pair, data in pairs if pair.key in wanted}
    return made


def _described(draft: Draft, config: DatasetConfig) -> list[_Told]:
    renderer = renderer_of(config.process, config.engine)
    known = gather(renderer, draft.stored, draft.pixels, draft.recipes, config.engine)
    told = []
    for planned, recipe, evidence in zip(draft.planned, draft.recipes, known, strict=True):
        style = draft.styles.get(planned.key)
        look = style.spoken if style else None
        words = describe(planned.task, recipe, evidence, planned.seed, look, config.words.language)
        told.append(_Told(words, evidence))
    return told


def _rewritten(draft: Draft, told: Sequence[_Told], rewrite: Rewriter, config: DatasetConfig) -> list[_Told]:
    """Rewrite the words of all pairs, those that gates will reject too: gates decide nothing but reasons."""
    checks = [
        partial(validate_words, recipe=recipe, evidence=known.evidence, language=config.words.language)
        for recipe, known in zip(draft.recipes, told, strict=True)
    ]
    drafted = [Drafted(data, known.words, check) for data, known, check in zip(draft.inputs, told, checks, strict=True)]
    return [
        _Told(found.words, known.evidence, found.rewrite)
        for known, found in zip(told, rewrite(drafted, draft.target), strict=True)
    ]


def _finish(draft: Draft, told: Sequence[_Told], scores: Sequence[Scores], config: DatasetConfig) -> list[Pair]:
    """Measure and gate the pairs of a draft."""
    measures = _measured(draft, config)
    expected = score_names(config.scores)
    target_sha256 = hashlib.sha256(draft.target).hexdigest()
    pairs = []
    for i, planned in enumerate(draft.planned):
        style = draft.styles.get(planned.key)
        words, evidence, rewrite = told[i]
        objections = validate_words(words, draft.recipes[i], evidence, config.words.language)
        reasons = list(dict.fromkeys(objection.reason for objection in objections))
        reasons += gate(planned.origin, measures[i], scores[i], config)
        row = ManifestRow(
            **planned.model_dump(),
            status="rejected" if reasons else "accepted",
            reasons=reasons,
            detail=objections[0].sentence or None if objections else None,
            width=draft.pixels.shape[2],
            height=draft.pixels.shape[1],
            style=style.name if style else None,
            input_sha256=hashlib.sha256(draft.inputs[i]).hexdigest(),
            target_sha256=target_sha256,
            recipe=draft.recipes[i],
            draw=draft.draws.get(planned.key),
            effects=dict(evidence.effects),
            words=words,
            rewrite=rewrite,
            measures=measures[i],
            scores={name: scores[i][name] for name in expected if name in scores[i]},  # in the manifest's order
        )
        pairs.append(Pair(row, draft.inputs[i], draft.target))
    return pairs


def _materials(
    planned: Sequence[PlannedPair], config: DatasetConfig, recipes: RecipeProvider, stored: bytes | None, read: Read
) -> Materials:
    """What the pairs of one source are drafted from; those for which no style is left are not among them."""
    chosen = recipes.styles(planned)
    styles = {key: style for key, style in chosen.items() if style is not None}
    made = [pair for pair in planned if pair.key in styles or pair.key not in chosen]
    photo = Photo(planned[0].source, planned[0].source_sha256, config.image, stored, read)
    return Materials(made, config, recipes, styles, photo, read)


def _measured(draft: Draft, config: DatasetConfig) -> list[Measures]:
    process = PROCESSES[config.process]
    renderer, parameters = renderer_of(config.process, config.engine), process.vector(draft.recipes)
    stride = config.scores.difference_stride
    sampled = grid(draft.stored, stride)
    # Only in a spatial process does a pixel depend on its neighbours; other processes render the sampled pixels alone.
    rendered = (
        grid(renderer.render(draft.stored, parameters), stride)
        if process.spatial
        else renderer.render(sampled, parameters)
    )
    return measure_pair(sampled, grid(draft.pixels, stride), rendered, draft.clipped, config.engine)


def _failed(planned: PlannedPair, reason: str, detail: str) -> Pair:
    return Pair(ManifestRow(**planned.model_dump(), status="rejected", reasons=[reason], detail=detail))
