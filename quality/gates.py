"""Gates: rules over columns of the manifest, which accept or reject a pair.

Reasons are short codes. `NAME_low` and `NAME_high` say which bound of which gate failed, NAME being its field in the
config: `difference_de00_low`, `cycle_psnr_low`, `clipped_high`; bounds on scores give `score_low:ssim`. What could not
be measured rejects as well, whether or not it has a bound: `measure_missing:cycle_psnr`, `score_missing:piqe_input`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from schemas.config import Bounds, GatesConfig, SuitedBounds
from schemas.sample import Measures

_BOUNDED = ("difference_de00", "cycle_psnr", "cycle_de00_p95", "clipped")
"""Measures that have bounds in a config."""


class Rule(NamedTuple):
    """A rule over one column of the manifest: it holds a number, which keeps the bounds.

    Attributes:
        column: name of the column, as in "measures.cycle_psnr" or "scores.ssim".
        bounds: smallest and largest value that passes.
        reason: why a pair is rejected, where {} stands for "missing", "low" or "high".
    """

    column: str
    bounds: Bounds
    reason: str


def rules(gates: GatesConfig, expected_scores: Sequence[str]) -> list[Rule]:
    """The rules of a config, in the order of their reasons.

    Args:
        gates: the bounds.
        expected_scores: names of all scores that the config asks for.
    """
    names = dict.fromkeys([*expected_scores, *gates.scores])
    bounds = {name: gates.scores.get(name, Bounds()) for name in names}
    return measure_rules(gates) + [Rule(f"scores.{name}", bounds[name], f"score_{{}}:{name}") for name in names]


def measure_rules(bounds: GatesConfig | SuitedBounds) -> list[Rule]:
    """The rules over measures alone."""
    there = [Rule(f"measures.{name}", Bounds(), f"measure_{{}}:{name}") for name in Measures.model_fields]
    return there + [Rule(f"measures.{name}", getattr(bounds, name), f"{name}_{{}}") for name in _BOUNDED]


def decide(measures: Measures, scores: Mapping[str, float | None], rules: Sequence[Rule]) -> list[str]:
    """Reasons to reject a pair, from what its row holds; none accepts it.

    Args:
        measures: the row's measures; NaN is missing.
        scores: the row's scores by name; None and NaN are missing.
        rules: rules over these columns. Of several over one column, the first says that it is missing.
    """
    columns = {f"measures.{name}": value for name, value in measures.model_dump().items()}
    columns |= {f"scores.{name}": value for name, value in scores.items()}
    missing: set[str] = set()
    reasons = []
    for column, bounds, reason in rules:
        value = columns.get(column)
        if value is None or math.isnan(value):
            if column not in missing:
                reasons.append(reason.format("missing"))
            missing.add(column)
        else:
            reasons += [reason.format(side) for side in _violations(value, bounds)]
    return reasons


def _violations(value: float, bounds: Bounds) -> list[str]:
    low = bounds.min is not None and value < bounds.min
    high = bounds.max is not None and value > bounds.max
    return ["low"] * low + ["high"] * high
