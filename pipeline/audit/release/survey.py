"""What is counted of a data set: counters and hashes of each shard, which add up to those of the whole."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from operators.catalogue import PROCESSES
from operators.process import Process
from pipeline.audit.hashes import hashed
from pipeline.audit.release.licences import Use, allows
from pipeline.audit.release.masks import hues_named, masked, says_nothing
from pipeline.audit.release.numbers import Numbers, numbers_of, together
from pipeline.pairs.gating import gate
from quality.scorers.build import score_names
from quality.text.format import parse_answer
from schemas.dataset import DatasetRecord
from schemas.manifest import ManifestRow
from schemas.recipe import ParameterSpec
from schemas.sample import Language, Measures, Words

EXAMPLES = 5
"""Keys that are kept of pairs with the same fault."""

STRENGTHS = {"below 3": 3.0, "3 to 6": 6.0, "6 to 12": 12.0, "from 12": math.inf}
"""Bands of `difference_de00`, by where each ends."""

INVISIBLE, FAINT = 0.1, 0.3
"""Effects, in mean CIEDE2000, below which a slider does not show on its picture, or hardly."""

EFFECTS = {"below 0.1": INVISIBLE, "0.1 to 0.3": FAINT, "0.3 to 1": 1.0, "1 to 3": 3.0, "from 3": math.inf}
"""Bands of effects, by where each ends."""

Hashes = NDArray[np.uint64]


@dataclass
class Survey:
    """Counters and hashes over some rows.

    A hash has 64 bits, so a pair takes about fifty bytes, and of a hundred million texts less than one in a thousand
    millions is taken for another.

    Attributes:
        numbers: measures and scores of the accepted pairs.
        totals: how many pairs, sections, sliders and so on there are.
        counts: by kind, pairs or sliders of each name.
        examples: by fault, keys of pairs that have it.
        texts: by kind, the hashes of all texts, shard by shard.
        pictures: hashes of sources and originals ("sources") and of targets ("targets"), each once a shard, by split.
        keys: keys of the accepted pairs, shard by shard.
    """

    numbers: Numbers
    totals: Counter[str] = field(default_factory=Counter)
    counts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    examples: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    texts: defaultdict[str, list[Hashes]] = field(default_factory=lambda: defaultdict(list))
    pictures: defaultdict[tuple[str, str], list[Hashes]] = field(default_factory=lambda: defaultdict(list))
    keys: list[pa.Array] = field(default_factory=list)

    def add(self, other: "Survey") -> None:
        """Count other rows too."""
        self.numbers = together(self.numbers, other.numbers)
        self.totals += other.totals
        for kind, counter in other.counts.items():
            self.counts[kind] += counter
        for fault, keys in other.examples.items():
            self.examples[fault] = (self.examples[fault] + keys)[:EXAMPLES]
        for name, hashes in other.texts.items():
            self.texts[name] += hashes
        for place, hashes in other.pictures.items():
            self.pictures[place] += hashes
        self.keys += other.keys

    def fault(self, kind: str, names: Iterable[str], key: str) -> None:
        """Count a pair's faults of a kind, and keep its key."""
        for name in names:
            self.counts[kind][name] += 1
            if len(self.examples[name]) < EXAMPLES:
                self.examples[name].append(key)


def survey_rows(rows: Sequence[ManifestRow], record: DatasetRecord, use: Use | None = None) -> Survey:
    """Count rows, without a look at their pictures.

    Args:
        rows: all rows of some shards, accepted or not.
        record: the data set's record.
        use: a use; accepted pairs whose licence does not allow it are only counted as left out.
    """
    accepted = [row for row in rows if row.status == "accepted"]
    kept = [row for row in accepted if allows(row.licence, use)]
    survey = Survey(_numbers(kept, record))
    survey.totals.update(planned=len(rows), accepted=len(accepted), kept=len(kept))
    for row in rows:
        survey.counts["rejected"].update(row.reasons)
    for row in kept:
        _count_row(survey, row, record)
    survey.keys.append(pa.array([row.key for row in kept], pa.string()))
    _count_texts(survey, [row.words for row in kept if row.words is not None], record.config.words.language)
    for split in {row.split for row in kept}:
        own = [row for row in kept if row.split == split]
        sources = {row.source_sha256 for row in own} | {row.before_sha256 for row in own if row.before_sha256}
        survey.pictures["sources", split].append(hashed(sorted(sources)))
        targets = {row.target_sha256 for row in own if row.target_sha256}
        survey.pictures["targets", split].append(hashed(sorted(targets)))
    return survey


def columns_of(record: DatasetRecord) -> list[str]:
    """Names of the measures and the scores that every accepted pair has."""
    return [*Measures.model_fields, *score_names(record.config.scores)]


def band(value: float, bands: dict[str, float]) -> str:
    """The name of the band that a value lies in; what is beyond all ends lies in the last."""
    return next((name for name, end in bands.items() if value < end), list(bands)[-1])


def _numbers(rows: Sequence[ManifestRow], record: DatasetRecord) -> Numbers:
    names = columns_of(record)
    values = np.full((len(rows), len(names)), np.nan)
    for line, row in zip(values, rows, strict=True):
        found = {**(row.measures.model_dump() if row.measures else {}), **row.scores}
        line[:] = [np.nan if (value := found.get(name)) is None else value for name in names]
    return numbers_of(names, hashed(row.key for row in rows), values)


def _count_row(survey: Survey, row: ManifestRow, record: DatasetRecord) -> None:
    process = PROCESSES[record.process]
    survey.counts["task"][row.task] += 1
    survey.counts["origin"][row.origin] += 1
    if row.measures is None:
        survey.fault("gate", ["measures are missing"], row.key)
        survey.totals["gated"] += 1
    else:
        reasons = gate(row.origin, row.measures, row.scores, record.config)
        survey.fault("gate", reasons, row.key)
        survey.totals["gated"] += bool(reasons)
        if not math.isnan(row.measures.difference_de00):
            survey.counts["strength"][band(row.measures.difference_de00, STRENGTHS)] += 1
    _count_sliders(survey, row, process)
    if row.words is not None:
        _count_sections(survey, row.words, record.config.words.language)


def _count_sliders(survey: Survey, row: ManifestRow, process: Process) -> None:
    values = row.recipe.values if row.recipe is not None else {}
    moved = [spec for spec in process.parameters if values.get(spec.name, spec.neutral) != spec.neutral]
    survey.totals["sliders"] += len(moved)
    survey.counts["group"].update({spec.group for spec in moved})
    survey.fault("rail", [spec.name for spec in moved if values[spec.name] in rails(spec)], row.key)
    for spec in moved:
        effect = (row.effects or {}).get(spec.name, math.nan)
        survey.counts["effect"]["missing" if math.isnan(effect) else band(effect, EFFECTS)] += 1


def rails(spec: ParameterSpec) -> set[float]:
    """The stored values at the ends of a slider's range: of all of it, and of what can be undone."""
    ends = [(spec.minimum, spec.maximum), *([spec.safe] if spec.safe else [])]
    return {spec.stepped(end, low, high) for low, high in ends for end in (low, high)}


def _count_sections(survey: Survey, words: Words, language: Language) -> None:
    survey.counts["hue named"].update(hues_named(f"{words.instruction} {words.answer}", language))
    try:
        sections = parse_answer(words.task, words.answer)
    except ValueError:  # which the validators say
        return
    survey.totals["sections"] += len(sections)
    survey.counts["empty section"].update(name for name, text in sections.items() if says_nothing(text, language))


def _count_texts(survey: Survey, words: Sequence[Words], language: Language) -> None:
    instructions, answers = [one.instruction for one in words], [one.answer for one in words]
    for name, texts in (("instructions", instructions), ("answers", answers)):
        survey.texts[name].append(hashed(texts))
        survey.texts[f"masked {name}"].append(hashed(masked(text, language) for text in texts))
