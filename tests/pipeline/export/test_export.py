"""Exports for other trainers: their own loaders open them, and pictures keep their bytes."""

import csv
import errno
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import Mock

import datasets
import pytest

from pipeline.dataset.reader import read_sample, shard_rows
from pipeline.dataset.record import commits
from pipeline.dataset.selected import Selected
from pipeline.export.export import WRITERS, ExportError, Format, export_pairs
from pipeline.storage.store import open_store
from schemas.manifest import ManifestRow
from schemas.sample import Sample

Stored = dict[str, tuple[ManifestRow, Sample]]


@pytest.fixture(scope="module")
def stored(pairs_dataset: str) -> Stored:
    """Rows and samples of the accepted pairs, by key."""
    store = open_store(pairs_dataset)
    rows = [row for one in commits(store) for row in shard_rows(store, one) if row.status == "accepted"]
    return {row.key: (row, read_sample(store, row, "jpeg")) for row in rows}


@pytest.fixture
def exported(pairs_dataset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Format], Path]:
    """Exports the data set in a format."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def export(format_: Format) -> Path:
        counts = export_pairs(pairs_dataset, format_, tmp_path / "export")
        assert set(counts) == {"train", "validation"}
        return tmp_path / "export"

    return export


def split_of(stored: Stored, split: str) -> list[str]:
    return [key for key, (row, _) in stored.items() if row.split == split]


def test_messages(exported: Callable[[Format], Path], stored: Stored, tmp_path: Path) -> None:
    folder = exported("messages")
    info = json.loads((folder / "dataset_info.json").read_text())
    assert set(info) == {"unretouch_train", "unretouch_validation"}
    for split in ("train", "validation"):
        described = info[f"unretouch_{split}"]
        path = folder / described["file_name"]
        rows = datasets.load_dataset("json", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))
        assert len(rows) == len(split_of(stored, split))
        for key, row in zip(split_of(stored, split), rows, strict=True):
            words = stored[key][0].words
            assert words is not None
            tags = described["tags"]
            turns = [(turn[tags["role_tag"]], turn[tags["content_tag"]]) for turn in row["messages"]]
            assert turns == [(tags["user_tag"], words.prompt), (tags["assistant_tag"], words.answer)]
            assert words.prompt.count("<image>") == len(row["images"]) == 1
            assert (folder / row["images"][0]).read_bytes() == stored[key][1].input


def test_trl(exported: Callable[[Format], Path], stored: Stored, tmp_path: Path) -> None:
    loaded = datasets.load_dataset(str(exported("trl")), cache_dir=str(tmp_path / "cache"))
    for split in ("train", "validation"):
        raw = loaded[split].cast_column("image", datasets.Image(decode=False))
        for key, row, coded in zip(split_of(stored, split), loaded[split], raw, strict=True):
            words = stored[key][0].words
            assert words is not None
            assert row["prompt"] == [{"role": "user", "content": words.prompt.removeprefix("<image>\n")}]
            assert "<image>" not in row["prompt"][0]["content"]
            assert row["completion"] == [{"role": "assistant", "content": words.answer}]
            assert row["image"].size == (stored[key][0].width, stored[key][0].height)
            assert coded["image"]["bytes"] == stored[key][1].input


def test_triplets(exported: Callable[[Format], Path], stored: Stored, tmp_path: Path) -> None:
    loaded = datasets.load_dataset(str(exported("triplets")), cache_dir=str(tmp_path / "cache"))
    assert loaded["train"].column_names == ["input_image", "edit_prompt", "edited_image"]
    assert loaded["train"][0]["edited_image"].mode == "RGB"
    undecoded = datasets.Image(decode=False)
    for split in ("train", "validation"):
        raw = loaded[split].cast_column("input_image", undecoded).cast_column("edited_image", undecoded)
        for key, row in zip(split_of(stored, split), raw, strict=True):
            words, sample = stored[key][0].words, stored[key][1]
            assert words is not None
            assert row["edit_prompt"] == words.instruction
            assert (row["input_image"]["bytes"], row["edited_image"]["bytes"]) == (sample.input, sample.target)


class KilledError(BaseException):
    """Stands for the end of the process: nothing of ours catches it."""


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("format_", WRITERS)
def test_a_killed_export_is_no_export_until_it_is_run_again(
    pairs_dataset: str, format_: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.export.tables._ROWS", 2)
    whole, to = tmp_path / "whole", tmp_path / "some" / "export"
    counts, pairs = export_pairs(pairs_dataset, format_, whole), 0

    def members(selected: Selected, number: int, parts: Sequence[str]) -> list[memoryview]:
        nonlocal pairs
        if pairs == 0:
            raise KilledError
        pairs -= 1
        return read(selected, number, parts)

    read = Selected.members
    for step in random.Random(format_).sample(range(sum(counts.values())), 3):  # one kill after another
        pairs = step
        with monkeypatch.context() as patched:
            patched.setattr(Selected, "members", members)
            with pytest.raises(KilledError):
                export_pairs(pairs_dataset, format_, to)
        assert not to.exists()
        assert [path.name for path in to.parent.iterdir()] == ["export.unfinished-export"]
    assert export_pairs(pairs_dataset, format_, to) == counts
    assert files_of(to) == files_of(whole)
    assert [path.name for path in to.parent.iterdir()] == ["export"]


def test_folders_that_cannot_be_exported_to(
    pairs_dataset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rmdir", Mock(side_effect=OSError(errno.EBUSY, "Device or resource busy")))
        with pytest.raises(ExportError, match="cannot be written: Device or resource busy; give a folder inside"):
            export_pairs(pairs_dataset, "recipes", tmp_path / "empty")
    export_pairs(pairs_dataset, "recipes", tmp_path / "empty")
    with pytest.raises(ExportError, match="is not an empty folder"):
        export_pairs(pairs_dataset, "recipes", tmp_path / "empty")
    with pytest.raises(ExportError, match="is not an empty folder"):
        export_pairs(pairs_dataset, "recipes", tmp_path / "empty" / "dataset.json")


def test_tables_are_cut_into_files(
    exported: Callable[[Format], Path], stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.export.tables._ROWS", 2)
    folder = exported("triplets")
    assert len(list((folder / "data").glob("train-*.parquet"))) == -(-len(split_of(stored, "train")) // 2)
    loaded = datasets.load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "cache"))
    assert len(loaded) == len(split_of(stored, "train"))


def test_folders(exported: Callable[[Format], Path], stored: Stored, tmp_path: Path) -> None:
    folder = exported("folders") / "train"
    keys = split_of(stored, "train")
    instructions = [str(stored[key][0].words and stored[key][0].words.instruction) for key in keys]
    assert sorted(path.stem for path in (folder / "images").glob("*.jpg")) == sorted(keys)
    for key, instruction in zip(keys, instructions, strict=True):
        assert (folder / "images" / f"{key}.jpg").read_bytes() == stored[key][1].target
        assert (folder / "control" / f"{key}.jpg").read_bytes() == stored[key][1].input
        assert (folder / "images" / f"{key}.txt").read_text().strip() == instruction
    with (folder / "diffsynth.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["prompt"] for row in rows] == instructions
    assert all((folder / row[name]).is_file() for row in rows for name in ("image", "edit_image"))
    loaded = datasets.load_dataset(
        "json", data_files=str(folder / "musubi.jsonl"), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert loaded["caption"] == instructions
    assert all((folder / path).is_file() for path in [*loaded["image_path"], *loaded["control_path"]])
    pictures = datasets.load_dataset(
        "imagefolder", data_dir=str(folder), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert list(pictures["caption"]) == instructions
    assert set(pictures.column_names) == {"image", "control", "caption"}
    assert pictures[0]["control"].size == pictures[0]["image"].size
