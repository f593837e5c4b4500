"""The reader of pairs: what it reads, from where, what it refuses, and what it does with broken samples."""

import dataclasses
import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import boto3
import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from operators.catalogue import PROCESSES
from operators.renderer import renderer_of
from pipeline.dataset.index import SelectionError
from pipeline.dataset.reader import read_pictures, shard_rows
from pipeline.dataset.record import NoDataSetError, commits
from pipeline.storage.damage import DamagedError
from pipeline.storage.names import StoreError
from pipeline.storage.store import open_store
from pipeline.training.order import Drawn, EndlessOrder, GlobalBatches, ReaderState
from pipeline.training.pairs import hold_out, normalized
from pipeline.training.reader import PairDataset
from pipeline.training.samples import PairBatch, PairSample
from quality.measures import psnr
from schemas.manifest import ManifestRow

Serve = Callable[..., str]


def accepted(root: str) -> list[ManifestRow]:
    store = open_store(root)
    return [row for one in commits(store) for row in shard_rows(store, one) if row.status == "accepted"]


def read(pairs: PairDataset, at: int | Drawn) -> PairSample:
    sample = pairs[at]
    assert isinstance(sample, PairSample)
    return sample


def same(one: PairDataset, other: PairDataset) -> bool:
    assert len(one) == len(other)
    samples = [(read(one, i), read(other, i)) for i in range(len(one))]
    return one.fingerprint == other.fingerprint and all(
        a.labels.key == b.labels.key and a.input.equal(b.input) and a.target.equal(b.target) for a, b in samples
    )


def test_samples_are_the_accepted_pairs(pairs_dataset: str) -> None:
    pairs, rows = PairDataset(pairs_dataset), accepted(pairs_dataset)
    process = PROCESSES["aether/1"]
    assert len(pairs) == len(rows) >= 8
    for i, row in enumerate(rows):
        sample = read(pairs, i)
        stored = read_pictures(open_store(pairs_dataset), row, "jpeg")
        assert sample.input.equal(stored[0])
        assert sample.target.equal(stored[1])
        labels = sample.labels
        assert row.recipe and row.words and row.effects
        assert (labels.key, labels.task) == (row.key, row.task)
        assert (labels.prompt, labels.answer) == (row.words.prompt, row.words.answer)
        assert labels.instruction == row.words.instruction
        assert labels.parameters.equal(process.vector([row.recipe])[0])
        moved = {spec.group for spec in process.parameters if row.recipe.values[spec.name] != spec.neutral}
        assert labels.groups.tolist() == [group in moved for group in ("light", "color", "specific")]
        known = {name: labels.effects[process.index[name]].item() for name in row.effects}
        assert known == pytest.approx(row.effects)
        assert int(labels.effects.isnan().sum()) == 38 - len(row.effects)
        assert dict(labels.scores) == row.scores


def test_recipes_render_inputs_to_targets(pairs_dataset: str) -> None:
    pairs = PairDataset(pairs_dataset)
    for number in range(len(pairs)):
        before, after, labels = pairs.pair(number)
        rendered = renderer_of(pairs.process.name, "compiled").render(before[None], labels.parameters[None])
        assert psnr(rendered, after[None]) > 33
        assert normalized(pairs.process, labels.parameters).abs().max() <= 1


def test_subsets_read_the_same_samples(pairs_dataset: str) -> None:
    pairs = PairDataset(pairs_dataset, columns=("task",))
    numbers = np.array([5, 0, 3])
    some = pairs.subset(numbers)
    keys = pairs.keys.to_pylist()
    assert some.keys.to_pylist() == [keys[number] for number in numbers]
    assert some.shards.tolist() == pairs.shards[numbers].tolist()
    for place, number in enumerate(numbers.tolist()):
        one, other = some.pair(place), pairs.pair(number)
        assert one.target.equal(other.target)
        assert some.labels(place).key == one.labels.key == other.labels.key
        assert some.rows["task"][place].as_py() == one.labels.task
    assert pairs.subset(np.arange(len(pairs))).fingerprint == pairs.fingerprint != some.fingerprint


def test_choosing_pairs_reads_no_picture(pairs_dataset: str, tmp_path: Path) -> None:
    root = str(shutil.copytree(pairs_dataset, tmp_path / "set"))
    shutil.rmtree(tmp_path / "set" / "shards")
    pairs = PairDataset(root, columns=("task",))
    training, held_out = hold_out(pairs, 1)
    assert len(training) + len(held_out) == len(pairs) == pairs.rows.num_rows
    assert EndlessOrder(training.shards, 0)[len(training)].number < len(training)
    with pytest.raises(FileNotFoundError, match=r"000000\.tar"):
        training.pair(0)


def test_splits_and_conditions_select(pairs_dataset: str) -> None:
    rows = accepted(pairs_dataset)
    for split in ("train", "validation"):
        expected = [row.key for row in rows if row.split == split]
        pairs = PairDataset(pairs_dataset, split=split)
        assert [read(pairs, i).labels.key for i in range(len(pairs))] == expected
    where = "task != 'auto' AND measures.difference_psnr < 30 AND recipe.Exposure2012 IS NOT NULL"
    chosen = PairDataset(pairs_dataset, where=where)
    expected = [row.key for row in rows if row.task != "auto" and row.measures and row.measures.difference_psnr < 30]
    assert [read(chosen, i).labels.key for i in range(len(chosen))] == expected
    assert 0 < len(expected) < len(rows)
    assert len({PairDataset(pairs_dataset).fingerprint, chosen.fingerprint, pairs.fingerprint}) == 3


def test_s3_and_the_web_give_the_same(pairs_dataset: str, s3_bucket: str, serve: Serve) -> None:
    client = boto3.client("s3")
    for path in Path(pairs_dataset).rglob("*"):
        if path.is_file():
            client.upload_file(str(path), s3_bucket, f"some/{path.relative_to(pairs_dataset)}")
    local = PairDataset(pairs_dataset, where="task = 'auto'")
    assert same(local, PairDataset(f"s3://{s3_bucket}/some", where="task = 'auto'"))
    address = serve(pairs_dataset)
    web = PairDataset(f"{address}/", where="task = 'auto'")
    assert same(local, web)
    loader = DataLoader(web, batch_size=2, collate_fn=web.collate, num_workers=2)  # connections are not shared
    assert [key for batch in loader for key in batch["key"]] == [read(local, i).labels.key for i in range(len(local))]


def test_web_servers_that_cannot_be_used(pairs_dataset: str, serve: Serve) -> None:
    whole = PairDataset(serve(pairs_dataset, ranges=False))
    with pytest.raises(StoreError, match="whole files only"):
        whole[0]
    with pytest.raises(NoDataSetError, match=r"dataset\.json is missing"):
        PairDataset(serve(str(Path(pairs_dataset) / "shards")))


def test_data_sets_without_offsets_are_read_by_their_headers(pairs_dataset: str, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(pairs_dataset, old)
    shutil.rmtree(old / "offsets")
    for path in (old / "commits").iterdir():
        commit = json.loads(path.read_text())
        del commit["offsets"]
        path.write_text(json.dumps(commit))
    assert same(PairDataset(pairs_dataset), PairDataset(str(old)))


def content(batch: PairBatch) -> tuple[list[str], Tensor, Tensor, Tensor]:
    assert isinstance(batch["input"], Tensor)
    assert isinstance(batch["target"], Tensor)
    return batch["key"], batch["input"], batch["target"], batch["parameters"]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_resumed_epoch_continues_bit_for_bit(pairs_dataset: str, workers: int) -> None:
    pairs = PairDataset(pairs_dataset, crop=96)
    state = ReaderState(seed=5, global_batch=2, fingerprint=pairs.fingerprint, epoch=1)

    def batches(start: ReaderState, workers: int, rank: int = 0, ranks: int = 1) -> list[PairBatch]:
        sampler = GlobalBatches(pairs.shards, pairs.fingerprint, start, rank, ranks, drop_last=True)
        return list(DataLoader(pairs, batch_sampler=sampler, collate_fn=pairs.collate, num_workers=workers))

    whole = batches(state, 0)
    for _ in range(2):
        state = state.after_batch(len(pairs), drop_last=True)
    state = ReaderState(**json.loads(json.dumps(dataclasses.asdict(state))))
    parts = [batches(state, workers, rank, ranks=2) for rank in (0, 1)]
    assert len(parts[0]) == len(whole) - 2
    for k, batch in enumerate(whole[2:]):
        keys, inputs, targets, parameters = content(batch)
        ours = [content(part[k]) for part in parts]
        assert keys == [key for one in ours for key in one[0]]
        assert inputs.equal(torch.cat([one[1] for one in ours]))
        assert targets.equal(torch.cat([one[2] for one in ours]))
        assert parameters.equal(torch.cat([one[3] for one in ours]))


def test_crops(pairs_dataset: str) -> None:
    whole, crops = PairDataset(pairs_dataset), PairDataset(pairs_dataset, crop=64)
    expected = read(whole, 0)
    top, left = ((side - 64) // 2 for side in expected.input.shape[1:])
    middle = read(crops, 0)
    assert middle.input.equal(expected.input[:, top : top + 64, left : left + 64])
    assert middle.target.equal(expected.target[:, top : top + 64, left : left + 64])
    drawn = [read(crops, Drawn(0, seed)).target for seed in range(4)]
    assert not all(crop.equal(drawn[0]) for crop in drawn)
    assert read(crops, Drawn(0, 1)).target.equal(drawn[1])
    # The pair is cut as one: where a recipe does little, both crops show the same place.
    seed = Drawn(0, 3)
    places = expected.target.unfold(1, 64, 1).unfold(2, 64, 1)
    found = (places == read(crops, seed).target[:, None, None]).flatten(3).all(3).all(0).nonzero()
    assert any(read(crops, seed).input.equal(expected.input[:, y : y + 64, x : x + 64]) for y, x in found.tolist())


def test_whole_pictures_come_as_lists(pairs_dataset: str) -> None:
    pairs = PairDataset(pairs_dataset)
    batch = pairs.collate([pairs[0], pairs[len(pairs) - 1]])
    assert isinstance(batch["input"], list)
    assert [picture.dtype for picture in batch["input"]] == [torch.uint8] * 2
    assert batch["groups"].shape == (2, 3)
    assert batch["scores"]["psnr"].shape == (2,)


def damaged(pairs_dataset: str, out: Path, part: str, change: Callable[[bytes], bytes]) -> str:
    """A copy of the data set in which a part of the first sample is changed; its length stays."""
    shutil.copytree(pairs_dataset, out)
    place = pq.read_table(out / "offsets" / "000000.parquet").slice(0, 1).to_pylist()[0]
    start, size = place[f"{part}_offset"], place[f"{part}_size"]
    tar = out / "shards" / "000000.tar"
    data = bytearray(tar.read_bytes())
    data[start : start + size] = change(bytes(data[start : start + size]))
    tar.write_bytes(data)
    return str(place["key"])


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("input", lambda data: data[: len(data) // 2].ljust(len(data), b"\0"), "its input is not the one that was"),
        ("target", lambda data: data[:-9] + bytes(9), "its target is not the one that was committed"),
        ("json", lambda data: b"{".ljust(len(data)), "its json is no row"),
        ("json", lambda data: b"[]".ljust(len(data)), "its json is no row"),
    ],
)
def test_broken_samples(
    pairs_dataset: str,
    tmp_path: Path,
    part: str,
    change: Callable[[bytes], bytes],
    message: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    key = damaged(pairs_dataset, tmp_path / "set", part, change)
    strict = PairDataset(str(tmp_path / "set"))
    with pytest.raises(DamagedError, match=f"{key}: {message}"):
        strict[0]
    lenient = PairDataset(str(tmp_path / "set"), crop=64, broken="skip")
    with caplog.at_level(logging.WARNING):
        batch = lenient.collate([lenient[i] for i in range(3)])
    assert len(batch["key"]) == len(batch["input"]) == len(batch["parameters"]) == 2
    assert [skipped.key for skipped in batch["skipped"]] == [key]
    assert f"sample {key} is skipped" in caplog.text
    with pytest.raises(DamagedError, match="every sample of a batch is broken"):
        lenient.collate([lenient[0]])


def test_a_shard_that_is_cut_short(pairs_dataset: str, tmp_path: Path) -> None:
    shutil.copytree(pairs_dataset, tmp_path / "set")
    tar = tmp_path / "set" / "shards" / "000000.tar"
    tar.write_bytes(tar.read_bytes()[:5000])
    pairs = PairDataset(str(tmp_path / "set"))
    with pytest.raises(DamagedError, match=r"shards/000000\.tar ends before sample"):
        pairs[1]


def test_what_cannot_be_selected(pairs_dataset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments, message in (
        ({"split": "tset"}, "has no split 'tset'; its splits are train, validation"),
        ({"where": "taks = 'auto'"}, "where: .*taks"),
        ({"where": "task = 'poem'"}, "nothing is selected"),
        ({"crop": 150}, r"a crop of 150 does not fit into \d+ of the pairs"),
    ):
        with pytest.raises(SelectionError, match=message):
            PairDataset(pairs_dataset, **arguments)  # type: ignore[arg-type]
    with pytest.raises(NoDataSetError, match=r"dataset\.json is missing"):
        PairDataset(str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    with pytest.raises(SelectionError, match="pip install"):
        PairDataset(pairs_dataset, where="task = 'auto'")


def test_only_what_was_committed_is_trusted(pairs_dataset: str, tmp_path: Path) -> None:
    shutil.copytree(pairs_dataset, tmp_path / "set")
    offsets = tmp_path / "set" / "offsets" / "000000.parquet"
    pq.write_table(pq.read_table(offsets).slice(1), offsets)
    with pytest.raises(DamagedError, match="is not the file that was committed"):
        PairDataset(str(tmp_path / "set"))
    record = tmp_path / "set" / "dataset.json"
    unfinished = json.loads(record.read_text())
    unfinished["counts"]["accepted"] = None
    record.write_text(json.dumps(unfinished))
    with pytest.raises(NoDataSetError, match="is not finished"):
        PairDataset(str(tmp_path / "set"))
