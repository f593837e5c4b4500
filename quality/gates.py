"""Gates: rules that accept or reject a pair by its measures and scores.

Reasons are short codes. `NAME_low` and `NAME_high` say which bound of which gate failed, NAME being its field in the
config: `difference_de00_low`, `cycle_psnr_low`, `clipped_high`; bounds on scores give `score_low:ssim`. What could not
be measured rejects as well, whether or not it has a bound: `measures_missing`, `measure_missing:cycle_psnr`,
`score_missing:piqe_input`.
"""

import math
from collections.abc import Mapping, Sequence

from schemas.config import Bounds, GatesConfig
from schemas.sample import Measures


def decide(
    measures: Measures | None, scores: Mapping[str, float | None], expected_scores: Sequence[str], gates: GatesConfig
) -> list[str]:
    """Reasons to reject a pair; none accepts it.

    Args:
        measures: None where the pair could not be measured.
        scores: by name; None and NaN are missing.
        expected_scores: names of all scores that the config asks for.
        gates: the bounds.
    """
    if measures is None:
        return ["measures_missing"]
    values = measures.model_dump()
    reasons = [f"measure_missing:{name}" for name, value in values.items() if math.isnan(value)]
    for name in ("difference_de00", "cycle_psnr", "cycle_de00_p95", "clipped"):
        reasons += [f"{name}_{side}" for side in _violations(values[name], getattr(gates, name))]
    for name in dict.fromkeys([*expected_scores, *gates.scores]):
        value = scores.get(name)
        if value is None or math.isnan(value):
            reasons.append(f"score_missing:{name}")
        else:
            reasons += [f"score_{side}:{name}" for side in _violations(value, gates.scores.get(name, Bounds()))]
    return reasons


def _violations(value: float, bounds: Bounds) -> list[str]:
    low = bounds.min is not None and value < bounds.min
    high = bounds.max is not None and value > bounds.max
    return ["low"] * low + ["high"] * high
