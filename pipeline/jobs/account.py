"""The account of work that was done: what it has made, and what that took."""

from dataclasses import dataclass, field

from pipeline.storage.traffic import Traffic
from schemas.dataset import CommitRecord


@dataclass(frozen=True)
class Account:
    """What the tasks of shards have made and taken.

    Attributes:
        pairs, accepted: numbers of pairs.
        core_seconds: time in tasks, of one core each, but for that in which they waited for a scoring actor or a VLM.
        gpu_seconds: that time.
        stored_bytes: bytes of tars, offsets and manifests.
        traffic: requests to object stores.
    """

    pairs: int = 0
    accepted: int = 0
    core_seconds: float = 0.0
    gpu_seconds: float = 0.0
    stored_bytes: int = 0
    traffic: Traffic = field(default_factory=Traffic)

    def __add__(self, other: "Account") -> "Account":
        return Account(
            self.pairs + other.pairs,
            self.accepted + other.accepted,
            self.core_seconds + other.core_seconds,
            self.gpu_seconds + other.gpu_seconds,
            self.stored_bytes + other.stored_bytes,
            self.traffic + other.traffic,
        )


def account(commit: CommitRecord, seconds: float, waited: float, traffic: Traffic) -> Account:
    """The account of one shard.

    Args:
        commit: its commit record.
        seconds: that its task took, without waiting for a VLM.
        waited: how many of these it waited for a scoring actor.
        traffic: of its task.
    """
    stored = sum(file.bytes for file in commit.files)
    return Account(commit.planned, commit.accepted, seconds - waited, waited, stored, traffic)
