"""The checks of an audit: each is a number, held against its threshold."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, get_args

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict
from scipy.special import gammaln

from operators.catalogue import PROCESSES
from pipeline.audit.release.judge import NO_SCENE
from pipeline.audit.release.licences import Use
from pipeline.audit.release.sources import groups_across, look_alikes_across, without_licence
from pipeline.audit.release.survey import EXAMPLES, STRENGTHS, Hashes, Survey
from quality.scene.regions import RegionName
from quality.seen.hues import HUES
from schemas.dataset import DatasetRecord
from schemas.jobs.release import CheckName, Threshold, Thresholds
from schemas.recipe import Group

DRAWN = 10_000
"""Texts among which distinct ones are counted: large data sets have more texts alike, and bounds must fit any size."""

_MAY_BE_CONSTANT = "clipped"
"""Rendered and fitted pairs clip nothing."""

Find = Callable[[str, Hashes], list[str]]
"""Finds keys of pairs whose `instructions` or `targets` have one of some hashes."""


class Check(BaseModel):
    """What was checked: a number, its threshold, and whether it keeps it."""

    model_config = ConfigDict(frozen=True)

    name: CheckName
    value: float | None
    """Null where there is nothing to measure it on, which does not pass."""
    threshold: Threshold
    passed: bool
    detail: dict[str, float] = {}
    """What the number is made of."""
    examples: list[str] = []
    """Keys of pairs, or names of sources, that it is about; a few."""

    @property
    def blocks(self) -> bool:
        """Whether it stops the release."""
        return not self.passed and self.threshold.blocks


class _Found(NamedTuple):
    value: float | None
    detail: Mapping[str, float] = MappingProxyType({})
    examples: Sequence[str] = ()


def run_checks(
    survey: Survey, sources: pa.Table, record: DatasetRecord, thresholds: Thresholds, use: Use | None, find: Find
) -> list[Check]:
    """Run every check, in the order of `CheckName`.

    Args:
        survey: of the whole data set.
        sources: those of `released_sources`.
        record: the data set's record.
        thresholds: what is demanded.
        use: the use that pairs were filtered for.
        find: finds pairs for examples.
    """
    found = {
        **_pairs(survey, use),
        **_words(survey, find),
        **_sliders(survey),
        **_coverage(survey, record),
        **_splits(survey, sources, find),
        "licence_missing": _listed(without_licence(sources), sources.num_rows),
        **_scores(survey),
    }
    return [_held(name, found[name], thresholds.bounds[name]) for name in get_args(CheckName)]


def distinct(counts: Sequence[int] | np.ndarray[tuple[int], np.dtype[np.int64]], drawn: int = DRAWN) -> float | None:
    """The share of distinct texts to expect among so many drawn at random, or among all where they are fewer.

    Args:
        counts: (T,) how often each distinct text occurs.
        drawn: number of texts that are drawn, without putting any back.
    """
    each = np.asarray(counts, np.float64)
    total = float(each.sum())
    if not total:
        return None
    if total <= drawn:
        return len(each) / total
    # Of C(total, drawn) draws, C(total - count, drawn) miss a text.
    rest = np.maximum(total - each, drawn)
    missed = np.exp(gammaln(rest + 1) - gammaln(rest - drawn + 1) - gammaln(total + 1) + gammaln(total - drawn + 1))
    return float(np.where(total - each < drawn, 1.0, 1 - missed).sum()) / drawn


def _held(name: CheckName, found: _Found, threshold: Threshold) -> Check:
    value = None if found.value is None else round(found.value, 6)
    detail = {part: round(number, 6) for part, number in found.detail.items()}
    return Check(
        name=name,
        value=value,
        threshold=threshold,
        passed=threshold.keeps(value),
        detail=detail,
        examples=list(found.examples[:EXAMPLES]),
    )


def _pairs(survey: Survey, use: Use | None) -> dict[CheckName, _Found]:
    totals = survey.totals
    rejected = {reason: count / totals["planned"] for reason, count in survey.counts["rejected"].most_common()}
    left = totals["accepted"] - totals["kept"]
    return {
        "pairs": _Found(value=totals["kept"]),
        "words_objected": _faults(survey, "objection", totals["objected"], totals["judged"]),
        "gates_failed": _faults(survey, "gate", totals["gated"], totals["kept"]),
        "licence_left_out": _Found(value=_share(left, totals["accepted"]) if use else 0.0, detail={"pairs": left}),
        "rejected": _Found(value=_share(totals["planned"] - totals["accepted"], totals["planned"]), detail=rejected),
    }


def _words(survey: Survey, find: Find) -> dict[CheckName, _Found]:
    found: dict[CheckName, _Found] = {}
    names: Mapping[CheckName, str] = {
        "distinct_instructions": "instructions",
        "distinct_answers": "answers",
        "distinct_masked_instructions": "masked instructions",
        "distinct_masked_answers": "masked answers",
    }
    for check, kind in names.items():
        hashes, counts = np.unique(_joined(survey.texts[kind]), return_counts=True)
        found[check] = _Found(value=distinct(counts), detail={"all": len(hashes), "of": int(counts.sum())})
        if kind == "instructions":
            most = int(counts.max(initial=0))
            often = find(kind, hashes[counts == most][:1]) if most > 1 else []
            share = _share(most, int(counts.sum()))
            found["commonest_instruction"] = _Found(value=share, detail={"pairs": most}, examples=often)
    empty = survey.counts["empty section"]
    found["empty_sections"] = _Found(
        value=_share(empty.total(), survey.totals["sections"]), detail={name: empty[name] for name in sorted(empty)}
    )
    return found


def _sliders(survey: Survey) -> dict[CheckName, _Found]:
    total = survey.totals["sliders"]
    effects = survey.counts["effect"]
    invisible, faint = effects["below 0.1"], effects["below 0.1"] + effects["0.1 to 0.3"]
    return {
        "rails": _faults(survey, "rail", survey.counts["rail"].total(), total),
        "invisible_sliders": _Found(value=_share(invisible, total), detail={"sliders": invisible}),
        "faint_sliders": _Found(value=_share(faint, total), detail={"sliders": faint}),
        "effects_missing": _Found(value=_share(effects["missing"], total), detail={"sliders": effects["missing"]}),
    }


def _coverage(survey: Survey, record: DatasetRecord) -> dict[CheckName, _Found]:
    kept, judged = survey.totals["kept"], survey.totals["judged"]
    tasks = [task for task, weight in record.config.words.tasks.items() if weight > 0]
    moved = {spec.group for spec in PROCESSES[record.process].parameters}
    groups = [group for group in get_args(Group) if group in moved]
    return {
        "task_share": _least(survey.counts["task"], tasks, kept),
        "group_share": _least(survey.counts["group"], groups, kept),
        "hue_named_share": _least(survey.counts["hue named"], HUES, kept),
        "hue_seen_share": _least(survey.counts["hue seen"], HUES, judged),
        "scene_share": _least(survey.counts["scene"], [*get_args(RegionName), NO_SCENE], judged),
        "strength_share": _least(survey.counts["strength"], list(STRENGTHS), kept),
    }


def _splits(survey: Survey, sources: pa.Table, find: Find) -> dict[CheckName, _Found]:
    pictures, targets = (_shared(survey, kind) for kind in ("sources", "targets"))
    groups, alike = groups_across(sources), look_alikes_across(sources)
    return {
        "sources_in_two_splits": _Found(value=len(pictures), examples=find("sources", pictures)),
        "targets_in_two_splits": _Found(value=len(targets), examples=find("targets", targets)),
        "groups_in_two_splits": _Found(value=len(groups), examples=groups),
        "look_alikes_in_two_splits": _Found(value=len(alike), examples=alike),
    }


def _scores(survey: Survey) -> dict[CheckName, _Found]:
    numbers = survey.numbers
    missing = {name: int(count) for name, count in zip(numbers.names, numbers.missing, strict=True) if count}
    constant = [name for name in numbers.constant() if name != _MAY_BE_CONSTANT]
    return {
        "scores_missing": _Found(value=sum(missing.values()), detail=missing),
        "scores_constant": _Found(value=len(constant), detail=dict.fromkeys(constant, 1), examples=constant),
    }


def _faults(survey: Survey, kind: str, faulty: int, of: int) -> _Found:
    """A share of faulty pairs or sliders, with the faults by name."""
    counts = dict(survey.counts[kind].most_common())
    keys = [key for name in counts for key in survey.examples[name]]
    return _Found(value=_share(faulty, of), detail=counts, examples=list(dict.fromkeys(keys)))


def _listed(names: list[str], of: int) -> _Found:
    return _Found(value=_share(len(names), of), detail={"sources": len(names)}, examples=names)


def _least(counts: Counter[str], names: Sequence[str], of: int) -> _Found:
    """The smallest of the shares that some names have."""
    if not of:
        return _Found(value=None)
    shares = {name: counts[name] / of for name in names}
    return _Found(value=min(shares.values()), detail=shares)


def _shared(survey: Survey, kind: str) -> Hashes:
    """Hashes that two splits have."""
    splits = [np.unique(_joined(hashes)) for (of, _), hashes in survey.pictures.items() if of == kind]
    hashes, counts = np.unique(_joined(splits), return_counts=True)
    return hashes[counts > 1]


def _joined(hashes: Sequence[Hashes]) -> Hashes:
    return np.concatenate([np.array([], np.uint64), *hashes])


def _share(count: float, of: float) -> float | None:
    return count / of if of else None
