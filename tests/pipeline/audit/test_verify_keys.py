"""Keys that stand in several rows are found by their hashes, and named."""

import pytest

from pipeline.audit.verify import _repeated
from pipeline.audit.verify_shard import hashes
from pipeline.dataset.reader import shard_rows
from pipeline.dataset.record import commits
from pipeline.storage.store import open_store
from schemas.jobs.run import RunConfig

pytestmark = pytest.mark.ray


def test_a_key_in_two_shards_is_named(tiny_dataset: RunConfig) -> None:
    store = open_store(tiny_dataset.out)
    first, second, *_ = commits(store)
    rows = [shard_rows(store, commit) for commit in (first, second)]
    own = [hashes(shard) for shard in rows]
    assert _repeated(store, [first, second], own) == []
    # As if the first shard had been committed again under another number.
    problems = _repeated(store, [first, second, first], [*own, own[0]])
    assert problems == [f"key {row.key} stands in 2 rows" for row in rows[0]]
    assert _repeated(store, [], []) == []
