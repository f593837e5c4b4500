"""Planning: listing and inspecting the sources, laying out every pair, and writing the record of the data set."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import pyarrow as pa
from rich.console import Console

from pipeline.dataset.record import RECORD, differences, find_record
from pipeline.jobs.account import Account
from pipeline.jobs.inspection import forget_parts, inspect_sources
from pipeline.jobs.progress import ProgressView, rejects
from pipeline.jobs.undecided import settle_undecided
from pipeline.recipes.provider import RecipeProvider, files_sha256
from pipeline.recipes.styles import load_styles
from pipeline.shards.fingerprint import (
    code_sha256,
    depends_on_processor,
    fingerprint,
    sources_sha256,
    this_platform,
)
from pipeline.shards.plan import ShardPlan, pair_counts, plan_shards, write_plan
from pipeline.shards.scratch import drop_all_but
from pipeline.sources.catalogue import settle
from pipeline.sources.listing import list_sources
from pipeline.sources.table import read_column, source_records, write_sources
from pipeline.storage.store import Store, open_store
from schemas.config import DatasetConfig
from schemas.dataset import Counts, DatasetRecord
from schemas.errors import UnretouchError
from schemas.jobs.run import ComputeConfig, RunConfig, Unreachable
from schemas.scores import ScorerCard
from schemas.source import SourceItem, SourceRecord
from schemas.style import Style

logger = logging.getLogger(__name__)

_SOURCES_PER_FILE = 100_000


class NothingToPlanError(UnretouchError):
    """No source can be used."""


class DatasetMismatchError(UnretouchError):
    """OUT holds a data set that was planned with another config, other sources or other code."""


@dataclass
class Survey:
    """What is known before any source is read.

    Attributes:
        existing: the record of the data set in OUT, which matches the config; None if nothing is planned yet.
        items: the listed sources.
        styles: the styles of the config.
    """

    existing: DatasetRecord | None
    items: list[SourceItem]
    styles: list[Style]


def survey(store: Store, config: DatasetConfig, allowed_paths: Sequence[str] = ()) -> Survey:
    """List the sources and check everything that can be checked without reading them. Needs no Ray.

    Raises:
        ListingError: a source cannot be listed.
        BankError, SamplerError, StylesError: the files under `recipes` cannot be used.
        NoDataSetError: the store holds a record that this version cannot read.
        DatasetMismatchError: the store holds another data set; the message shows the differences.
    """
    items = list_sources(config.sources, allowed_paths)
    RecipeProvider(config)
    existing = find_record(store)
    if existing is not None:
        check_same(existing, config, items, store)
        return Survey(existing, items, existing.styles)
    return Survey(None, items, load_styles(config))


def plan(
    config: RunConfig,
    found: Survey,
    console: Console,
    spent: Callable[[Account], None] = lambda _: None,
    scorers: Sequence[ScorerCard] = (),
) -> DatasetRecord:
    """Plan the data set of a survey and show the progress; see `plan_dataset`.

    Returns the existing record if the data set is already planned. Otherwise, needs a running Ray.

    Raises:
        DatasetMismatchError: the data set is planned, with other scorers.
    """
    if found.existing is not None:
        _check_scorers(found.existing, scorers)
        return found.existing
    rejected: Counter[str] = Counter()
    done, total = 0, len(found.items)
    with ProgressView(console, "inspecting sources", "sources") as view:

        def show(records: Sequence[SourceRecord]) -> None:
            nonlocal done
            done += len(records)
            rejected.update(record.reason for record in records if record.reason)
            view.update(done, total, rejects(rejected))

        return plan_dataset(
            open_store(config.out), config.dataset(), found, config.compute, config.unreachable, show, spent, scorers
        )


def plan_dataset(
    store: Store,
    config: DatasetConfig,
    found: Survey,
    compute: ComputeConfig,
    unreachable: Unreachable,
    done: Callable[[Sequence[SourceRecord]], None],
    spent: Callable[[Account], None],
    scorers: Sequence[ScorerCard] = (),
) -> DatasetRecord:
    """Inspect the sources of a survey and write the plan. Needs a running Ray.

    The photos of the planned sources are left in the scratch for the run. Hold the lease of the store.

    Args:
        store: the store at OUT.
        config: the data set's config.
        found: the survey. Its items are dropped once they are inspected: a quarter of a million of them take as much
            memory as everything that follows.
        compute: how many chunks of sources are inspected at a time, and with what memory.
        unreachable: what becomes of sources that cannot be fetched.
        done: called with the records of each inspected chunk.
        spent: called with the account of each.
        scorers: the cards of the config's scores.

    Raises:
        NothingToPlanError: no source can be used.
        DatasetMismatchError: another run has planned the store meanwhile.
        UndecidedError: some sources cannot be fetched, and `unreachable` is "stop". Everything that is known of the
            others is kept.
    """
    if find_record(store) is not None:
        raise DatasetMismatchError(f"another run has planned {store.root} meanwhile; run again")
    inspected = inspect_sources(store, found.items, config.image, compute, done, spent)
    found.items.clear()
    settle_undecided(store, inspected, unreachable)
    sources = settle(inspected, config.shards.splits, config.content.reject)
    shards = plan_shards(sources, config)
    if not shards:
        raise NothingToPlanError(f"none of the {len(sources)} sources can be used: {_reasons(sources)}")
    record = write_planned(store, config, sources, shards, found.styles, scorers)
    forget_parts(store)
    drop_all_but(store, (sha256 for shard in shards for sha256 in shard.sources["sha256"].to_pylist()))
    return record


def write_planned(
    store: Store,
    config: DatasetConfig,
    sources: pa.Table,
    shards: Sequence[ShardPlan],
    styles: Sequence[Style] = (),
    scorers: Sequence[ScorerCard] = (),
) -> DatasetRecord:
    """Write the sources, then every planned pair, and last the record of the data set.

    Args:
        store: the store at OUT.
        config: the data set's config.
        sources: table of `SOURCE_SCHEMA` with splits assigned, in listing order.
        shards: the plan of every shard.
        styles: the styles of the config.
        scorers: the cards of the config's scores.

    Returns:
        The record.
    """
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
    record = _record(config, sources, shards, styles, scorers, counts)
    try:
        store.create(RECORD, record.to_bytes())
    except FileExistsError as error:
        raise DatasetMismatchError(f"another run has planned {store.root} meanwhile; run again") from error
    return record


def check_same(existing: DatasetRecord, config: DatasetConfig, items: Sequence[SourceItem], store: Store) -> None:
    """Check that OUT was planned with this config, these sources and this code. Warn if the platform differs.

    Raises:
        DatasetMismatchError: something differs; the message lists the differences.
    """
    # What the sources list is compared below, however they are spelt.
    planned_config, wanted = (one.model_dump(mode="json", exclude={"sources"}) for one in (existing.config, config))
    found = list(differences(planned_config, wanted))
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
    if existing.platform != this_platform(existing.platform.processor is not None):
        logger.warning("this machine differs from the one that planned the data set; pixels may differ in the last bit")


def _check_scorers(record: DatasetRecord, scorers: Sequence[ScorerCard]) -> None:
    if not record.scorers or not scorers:
        return
    planned, here = (
        {card.name: card.model_dump(exclude={"noise"}) for card in cards} for cards in (record.scorers, scorers)
    )
    if found := list(differences(planned, here, "scorers")):
        raise DatasetMismatchError("the data set was planned with other scorers:\n  " + "\n  ".join(found))


def _plain(card: ScorerCard) -> dict[str, Any]:
    return card.model_dump(exclude={"noise"})


def _record(
    config: DatasetConfig,
    table: pa.Table,
    shards: Sequence[ShardPlan],
    styles: Sequence[Style],
    scorers: Sequence[ScorerCard],
    counts: Counts,
) -> DatasetRecord:
    splits: dict[str, list[int]] = {}
    for shard in shards:
        first, _ = splits.get(shard.split, [shard.shard, 0])
        splits[shard.split] = [first, shard.shard + 1]
    where = this_platform(depends_on_processor(config, table, styles))
    sources, code = sources_sha256(source_records(table)), code_sha256()
    recipes = files_sha256(config.recipes)
    return DatasetRecord(
        version=version("unretouch"),
        code_sha256=code,
        process=config.process,
        config=config,
        sources_sha256=sources,
        recipes_sha256=recipes,
        scorers=list(scorers),
        styles=list(styles),
        platform=where,
        fingerprint=fingerprint(config, sources, recipes, code, where, scorers),
        splits=splits,
        counts=counts,
    )


def _reasons(sources: pa.Table) -> dict[str, int]:
    """Number of rejected sources by reason."""
    return dict(sorted(Counter(sources["reason"].drop_null().to_pylist()).items()))
