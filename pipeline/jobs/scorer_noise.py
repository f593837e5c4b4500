"""What is measured of the scorers on a data set's own pairs, once all shards are made: their noise and preferences."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from operators.threads import one_thread
from pipeline.dataset.reader import read_pictures, shard_rows
from pipeline.dataset.record import own_commits
from pipeline.images.codec import decode, encode
from pipeline.storage.store import Store
from quality.scorers.cards import prefer
from quality.scorers.noise import measure_noise
from quality.scorers.scorer import Scorer
from schemas.dataset import DatasetRecord
from schemas.manifest import ManifestRow
from schemas.scores import Preferences, ScorerCard

_Item = TypeVar("_Item")

_SHARDS, _PAIRS = 8, 12
"""Most shards whose rows are read, and most pairs that are scored again."""


def is_measured(record: DatasetRecord) -> bool:
    """Whether `measure_scorers` has been here."""
    return record.preferences is not None


@one_thread()
def measure_scorers(store: Store, record: DatasetRecord, scorers: Sequence[Scorer]) -> DatasetRecord:
    """Measure the noise of each scorer, and what it prefers beyond that.

    Args:
        store: the data set's store. All shards must be committed.
        record: the record.
        scorers: the scorers that together compute the config's scores.

    Returns:
        The record with noise and preferences, which is not written.
    """
    rows = _rows(store, record)
    image = record.config.image
    again = image.model_copy(update={"format": "jpeg"})
    pairs = [
        (*read_pictures(store, row, image.format), row.words.instruction if row.words else "")
        for row in _spread(rows, _PAIRS)
    ]
    noise = (
        measure_noise(scorers, record.scorers, pairs, lambda picture: decode(encode(picture, again), "jpeg"))
        if pairs
        else {}
    )
    cards = [card.model_copy(update={"noise": noise.get(card.name)}) for card in record.scorers]
    return record.model_copy(update={"scorers": cards, "preferences": _preferences(cards, rows)})


def count_preferences(store: Store, record: DatasetRecord) -> DatasetRecord:
    """Count what each scorer prefers, by the noise that the record has; see `measure_scorers`."""
    return record.model_copy(update={"preferences": _preferences(record.scorers, _rows(store, record))})


def _rows(store: Store, record: DatasetRecord) -> list[ManifestRow]:
    """The rows of the accepted pairs of some shards."""
    done = [commit for commit in own_commits(store, record) if commit.accepted]
    return [row for commit in _spread(done, _SHARDS) for row in shard_rows(store, commit) if row.status == "accepted"]


def _preferences(cards: Sequence[ScorerCard], rows: Sequence[ManifestRow]) -> Mapping[str, Preferences]:
    found = {}
    for card in cards:
        if card.noise is None or len(card.scores) != 2:
            continue
        before, after = card.scores
        votes = [
            prefer(new, old, card)
            for row in rows
            if (old := row.scores[before]) is not None and (new := row.scores[after]) is not None
        ]
        found[card.name] = Preferences(input=votes.count(-1), target=votes.count(1), neither=votes.count(0))
    return found


def _spread(items: Sequence[_Item], most: int) -> Sequence[_Item]:
    """At most so many of some items, evenly spread."""
    count = min(most, len(items))
    return [items[i * len(items) // count] for i in range(count)]
