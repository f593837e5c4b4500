"""The validators over the pairs of one shard: pictures decoded, evidence gathered anew, words held against it."""

import hashlib
from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

import torch

from operators.renderer import renderer_of
from pipeline.audit.release.survey import Survey
from pipeline.images.codec import decode
from pipeline.storage.damage import DamagedError, reading
from quality.seen.claims import MIN_HUE_SHARE, MIN_THING_SHARE
from quality.seen.evidence import Evidence, gather
from quality.seen.hues import HUES
from quality.text.validators import validate_words
from schemas.dataset import DatasetRecord
from schemas.manifest import ManifestRow

NO_SCENE = "nothing named"
"""The scene of a picture in which no region is found."""


class Stored(NamedTuple):
    """An accepted pair as it is stored: its row, and the bytes of its pictures."""

    row: ManifestRow
    input: bytes
    target: bytes


def judge(pairs: Iterable[Stored], record: DatasetRecord, survey: Survey) -> None:
    """Hold the words of pairs against their pictures, and count what speaks against them and what pictures show.

    Args:
        pairs: accepted pairs; neighbours with the same target are looked at together.
        record: the data set's record.
        survey: receives the counts.

    Raises:
        DamagedError: a picture is not that of the row or cannot be decoded, or a recipe is of another process.
    """
    for _, group in groupby(pairs, key=lambda pair: pair.row.target_sha256):
        whole = []
        for pair in group:
            _check_stored(pair)
            survey.totals["judged"] += 1
            if pair.row.words is None or pair.row.recipe is None:
                survey.totals["objected"] += 1
                survey.fault("objection", ["text_missing"], pair.row.key)
            else:
                whole.append(pair)
        if whole:
            with reading(f"the pair {whole[0].row.key}"):
                _judge_alike(whole, record, survey)


def _check_stored(pair: Stored) -> None:
    """Check that the pictures of a pair are those that its row names. Raises DamagedError."""
    for part, data, sha256 in (
        ("input", pair.input, pair.row.input_sha256),
        ("target", pair.target, pair.row.target_sha256),
    ):
        if hashlib.sha256(data).hexdigest() != sha256:
            raise DamagedError(f"the {part} of {pair.row.key} is not the picture that its row names")


def _judge_alike(pairs: list[Stored], record: DatasetRecord, survey: Survey) -> None:
    config = record.config
    inputs = torch.stack([decode(pair.input, config.image.format) for pair in pairs])
    target = decode(pairs[0].target, config.image.format)
    recipes = [pair.row.recipe for pair in pairs if pair.row.recipe is not None]
    found = gather(renderer_of(record.process, config.engine), inputs, target, recipes, config.engine)
    for pair, recipe, evidence in zip(pairs, recipes, found, strict=True):
        _count_scene(survey, evidence)
        if pair.row.words is None:
            continue
        objections = validate_words(pair.row.words, recipe, evidence, config.words.language)
        reasons = list(dict.fromkeys(objection.reason for objection in objections))
        survey.fault("objection", reasons, pair.row.key)
        survey.totals["objected"] += bool(reasons)


def _count_scene(survey: Survey, evidence: Evidence) -> None:
    hues = zip(HUES, evidence.change.hues, strict=True)
    survey.counts["hue seen"].update(name for name, hue in hues if hue.share >= MIN_HUE_SHARE)
    things = [thing.name for thing in evidence.change.things if thing.share >= MIN_THING_SHARE]
    survey.counts["scene"].update(things or [NO_SCENE])
