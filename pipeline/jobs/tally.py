"""Counting pairs by outcome, while they are made and afterwards."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import ray

from schemas.dataset import CommitRecord
from schemas.manifest import ManifestRow
from schemas.rewrite import Rewrites


@dataclass
class Outcomes:
    """Numbers of accepted and rejected pairs. In `reasons`, a pair rejected for two reasons counts under both.

    `rewritten` of the pairs have words of the VLM, and `kept` the grammar's after the VLM has failed.
    """

    accepted: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    rewritten: int = 0
    kept: int = 0

    @property
    def pairs(self) -> int:
        """Number of all pairs that were made."""
        return self.accepted + self.rejected

    def __add__(self, other: "Outcomes") -> "Outcomes":
        reasons = self.reasons + other.reasons
        return Outcomes(
            self.accepted + other.accepted,
            self.rejected + other.rejected,
            reasons,
            self.rewritten + other.rewritten,
            self.kept + other.kept,
        )


def outcomes_of_rows(rows: Sequence[ManifestRow]) -> Outcomes:
    """Outcomes of made pairs."""
    accepted = sum(row.status == "accepted" for row in rows)
    words = Counter(row.rewrite.source for row in rows if row.rewrite is not None)
    reasons = Counter(reason for row in rows for reason in row.reasons)
    return Outcomes(accepted, len(rows) - accepted, reasons, words["vlm"], words["grammar"])


def outcomes_of_commit(commit: CommitRecord) -> Outcomes:
    """Outcomes of a committed shard."""
    words = commit.rewrites or Rewrites()
    rejected = commit.planned - commit.accepted
    return Outcomes(commit.accepted, rejected, Counter(commit.rejected), words.vlm, words.grammar)


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Tally:
    """Outcomes of the shards in work. They are kept by shard, so that a shard that is tried again counts once.

    It may lie on a machine that is lost. Then it starts again elsewhere and knows nothing of the shards in work, until
    they are committed.
    """

    def __init__(self) -> None:
        self._shards: dict[int, Outcomes] = {}

    def begin(self, shard: int) -> None:
        """Begin a shard, and forget what an earlier attempt at it reported."""
        self._shards[shard] = Outcomes()

    def add(self, shard: int, outcomes: Outcomes) -> None:
        """Add outcomes to a shard that has begun."""
        self._shards[shard] = self._shards.get(shard, Outcomes()) + outcomes

    def settle(self, shard: int) -> None:
        """Drop a shard that has ended. If it was committed, its commit record holds its outcomes."""
        self._shards.pop(shard, None)

    def total(self) -> Outcomes:
        """Outcomes of all shards in work."""
        return sum(self._shards.values(), Outcomes())
