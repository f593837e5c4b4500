"""A data set with other gates has the bytes of a run with them, and most of them are those that were there."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from unittest.mock import Mock

import boto3
import pytest
from PIL import Image
from rich.console import Console
from torch import Tensor

from operators.catalogue import AETHER_1
from pipeline.audit.verify import verify
from pipeline.config import with_gates
from pipeline.dataset.reader import shard_rows
from pipeline.dataset.record import NoDataSetError, commits, load_record, missing_shards, progress_of
from pipeline.fitting.pair import render
from pipeline.jobs.planning import DatasetMismatchError
from pipeline.jobs.regate import OtherCodeError, Regated, regate
from pipeline.jobs.regate_shard import MadeOtherwiseError, regate_shard
from pipeline.pairs.gating import regated
from pipeline.presets.export import to_xmp
from pipeline.storage.damage import DamagedError
from pipeline.storage.store import open_store
from schemas.dataset import DatasetRecord
from schemas.jobs.run import ComputeConfig
from schemas.manifest import ManifestRow
from schemas.recipe import Recipe
from tests.contents import contents

Gates = dict[str, object]
Made = Callable[[Gates], str]

CONSOLE = Console(stderr=True)
STRICT: Gates = {"difference_de00": {"min": 4, "max": 12}, "clipped": {"max": 0.03}, "scores": {"ssim": {"min": 0.8}}}
WIDE: Gates = {"difference_de00": {}, "cycle_psnr": {}, "clipped": {"max": 0.1}, "scores": {"ssim": {"min": 0.5}}}
NOTHING: Gates = {"difference_de00": {"min": 90}}


@pytest.fixture(scope="module")
def made(
    photos: dict[str, Tensor],
    photo_folder: Path,
    make_dataset: Callable[..., str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Gates], str]:
    """`made(gates)` is a data set with pairs of all origins; one of four photos has an original. Read only."""
    folder, names = tmp_path_factory.mktemp("sources"), ("astronaut", "chelsea", "coffee", "rocket")
    edit = AETHER_1.vector([Recipe(process="aether/1", values={"Exposure2012": 0.6, "Vibrance": 20})])
    for name in names:
        after = render(AETHER_1, photos[name], edit).permute(1, 2, 0).contiguous()
        Image.fromarray(after.numpy()).save(folder / f"{name}-after.jpg", quality=95, subsampling=0)
    shutil.copy(photo_folder / "coffee.png", folder)
    with (folder / "list.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["uri", "before"])
        writer.writerows([f"{name}-after.jpg", "coffee.png" * (name == "coffee")] for name in names)
    (folder / "styles").mkdir()
    warm = Recipe(process="aether/1", values={"IncrementalTemperature": 35.0, "Exposure2012": 0.2})
    (folder / "styles" / "Warm.xmp").write_bytes(to_xmp(warm, "Warm"))
    values = {
        "sources": [str(folder / "list.csv")],
        "pairs_per_source": 3,
        "recipes": {"styles": str(folder / "styles"), "style_direction": "render"},
        "image": {"long_side": 192, "min_short_side": 64},
    }

    @cache
    def make(gates: str) -> str:
        return make_dataset(tmp_path_factory.mktemp("run") / "dataset", **values, gates=json.loads(gates))

    return lambda gates: make(json.dumps(gates))


@pytest.fixture
def default(made: Made) -> str:
    """A data set with the default gates. Read only."""
    return made({})


@pytest.fixture
def _without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards are regated in this process, one after the other."""

    def all_shards(
        root: str, out: str, made: DatasetRecord, wanted: DatasetRecord, compute: object, console: object
    ) -> None:
        for shard in missing_shards(open_store(out), wanted):
            regate_shard(open_store(root), open_store(out), shard, made, wanted, lambda rows: None)

    monkeypatch.setattr("pipeline.jobs.regate.cluster", lambda compute: nullcontext())
    monkeypatch.setattr("pipeline.jobs.regate._regate_shards", all_shards)


def again(root: str, out: Path | str, gates: Gates) -> Regated:
    record = load_record(open_store(root))
    sets = [f"gates.{name}={json.dumps(value)}" for name, value in gates.items()]
    return regate(root, str(out), with_gates(record.config, sets), ComputeConfig(), CONSOLE)


def rows_of(root: str) -> list[ManifestRow]:
    store = open_store(root)
    return [row for commit in commits(store) for row in shard_rows(store, commit)]


def inodes(root: str, folder: str) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in (Path(root) / folder).iterdir()}


@pytest.mark.usefixtures("_without_ray")
@pytest.mark.parametrize(("before", "after"), [({}, STRICT), (STRICT, WIDE)], ids=["stricter", "wider"])
def test_other_gates_give_the_bytes_of_a_run_with_them(made: Made, before: Gates, after: Gates, tmp_path: Path) -> None:
    root, new = made(before), str(tmp_path / "new")
    kept = contents(root)
    found = again(root, new, after)
    assert contents(new) == contents(made(after))
    assert contents(root) == kept
    was, now = ({row.key for row in rows_of(each) if not row.reasons} for each in (root, new))
    assert was != now
    assert (found.before, found.record.counts.accepted) == (len(was), len(now))
    assert (found.accepted, found.rejected) == (len(now - was), len(was - now))
    assert found.packed + found.taken == found.record.counts.shards


@pytest.mark.usefixtures("_without_ray")
def test_pairs_of_every_origin_are_made_again(made: Made, default: str, tmp_path: Path) -> None:
    assert load_record(open_store(made(NOTHING))).counts.accepted == 0
    found = again(made(NOTHING), tmp_path / "new", {"difference_de00": {"min": 1.5, "max": 35}})
    assert contents(str(tmp_path / "new")) == contents(default)
    assert found.accepted == found.record.counts.accepted
    origins = Counter(row.origin for row in rows_of(str(tmp_path / "new")) if not row.reasons)
    assert origins.keys() == {"unrendered", "rendered", "fitted"}


@pytest.mark.usefixtures("_without_ray")
def test_verify_and_status_take_it_as_any_other(default: str, tmp_path: Path) -> None:
    found = again(default, tmp_path / "new", STRICT)
    store = open_store(str(tmp_path / "new"))
    report = verify(store, found.record, sample=2, workers=1)
    assert report.problems == []
    assert report.remade > 0
    assert progress_of(store, found.record)["complete"]


@pytest.mark.usefixtures("_without_ray")
def test_what_does_not_change_is_linked(default: str, tmp_path: Path) -> None:
    strongest = max(
        (row for row in rows_of(default) if row.measures and not row.reasons),
        key=lambda row: row.measures.difference_de00 if row.measures else 0,
    )
    assert strongest.measures is not None
    found = again(default, tmp_path / "new", {"difference_de00": {"max": strongest.measures.difference_de00 - 1e-9}})
    assert (found.accepted, found.rejected, found.reasons, found.packed) == (0, 1, {"difference_de00_high": 1}, 1)
    for folder, suffix in (("shards", "tar"), ("offsets", "parquet"), ("manifest", "parquet")):
        old, new = inodes(default, folder), inodes(str(tmp_path / "new"), folder)
        other = {name for name in old if old[name] != new[name]}
        assert other == {f"{strongest.shard:06d}.{suffix}"}
        assert len(old) > 1
    for folder in ("sources", "plan"):
        assert inodes(default, folder) == inodes(str(tmp_path / "new"), folder)


@pytest.mark.usefixtures("_without_ray")
def test_another_reason_changes_the_manifest_alone(default: str, tmp_path: Path) -> None:
    strict = again(default, tmp_path / "strict", NOTHING)
    assert strict.record.counts.accepted == 0
    both = again(str(tmp_path / "strict"), tmp_path / "both", {"clipped": {"max": 1e-9}})
    assert both.packed == 0
    assert inodes(str(tmp_path / "strict"), "shards") == inodes(str(tmp_path / "both"), "shards")
    assert "clipped_high" in (both.record.counts.rejected or {})


@pytest.mark.usefixtures("_without_ray")
def test_photos_that_are_there_are_not_read_again(
    default: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak = sorted(
        (row for row in rows_of(default) if row.measures and not row.reasons and row.origin != "fitted"),
        key=lambda row: row.measures.difference_de00 if row.measures else 0,
    )
    assert weak[0].measures is not None
    least = weak[0].measures.difference_de00
    again(default, tmp_path / "without", {"difference_de00": {"min": least + 1e-9}})
    siblings = [row for row in rows_of(str(tmp_path / "without")) if row.source_sha256 == weak[0].source_sha256]
    assert any(row.status == "accepted" and row.origin != "fitted" for row in siblings)
    monkeypatch.setattr("pipeline.pairs.photo.read_photo", Mock(side_effect=AssertionError("a source is read")))
    again(str(tmp_path / "without"), tmp_path / "with", {"difference_de00": {"min": least}})
    new = {row.key for row in rows_of(str(tmp_path / "with")) if not row.reasons}
    assert weak[0].key in new


@pytest.mark.usefixtures("_without_ray")
def test_a_regate_that_died_is_resumed(default: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again(default, tmp_path / "whole", STRICT)
    expected, new = contents(str(tmp_path / "whole")), tmp_path / "new"
    steps = ("create", "write", "staged", "link")
    for die_at in range(100):
        calls = 0

        def dying(real: Callable[..., object], at: int = die_at) -> Callable[..., object]:
            def call(*arguments: object, **named: object) -> object:
                nonlocal calls
                calls += 1
                if calls > at:
                    raise ConnectionAbortedError("the machine is gone")
                return real(*arguments, **named)

            return call

        with monkeypatch.context() as patched:
            for step in steps:
                real = getattr(type(open_store("x")), step)
                patched.setattr(f"pipeline.storage.local.LocalStore.{step}", dying(real))
            try:
                again(default, new, STRICT)
            except ConnectionAbortedError:
                continue
        break
    assert die_at > 5
    assert contents(str(new)) == expected


@pytest.mark.usefixtures("_without_ray")
@pytest.mark.parametrize(("there", "here"), [("s3", "s3"), ("s3", "folder"), ("folder", "s3")])
def test_stores_may_be_buckets(default: str, tmp_path: Path, s3_bucket: str, there: str, here: str) -> None:
    client = boto3.client("s3")
    root, out = default, str(tmp_path / "new")
    if there == "s3":
        root = f"s3://{s3_bucket}/made"
        for name in contents(default):
            client.upload_file(f"{default}/{name}", s3_bucket, f"made/{name}")
    if here == "s3":
        out = f"s3://{s3_bucket}/new"
    again(root, out, STRICT)
    if here == "s3":
        for entry in client.list_objects_v2(Bucket=s3_bucket, Prefix="new/")["Contents"]:
            path = tmp_path / entry["Key"]
            path.parent.mkdir(parents=True, exist_ok=True)
            client.download_file(s3_bucket, entry["Key"], str(path))
    again(default, tmp_path / "local", STRICT)
    assert contents(str(tmp_path / "new")) == contents(str(tmp_path / "local"))


@pytest.mark.usefixtures("_without_ray")
def test_what_is_refused(default: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        DatasetMismatchError, match=r"(?s)holds another data set.*config\.gates\.difference_de00\.min: 1\.5 -> 4"
    ):
        again(default, default, STRICT)
    (tmp_path / "other" / "plan").mkdir(parents=True)
    (tmp_path / "other" / "plan" / "000007.parquet").touch()
    with pytest.raises(DatasetMismatchError, match=r"other holds files of another data set, as plan/000007\.parquet"):
        again(default, tmp_path / "other", STRICT)
    half = tmp_path / "half"
    shutil.copytree(default, half)
    record = load_record(open_store(default))
    counts = record.counts.model_copy(update={"accepted": None})
    (half / "dataset.json").write_bytes(record.model_copy(update={"counts": counts}).to_bytes())
    with pytest.raises(NoDataSetError, match="is not finished; run its command again"):
        again(str(half), tmp_path / "new", STRICT)
    monkeypatch.setattr("pipeline.jobs.shard_task.code_sha256", lambda: "of another version")
    with pytest.raises(OtherCodeError, match=r"other source code .*`unretouch run` with these gates"):
        again(default, tmp_path / "new", STRICT)
    assert not (tmp_path / "new").exists()


@pytest.mark.usefixtures("_without_ray")
def test_damage_is_not_carried_on(default: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(default, broken)
    tar = broken / "shards" / "000000.tar"
    data = bytearray(tar.read_bytes())
    data[len(data) // 2] ^= 1
    tar.write_bytes(data)
    with pytest.raises(DamagedError, match=r"000000\.tar is not the file that was committed"):
        again(str(broken), tmp_path / "new", NOTHING)


@pytest.mark.usefixtures("_without_ray")
def test_pictures_that_come_out_otherwise_are_refused(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = made(NOTHING)
    monkeypatch.setattr("pipeline.pairs.unrendered.encode", lambda picture, image: b"of another processor")
    monkeypatch.setattr("pipeline.pairs.unrendered.decode_all", Mock())
    with pytest.raises(MadeOtherwiseError, match="made again, has other pictures than its row says"):
        again(nothing, tmp_path / "new", {"difference_de00": {}})


def test_reasons_that_are_no_gates_stay_in_their_place(default: str) -> None:
    config = load_record(open_store(default)).config
    strict = with_gates(config, ["gates.clipped.max=-1", "gates.difference_de00.min=90"])
    row = next(row for row in rows_of(default) if row.status == "accepted" and row.origin == "unrendered")
    spoken = row.model_copy(update={"status": "rejected", "reasons": ["words_contradict"]})
    both = regated(spoken, config, strict)
    assert both.reasons == ["words_contradict", "difference_de00_low", "clipped_high"]
    assert regated(both, strict, config) == spoken
    assert regated(regated(row, config, strict), strict, config) == row
    failed = ManifestRow(
        **row.model_dump(include=set(ManifestRow.model_fields) - {"measures", "reasons", "status"}),
        status="rejected",
        reasons=["source_corrupt"],
    )
    assert regated(failed, config, strict) == failed
    with pytest.raises(DamagedError, match=f"{row.key} has reasons"):
        regated(row, strict, config)


def test_gates_decide_no_recipe(made: Made, default: str) -> None:
    pairs = [[(row.key, row.recipe, row.input_sha256) for row in rows_of(root)] for root in (default, made(STRICT))]
    assert pairs[0] == pairs[1]


def command(*arguments: str) -> Sequence[str]:
    return [sys.executable, "-c", "from pipeline.cli.main import main; main()", *arguments]


@pytest.mark.ray
def test_on_ray_a_killed_regate_is_resumed_to_the_bytes_of_a_run(
    make_dataset: Callable[..., str], tmp_path: Path
) -> None:
    old, new = make_dataset(tmp_path / "old"), tmp_path / "new"
    arguments = ("regate", old, "--set", "gates.difference_de00.min=5", "--out", str(new), "--workers", "2")
    process = subprocess.Popen(command(*arguments), stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 120
    while not list(new.glob("commits/*.json")) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done = subprocess.run(command(*arguments, "--json"), capture_output=True, text=True, check=True)
    run = make_dataset(tmp_path / "run", gates={"difference_de00": {"min": 5, "max": 35}})
    assert contents(str(new)) == contents(run)
    report = json.loads(done.stdout)
    assert report["complete"]
    assert report["newly rejected"] == report["newly rejected by reason"]["difference_de00_low"] > 0
    assert report["accepted before"] - report["newly rejected"] == report["pairs accepted"]
