"""The report of an audit: every check, and the shares and distributions behind them."""

from collections import Counter

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from pipeline.audit.release.checks import Check
from pipeline.audit.release.licences import Use
from pipeline.audit.release.sources import licences
from pipeline.audit.release.survey import EFFECTS, STRENGTHS, Survey
from schemas.dataset import DatasetRecord

_QUANTILES = {"5 %": 0.05, "25 %": 0.25, "median": 0.5, "75 %": 0.75, "95 %": 0.95}
_PARTS = ("task", "origin", "group", "hue named", "hue seen", "scene", "strength", "effect", "rail", "rejected")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Distribution(_Record):
    """A column of the manifest: ends and counts over all pairs, quantiles over at most 10,000 of them."""

    present: int
    missing: int
    low: float | None
    high: float | None
    quantiles: dict[str, float]


class ThresholdsFile(_Record):
    """Which thresholds were used."""

    file: str
    """Its name, without its folder."""
    version: int
    sha256: str


class Report(_Record):
    """What an audit found. It is a function of the data set, the thresholds and the options: it names no machine."""

    passed: bool
    fingerprint: str
    """Of the data set."""
    made_by: str
    """Version of unretouch that made the data set."""
    process: str
    thresholds: ThresholdsFile
    licences_for: Use | None
    """The use that pairs without a suitable licence were left out for."""
    sources: int
    pairs: int
    """Accepted pairs in the release."""
    judged: int
    """Pairs whose words were held against their pictures."""
    checks: list[Check]
    counts: dict[str, dict[str, int]]
    """Pairs of each task, origin, group and so on; sliders of each effect and at a rail; sources of each licence."""
    distributions: dict[str, Distribution]

    def to_bytes(self) -> bytes:
        """Indented JSON."""
        return (self.model_dump_json(indent=2) + "\n").encode()


def build_report(
    survey: Survey,
    sources: pa.Table,
    checks: list[Check],
    record: DatasetRecord,
    thresholds: ThresholdsFile,
    use: Use | None,
) -> Report:
    """The report of what was counted and checked."""
    counts = {part: _ordered(part, survey.counts[part]) for part in _PARTS}
    return Report(
        passed=not any(check.blocks for check in checks),
        fingerprint=record.fingerprint,
        made_by=record.version,
        process=record.process,
        thresholds=thresholds,
        licences_for=use,
        sources=sources.num_rows,
        pairs=survey.totals["kept"],
        judged=survey.totals["judged"],
        checks=checks,
        counts={**counts, "licence": _ordered("licence", licences(sources))},
        distributions=_distributions(survey),
    )


def _ordered(part: str, counts: Counter[str]) -> dict[str, int]:
    """Bands in their order, others by how many they have."""
    bands = {"strength": STRENGTHS, "effect": EFFECTS}.get(part)
    if bands is not None:
        return {name: counts[name] for name in bands}
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _distributions(survey: Survey) -> dict[str, Distribution]:
    numbers = survey.numbers
    found = {}
    for i, name in enumerate(numbers.names):
        present = int(numbers.present[i])
        quantiles = {label: numbers.quantile(name, share) for label, share in _QUANTILES.items()}
        found[name] = Distribution(
            present=present,
            missing=int(numbers.missing[i]),
            low=float(numbers.low[i]) if present else None,
            high=float(numbers.high[i]) if present else None,
            quantiles={label: round(value, 6) for label, value in quantiles.items() if value is not None},
        )
    return found
