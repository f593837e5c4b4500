"""The gates' decision about one pair, in a run and again with other gates."""

from collections.abc import Mapping

from pipeline.pairs.origins import RULES
from pipeline.storage.damage import DamagedError
from quality.gates import decide, rules
from quality.scorers.build import score_names
from schemas.config import DatasetConfig
from schemas.manifest import ManifestRow
from schemas.plan import Origin
from schemas.sample import Measures


def gate(origin: Origin, measures: Measures, scores: Mapping[str, float | None], config: DatasetConfig) -> list[str]:
    """The gates' reasons to reject a pair; none accepts it.

    Args:
        origin: origin of the pair, which may have gates of its own.
        measures, scores: as its row holds them.
        config: gates, and the scores that are expected.
    """
    return decide(measures, scores, rules(RULES[origin].gates(config.gates), score_names(config.scores)))


def regated(row: ManifestRow, made: DatasetConfig, wanted: DatasetConfig) -> ManifestRow:
    """The row that a pair gets with other gates. Reasons that are no gate's stay, and come first as in a run.

    Args:
        row: the row of a pair.
        made: the config that the row was made with.
        wanted: the same config with other gates.

    Raises:
        DamagedError: the row's reasons are not those that its measures and scores give.
    """
    if row.measures is None:  # it failed before it could come to a gate
        return row
    before = gate(row.origin, row.measures, row.scores, made)
    others = row.reasons[: len(row.reasons) - len(before)]
    if row.reasons != others + before:
        raise DamagedError(f"{row.key} has reasons {row.reasons}, but its measures and scores give {before}")
    reasons = others + gate(row.origin, row.measures, row.scores, wanted)
    return row.model_copy(update={"reasons": reasons, "status": "rejected" if reasons else "accepted"})
