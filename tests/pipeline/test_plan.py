"""The plan is a pure function: fixed keys, whole sources in a shard, one split a shard, stable under additions."""

from collections import Counter
from pathlib import Path

from pipeline.plan import plan_shards, read_shard_plan, shard_table, write_plan
from pipeline.seeds import seed_of
from pipeline.sources.table import source_table
from pipeline.storage import LocalStore
from schemas.config import RunConfig
from schemas.plan import SHARDS_PER_FILE
from schemas.source import SourceRecord

CONFIG = RunConfig.model_validate(
    {"sources": ["x"], "out": "y", "pairs_per_source": 3, "shards": {"pairs": 9, "splits": {"train": 0.5, "test": 0.5}}}
)


def record(number: int, **changes: object) -> SourceRecord:
    sha = f"{seed_of('sha', number):016x}" * 4
    values = {"uri": f"{number}.jpg", "position": number, "sha256": sha, "split": "train" if number % 3 else "test"}
    return SourceRecord.model_validate(values | changes)


def planned(records: list[SourceRecord]) -> list[dict[str, object]]:
    return [
        row for shard in plan_shards(source_table(records), CONFIG) for row in shard_table(shard, CONFIG).to_pylist()
    ]


def test_every_usable_source_gets_its_pairs_in_one_shard() -> None:
    records = [record(i) for i in range(20)] + [record(99, reason="corrupt")]
    rows = planned(records)
    assert len(rows) == 60
    assert len({row["key"] for row in rows}) == 60
    assert not any("." in str(row["key"]) for row in rows)
    assert "99.jpg" not in {row["source"] for row in rows}
    shards = {(row["source"], row["shard"]) for row in rows}
    assert len(shards) == 20
    assert max(Counter(row["shard"] for row in rows).values()) <= 9


def test_a_shard_holds_one_split() -> None:
    rows = planned([record(i) for i in range(20)])
    assert len({(row["shard"], row["split"]) for row in rows}) == len({row["shard"] for row in rows})


def test_adding_sources_changes_no_seed_task_or_key_of_the_others() -> None:
    few = {row["key"]: (row["seed"], row["task"], row["split"]) for row in planned([record(i) for i in range(9)])}
    many = {row["key"]: (row["seed"], row["task"], row["split"]) for row in planned([record(i) for i in range(30)])}
    assert few.items() <= many.items()


def test_order_of_listing_does_not_matter() -> None:
    records = [record(i) for i in range(12)]
    assert planned(records) == planned(records[::-1])


def test_shards_are_read_back_from_the_files(tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"pairs_per_source": 9})
    shards = plan_shards(source_table([record(i) for i in range(SHARDS_PER_FILE + 5)]), config)
    store = LocalStore(str(tmp_path))
    write_plan(store, shards, config)
    assert len(store.names("plan")) == 2
    for number in (0, SHARDS_PER_FILE - 1, SHARDS_PER_FILE, len(shards) - 1):
        rows = [row.model_dump() for row in read_shard_plan(store, number)]
        assert rows == shard_table(shards[number], config).to_pylist()
        assert {row["shard"] for row in rows} == {number}
