"""The commit record of a shard, which one data set writes once."""

from pipeline.storage.damage import reading
from pipeline.storage.store import Store
from schemas.dataset import CommitRecord
from schemas.errors import UnretouchError


class ForeignCommitError(UnretouchError):
    """A shard was committed by another data set in the same OUT."""


def commit_name(shard: int) -> str:
    """Name of a shard's commit record."""
    return f"commits/{shard:06d}.json"


def find_commit(store: Store, shard: int, fingerprint: str) -> CommitRecord | None:
    """The commit record of a shard; None if it is not committed.

    Raises:
        ForeignCommitError: the record has another fingerprint.
        DamagedError: it is no commit record.
    """
    try:
        data = store.read(commit_name(shard))
    except FileNotFoundError:
        return None
    with reading(f"{store.root}/{commit_name(shard)}"):
        found = CommitRecord.model_validate_json(data)
    check_own(store, found, fingerprint)
    return found


def write_commit(store: Store, commit: CommitRecord) -> None:
    """Commit a shard. An attempt that seemed lost may have committed it before, with the same bytes.

    Raises:
        ForeignCommitError: another data set committed it.
    """
    try:
        store.create(commit_name(commit.shard), commit.to_bytes())
    except FileExistsError:
        find_commit(store, commit.shard, commit.fingerprint)


def check_own(store: Store, commit: CommitRecord, fingerprint: str) -> None:
    """Check that a commit record is of the data set with this fingerprint.

    Raises:
        ForeignCommitError: it is not.
    """
    if commit.fingerprint != fingerprint:
        raise ForeignCommitError(
            f"{store.root}/{commit_name(commit.shard)} was written for another data set than {store.root}/dataset.json "
            "describes; use another OUT, or remove this record to have the shard made again"
        )
