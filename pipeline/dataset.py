"""A data set's life around its shards: prepare it, find out what is left to do, finish it."""

import json
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.metadata import version

import pyarrow as pa

from operators.catalogue import PROCESSES
from pipeline.card import card
from pipeline.fingerprint import (
    code_sha256,
    differences,
    essential,
    fingerprint,
    sources_sha256,
    this_platform,
)
from pipeline.gallery import write_contact_sheet
from pipeline.inspection import forget_parts, inspect_sources, read_column, read_records, write_sources
from pipeline.plan import ShardPlan, pair_counts, plan_shards, write_plan
from pipeline.recipe_source import RecipeSource, files_sha256
from pipeline.shard import commit_name
from pipeline.sources.catalogue import settle
from pipeline.sources.listing import list_sources
from pipeline.sources.table import source_records
from pipeline.storage import Store
from pipeline.styles import load_styles
from schemas.config import RunConfig
from schemas.dataset import CommitRecord, Counts, DatasetRecord
from schemas.errors import UnretouchError
from schemas.source import SourceItem, SourceRecord
from schemas.style import Style

logger = logging.getLogger(__name__)

_RECORD = "dataset.json"
_SOURCES_PER_FILE = 100_000


class NoDataSetError(UnretouchError):
    """There is no data set where one is expected."""


class NothingToPlanError(UnretouchError):
    """No source can be used."""


class DatasetMismatchError(UnretouchError):
    """OUT holds a data set that another config, other sources or other code made."""


def load(store: Store) -> DatasetRecord | None:
    """The data set's record, or None where there is no planned data set."""
    try:
        return DatasetRecord.model_validate_json(store.read(_RECORD))
    except FileNotFoundError:
        return None


def prepare(store: Store, config: RunConfig, done: Callable[[Sequence[SourceRecord], int], None]) -> DatasetRecord:
    """Plan the data set, or check that the one under OUT is this one. Needs a running Ray.

    Args:
        done: called with each chunk of inspected sources and the number of all sources.

    Raises:
        DatasetMismatchError: OUT holds another data set; the message shows the differences.
        NothingToPlanError: there is nothing to plan.
        BankError, SamplerError, StylesError: the files under `recipes` cannot be used.
    """
    items = list_sources(config.sources)
    RecipeSource(config.process, config.recipes)  # before any work: a bank that cannot be used is said now
    existing = load(store)
    if existing is not None:
        check_same(existing, config, items, store)
        return existing
    styles = load_styles(config)
    store.clean()
    total = len(items)
    inspected = inspect_sources(store, items, config, lambda found: done(found, total))
    del items  # 250,000 of them are as large as all that follows
    sources = settle(inspected, config.shards.splits)
    shards = plan_shards(sources, config)
    if not shards:
        raise NothingToPlanError(f"none of the {len(sources)} sources can be used: {_reasons(sources)}")
    record = write_planned(store, config, sources, shards, styles)
    forget_parts(store)
    return record


def write_planned(
    store: Store, config: RunConfig, sources: pa.Table, shards: Sequence[ShardPlan], styles: Sequence[Style] = ()
) -> DatasetRecord:
    """Write what a plan consists of: the sources, every pair, and last the record of the data set."""
    for start in range(0, len(sources), _SOURCES_PER_FILE):
        name = f"sources/{start // _SOURCES_PER_FILE:06d}.parquet"
        write_sources(store, name, sources.slice(start, _SOURCES_PER_FILE))
    write_plan(store, shards, config)
    counts = Counts(
        sources=len(sources),
        sources_rejected=_reasons(sources),
        shards=len(shards),
        planned=sum(int(pair_counts(shard.sources, config).sum()) for shard in shards),
    )
    record = _record(config, sources, shards, styles, counts)
    store.write(_RECORD, record.to_bytes())
    return record


def _reasons(sources: pa.Table) -> dict[str, int]:
    """Rejected sources by reason."""
    return dict(sorted(Counter(sources["reason"].drop_null().to_pylist()).items()))


def check_same(existing: DatasetRecord, config: RunConfig, items: Sequence[SourceItem], store: Store) -> None:
    """Raise DatasetMismatchError unless config, sources and code are those that OUT was planned with."""
    found = list(differences(existing.config.model_dump(mode="json"), essential(config).model_dump(mode="json")))
    planned = {
        uri: before
        for name in store.names("sources")
        for uri, before in zip(*(read_column(store, name, column) for column in ("uri", "before")), strict=True)
    }
    listed = {item.uri: item.before for item in items}
    found += [f"sources: {uri} is new" for uri in sorted(listed.keys() - planned.keys())[:20]]
    found += [f"sources: {uri} is gone" for uri in sorted(planned.keys() - listed.keys())[:20]]
    other = sorted(uri for uri in listed.keys() & planned.keys() if listed[uri] != planned[uri])
    found += [f"sources: {uri} has another before: {planned[uri]} -> {listed[uri]}" for uri in other[:20]]
    if existing.recipes_sha256 != files_sha256(config.recipes):
        found.append("recipes: the content of the bank, the sampler or the styles has changed")
    if existing.code_sha256 != code_sha256():
        found.append(f"code: made by version {existing.version} with other source code than this")
    if found:
        raise DatasetMismatchError(
            f"{store.root} holds a data set that was planned differently; use another OUT or go back:\n  "
            + "\n  ".join(found)
        )
    if existing.platform != this_platform(config.engine):
        logger.warning("this machine differs from the one that planned the data set; pixels may differ in the last bit")


def read_sources(store: Store) -> list[SourceRecord]:
    """Every source of the data set, used or not, in the order of the listing."""
    return [record for name in store.names("sources") for record in read_records(store, name)]


def commits(store: Store) -> list[CommitRecord]:
    """The commit records that exist, by shard."""
    return [CommitRecord.model_validate_json(store.read(name)) for name in store.names("commits")]


def missing_shards(store: Store, record: DatasetRecord) -> list[int]:
    """Shards without a commit record."""
    present = set(store.names("commits"))
    return [shard for shard in range(record.counts.shards) if commit_name(shard) not in present]


def progress_of(store: Store, record: DatasetRecord) -> dict[str, object]:
    """How far a data set is, in plain values."""
    done = commits(store)
    rejected: Counter[str] = Counter()
    for commit in done:
        rejected.update(commit.rejected)
    return {
        "out": store.root,
        "complete": len(done) == record.counts.shards,
        "sources": record.counts.sources,
        "sources rejected": record.counts.sources_rejected,
        "shards": record.counts.shards,
        "shards committed": len(done),
        "splits": {split: f"shards {first} to {end - 1}" for split, (first, end) in record.splits.items()},
        "pairs planned": record.counts.planned,
        "pairs accepted": sum(commit.accepted for commit in done),
        "pairs rejected": sum(commit.planned - commit.accepted for commit in done),
        "rejected by reason": dict(sorted(rejected.items())),
    }


def finish(store: Store, record: DatasetRecord) -> DatasetRecord:
    """Write what describes the whole: totals, random-access index and card. All shards must be committed."""
    done = commits(store)
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
    store.write(_RECORD, finished.to_bytes())
    return finished


def _record(
    config: RunConfig, table: pa.Table, shards: Sequence[ShardPlan], styles: Sequence[Style], counts: Counts
) -> DatasetRecord:
    splits: dict[str, list[int]] = {}
    for shard in shards:
        first, _ = splits.get(shard.split, [shard.shard, 0])
        splits[shard.split] = [first, shard.shard + 1]
    where, sources, code = this_platform(config.engine), sources_sha256(source_records(table)), code_sha256()
    recipes = files_sha256(config.recipes)
    return DatasetRecord(
        version=version("unretouch"),
        code_sha256=code,
        process=PROCESSES[config.process].name,
        config=essential(config),
        sources_sha256=sources,
        recipes_sha256=recipes,
        styles=list(styles),
        platform=where,
        fingerprint=fingerprint(config, sources, recipes, code, where),
        splits=splits,
        counts=counts,
    )


def _wids_index(done: Sequence[CommitRecord]) -> bytes:
    """Index for `wids.ShardListDataset`: urls relative to the index."""
    shards = [{"url": c.tar.name, "nsamples": c.accepted, "filesize": c.tar.bytes} for c in done if c.accepted]
    index = {"__kind__": "wids-shard-index-v1", "wids_version": 1, "shardlist": shards}
    return (json.dumps(index, indent=2) + "\n").encode()
