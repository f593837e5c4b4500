"""The plan is a pure function: fixed keys, whole sources in a shard, one split a shard, stable under additions."""

from collections import Counter
from pathlib import Path

from pipeline.recipes.seeds import seed_of
from pipeline.shards.plan import plan_shards, read_shard_plan, shard_table, write_plan
from pipeline.sources.table import source_table
from pipeline.storage.local import LocalStore
from schemas.jobs.run import RunConfig
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


def test_a_picture_before_adds_a_pair_and_moves_no_other() -> None:
    before = {"before": "raw.dng", "before_sha256": "ab"}
    alone = [record(i) for i in range(20)]
    mixed = [record(i, **(before if i % 2 else {})) for i in range(20)]
    plain = {row["key"]: row for row in planned(alone)}
    rows = planned(mixed)
    fitted = [row for row in rows if row["origin"] == "fitted"]
    assert len(rows) == 70
    assert sorted(str(row["source"]) for row in fitted) == sorted(f"{i}.jpg" for i in range(1, 20, 2))
    for row in fitted:
        assert (row["before"], row["before_sha256"], row["variant"]) == ("raw.dng", "ab", 3)
    for row in rows:
        if row["origin"] == "unrendered":
            assert row["before"] is None
            assert row | {"shard": 0} == plain[row["key"]] | {"shard": 0}
    assert [row["key"] for row in rows] == [key for shard in _by_shard(rows) for key in sorted(shard)]
    assert len({(row["source"], row["shard"]) for row in rows}) == 20
    assert max(Counter(row["shard"] for row in rows).values()) <= 9


def test_a_source_of_more_pairs_than_a_shard_holds_gets_a_shard_of_its_own() -> None:
    config = CONFIG.model_copy(update={"pairs_per_source": 9})
    shards = plan_shards(source_table([record(i, before="raw.dng") for i in range(5)]), config)
    assert [len(shard_table(shard, config)) for shard in shards] == [10] * 5


def _by_shard(rows: list[dict[str, object]]) -> list[list[str]]:
    shards: dict[object, list[str]] = {}
    for row in rows:
        shards.setdefault(row["shard"], []).append(str(row["key"]))
    return list(shards.values())


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
