"""Finishing: writing the files that describe a data set as a whole, once every shard is committed."""

import json
from collections import Counter
from collections.abc import Sequence

from pipeline.audit.card import card
from pipeline.audit.contact_sheet import write_contact_sheet
from pipeline.dataset.record import RECORD, own_commits
from pipeline.jobs.estimate import forget_estimate
from pipeline.jobs.inspection import forget_parts
from pipeline.shards.answers import single_answers
from pipeline.shards.scratch import drop_all_but
from pipeline.storage.store import Store
from schemas.dataset import CommitRecord, DatasetRecord


def finish(store: Store, record: DatasetRecord) -> DatasetRecord:
    """Write the totals, the random-access index, the card and the contact sheet. All shards must be committed.

    What killed drivers, tasks and samples have left is removed, as is the estimate.

    Returns:
        The record with the totals.
    """
    drop_all_but(store, ())
    forget_parts(store)
    forget_estimate(store)
    store.remove(*single_answers(store, lambda _: True))
    done = own_commits(store, record)
    rejected: Counter[str] = Counter()
    for commit in done:
        rejected.update(commit.rejected)
    counts = record.counts.model_copy(
        update={"accepted": sum(c.accepted for c in done), "rejected": dict(sorted(rejected.items()))}
    )
    finished = record.model_copy(update={"counts": counts})
    write_contact_sheet(store, done, record.config.image)
    store.write("index.json", _wids_index(done))
    store.write("README.md", card(finished, done).encode())
    store.write(RECORD, finished.to_bytes())
    return finished


def _wids_index(done: Sequence[CommitRecord]) -> bytes:
    """The index for `wids.ShardListDataset`, with URLs relative to the index."""
    shards = [{"url": c.tar.name, "nsamples": c.accepted, "filesize": c.tar.bytes} for c in done if c.accepted]
    index = {"__kind__": "wids-shard-index-v1", "wids_version": 1, "shardlist": shards}
    return (json.dumps(index, indent=2) + "\n").encode()
