"""The whole flow on real photographs with a real Ray: the promises of the data set, one by one."""

import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pyarrow.parquet as pq
import pytest
import yaml
from rich.console import Console

from operators.catalogue import PROCESSES
from operators.native import NoCompilerError, load_library
from operators.renderer import renderer_of
from pipeline.audit.replay import replay, same, write_sample
from pipeline.audit.verify import verify
from pipeline.dataset.reader import KeyNotFoundError, find_row, members, read_pictures, read_sample, shard_rows
from pipeline.dataset.record import commits, load_record, missing_shards
from pipeline.jobs.making import RunFailedError
from pipeline.jobs.planning import DatasetMismatchError, NothingToPlanError
from pipeline.jobs.run import run
from pipeline.jobs.shard_task import check_worker, settle_worker, shard_task
from pipeline.pairs.photo import SourceChangedError
from pipeline.sources.table import read_sources, source_records
from pipeline.storage.local import LocalStore
from pipeline.storage.store import open_store
from quality.measures import grid, psnr
from schemas.jobs.run import RunConfig
from schemas.manifest import ManifestRow
from tests.contents import contents

pytestmark = pytest.mark.ray

CONSOLE = Console(stderr=True)
SOURCES = "sources/000000.parquet"


def rows_of(config: RunConfig) -> list[ManifestRow]:
    store = open_store(config.out)
    return [row for commit in commits(store) for row in shard_rows(store, commit)]


def test_every_planned_pair_has_one_row(tiny_dataset: RunConfig) -> None:
    record = load_record(open_store(tiny_dataset.out))
    rows = rows_of(tiny_dataset)
    assert len(rows) == record.counts.planned == 12
    assert len({row.key for row in rows}) == 12
    assert sum(row.status == "accepted" for row in rows) == record.counts.accepted
    assert record.counts.accepted is not None
    assert record.counts.accepted >= 3
    for row in rows:
        assert (row.status == "accepted") == (not row.reasons)


def test_a_pair_is_explained_by_its_recipe(tiny_dataset: RunConfig) -> None:
    store = open_store(tiny_dataset.out)
    process = PROCESSES["aether/1"]
    for row in rows_of(tiny_dataset):
        if row.status == "rejected":
            continue
        assert row.recipe is not None
        assert row.measures is not None
        stored, target = (picture.unsqueeze(0) for picture in read_pictures(store, row, "jpeg"))
        rendered = renderer_of("aether/1", "compiled").render(stored, process.vector([row.recipe]))
        stride = tiny_dataset.scores.difference_stride
        measured = psnr(grid(rendered, stride), grid(target, stride)).item()
        assert measured == pytest.approx(row.measures.cycle_psnr, abs=0.01)
        assert measured >= 34
        assert measured > row.measures.difference_psnr


def test_json_members_say_what_the_rows_say(tiny_dataset: RunConfig) -> None:
    store = open_store(tiny_dataset.out)
    row = next(row for row in rows_of(tiny_dataset) if row.status == "accepted")
    content = json.loads(read_sample(store, row, "jpeg").json)
    assert row.recipe is not None
    assert row.words is not None
    assert content["recipe"]["values"] == row.recipe.values
    assert content["words"]["prompt"].startswith("<image>\n<")
    assert "source" not in content


def test_verify_finds_nothing_wrong(tiny_dataset: RunConfig) -> None:
    store = open_store(tiny_dataset.out)
    record = load_record(store)
    report = verify(store, record, sample=3, workers=1)
    assert report.problems == []
    assert report.compared == "bytes"
    assert report.pairs == 12
    assert report.remade >= 3


def test_replay_is_byte_for_byte(tiny_dataset: RunConfig, tmp_path: Path) -> None:
    store = open_store(tiny_dataset.out)
    record = load_record(store)
    chosen = next(row for row in rows_of(tiny_dataset) if row.status == "accepted")
    row, pair = replay(store, record, chosen.key)
    assert same(row, pair)
    written = write_sample(pair, "jpeg", tmp_path)
    assert [path.name.partition(".")[2] for path in written] == ["input.jpg", "target.jpg", "json"]
    assert [path.read_bytes() for path in written] == list(read_sample(store, row, "jpeg"))
    with pytest.raises(KeyNotFoundError, match="nokey"):
        find_row(store, "nokey")


def test_two_workers_make_the_same_bytes(tiny_dataset: RunConfig, tmp_path: Path) -> None:
    other = tiny_dataset.model_copy(
        update={"out": str(tmp_path / "two"), "compute": tiny_dataset.compute.model_copy(update={"workers": 2})}
    )
    run(other, CONSOLE)
    assert contents(other.out) == contents(tiny_dataset.out)


def test_a_killed_run_is_resumed_to_the_same_bytes(
    tiny_dataset: RunConfig, tiny_values: dict[str, object], tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    config_file = tmp_path / "run.yaml"
    config_file.write_text(yaml.safe_dump({**tiny_values, "out": str(out)}))
    process = subprocess.Popen(
        [sys.executable, "-c", "from pipeline.cli.main import main; main()", "run", str(config_file)],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not list(out.glob("commits/*.json")) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    store = LocalStore(str(out))
    record = load_record(store)
    assert missing_shards(store, record), "the run was over before it could be killed"
    run(tiny_dataset.model_copy(update={"out": str(out)}), CONSOLE)
    assert contents(str(out)) == contents(tiny_dataset.out)


def test_running_a_finished_data_set_again_changes_nothing(tiny_dataset: RunConfig) -> None:
    before = contents(tiny_dataset.out)
    run(tiny_dataset, CONSOLE)
    assert contents(tiny_dataset.out) == before


def test_another_config_or_other_sources_are_refused(
    tiny_dataset: RunConfig, tiny_values: dict[str, object], photo_folder: Path, tmp_path: Path
) -> None:
    before = contents(tiny_dataset.out)
    changed = RunConfig.model_validate({**tiny_values, "out": tiny_dataset.out, "seed": 6, "image": {"long_side": 300}})
    with pytest.raises(DatasetMismatchError, match=r"(?s)image\.long_side: 256 -> 300.*seed: 5 -> 6"):
        run(changed, CONSOLE)
    fewer = tmp_path / "fewer"
    shutil.copytree(photo_folder, fewer)
    (fewer / "china.png").unlink()
    other = RunConfig.model_validate({**tiny_values, "out": tiny_dataset.out, "sources": [str(fewer)]})
    with pytest.raises(DatasetMismatchError, match=r"sources: .*china\.png is gone"):
        run(other, CONSOLE)
    assert contents(tiny_dataset.out) == before


def test_a_source_that_changes_after_planning_fails_the_run_by_name(
    tiny_values: dict[str, object], photo_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    shutil.copytree(photo_folder, folder)
    out = tmp_path / "out"
    config = RunConfig.model_validate({**tiny_values, "out": str(out), "sources": [str(folder)]})
    run(config, CONSOLE)
    commit = commits(open_store(str(out)))[0]
    changed = shard_rows(open_store(str(out)), commit)[0].source
    Path(changed).write_bytes(Path(folder / "rocket.png").read_bytes() + b"changed")
    (out / "commits" / "000000.json").unlink()
    with pytest.raises(RunFailedError, match="has changed since it was planned"):
        run(config, CONSOLE)
    store = open_store(str(out))
    record = load_record(store)
    with pytest.raises(SourceChangedError, match=Path(changed).name):
        replay(store, record, shard_rows(store, commit)[0].key)


def test_unusable_sources_are_rows_with_reasons(
    tiny_values: dict[str, object], photo_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    shutil.copy(photo_folder / "coffee.png", folder / "a.png")
    shutil.copy(photo_folder / "coffee.png", folder / "b.png")
    (folder / "c.jpg").write_bytes(b"this is no picture")
    config = RunConfig.model_validate({**tiny_values, "out": str(tmp_path / "out"), "sources": [str(folder)]})
    record = run(config, CONSOLE).record
    assert record.counts.sources == 3
    reasons = {
        Path(source.uri).name: source.reason for source in source_records(read_sources(open_store(config.out), SOURCES))
    }
    assert reasons["a.png"] is None
    assert reasons["b.png"] == "near_duplicate"
    assert reasons["c.jpg"] is not None
    (folder / "a.png").unlink()
    (folder / "b.png").unlink()
    nothing = config.model_copy(update={"out": str(tmp_path / "nothing")})
    with pytest.raises(NothingToPlanError, match="none of the 1 sources"):
        run(nothing, CONSOLE)


def test_a_data_set_on_s3_is_the_same_one(tiny_dataset: RunConfig, s3_bucket: str, tmp_path: Path) -> None:
    config = tiny_dataset.model_copy(update={"out": f"s3://{s3_bucket}/sets/tiny"})
    run(config, CONSOLE)
    store, local = open_store(config.out), open_store(tiny_dataset.out)
    for folder in ("commits", "manifest", "shards", "plan", "sources"):
        names = local.names(folder)
        assert store.names(folder) == names
        for name in names:
            assert store.read(name) == local.read(name)
    assert store.names("scratch") == []
    record = load_record(store)
    assert verify(store, record, sample=0, workers=1).problems == []


def _flip_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def _relabel(out: Path) -> None:
    path = out / "commits" / "000000.json"
    record = json.loads(path.read_text())
    record["accepted"] += 1
    path.write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda out: (out / "commits" / "000000.json").unlink(), "is not committed"),
        (lambda out: _flip_byte(out / "shards" / "000001.tar"), "is not the file that was committed"),
        (lambda out: (out / "manifest" / "000000.parquet").unlink(), "is missing"),
        (_relabel, "commit record's counts"),
    ],
)
def test_verify_finds_damage(
    tiny_dataset: RunConfig, tmp_path: Path, damage: Callable[[Path], None], message: str
) -> None:
    out = tmp_path / "damaged"
    shutil.copytree(tiny_dataset.out, out)
    damage(out)
    store = open_store(str(out))
    record = load_record(store)
    assert any(message in problem for problem in verify(store, record, sample=0, workers=1).problems)


def test_wids_index_and_card_describe_the_shards(tiny_dataset: RunConfig) -> None:
    store = open_store(tiny_dataset.out)
    index = json.loads(store.read("index.json"))
    for entry in index["shardlist"]:
        data = store.read(entry["url"])
        assert entry["filesize"] == len(data)
        assert entry["nsamples"] == len({key for key, _, _ in members(store, entry["url"])})
    assert "| train |" in store.read("README.md").decode()


def test_manifest_reads_as_plain_parquet(tiny_dataset: RunConfig) -> None:
    table = pq.read_table(Path(tiny_dataset.out) / "manifest")
    assert table.num_rows == 12
    recipe = table.column("recipe").combine_chunks()
    assert [field.name for field in recipe.type] == [spec.name for spec in PROCESSES["aether/1"].parameters]


def test_eager_needs_nothing_built(
    tiny_values: dict[str, object], photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user in ("operators.kernels", "quality.compiled_metrics", "pipeline.jobs.run"):
        monkeypatch.setattr(f"{user}.load_library", Mock(side_effect=NoCompilerError("not built")))
    values = {
        **tiny_values,
        "sources": [str(photo_folder / "coffee.png")],
        "out": str(tmp_path / "out"),
        "engine": "eager",
        "pairs_per_source": 1,
        "scores": {"metrics": ["psnr"]},
        "shards": {"splits": {"train": 1.0}},
    }
    config = RunConfig.model_validate(values)
    record = run(config, CONSOLE).record
    store = open_store(config.out)
    assert verify(store, record, sample=1, workers=1).problems == []
    (row,) = rows_of(config)
    assert same(*replay(store, record, row.key))
    assert record.platform.processor


def test_a_machine_without_what_is_compiled_is_told_before_any_work(
    tiny_values: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.jobs.run.load_library", partial(load_library, tmp_path))
    # No pass is compiled for this process, and no scores: it is the measures that are.
    values = {**tiny_values, "out": str(tmp_path / "out"), "process": "expert/1", "scores": {"metrics": []}}
    with pytest.raises(NoCompilerError, match="engine=eager"):
        run(RunConfig.model_validate(values), CONSOLE)
    assert not (tmp_path / "out").exists()


def test_a_worker_of_another_architecture_is_refused(tiny_dataset: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    record = load_record(open_store(tiny_dataset.out))
    check_worker(record)
    unnamed = record.platform.model_copy(update={"processor": None})
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    with pytest.raises(RuntimeError, match="a worker differs"):
        check_worker(record.model_copy(update={"platform": unnamed}))


def test_a_worker_hides_what_is_imported_from_the_garbage_collector(
    tiny_dataset: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = load_record(open_store(tiny_dataset.out))
    monkeypatch.setattr("pipeline.jobs.shard_task.make_shard", Mock(side_effect=LookupError))
    settle_worker.cache_clear()
    try:
        with pytest.raises(LookupError):
            shard_task._function(tiny_dataset.out, 0, record, Mock(), [Mock()], 60, None)
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
