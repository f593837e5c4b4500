"""Rows of Hugging Face data sets, from local folders and without network."""

from pathlib import Path

import pytest
from PIL import Image

from pipeline.sources.listing import list_sources
from pipeline.storage.fetch import read_bytes
from schemas.config import DatasetSource
from schemas.source import ListingError, SourceError


@pytest.fixture(autouse=True)
def _offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures in a folder whose name needs encoding."""
    folder = tmp_path / "my photos: 50%"
    folder.mkdir()
    for i in range(3):
        Image.new("RGB", (8 + i, 8), (i * 50, 0, 0)).save(folder / f"{i}.png")
    return folder


def contents(source: DatasetSource) -> list[bytes]:
    return [read_bytes(item.uri) for item in list_sources([source])]


def expected(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*.png"))]


def test_a_folder_of_pictures(folder: Path) -> None:
    assert contents(DatasetSource(dataset=str(folder))) == expected(folder)


def test_parquet(folder: Path, tmp_path: Path) -> None:
    import datasets

    rows = [{"bytes": data, "path": None} for data in expected(folder)]
    table = datasets.Dataset.from_dict({"photo": rows, "n": [1, 2, 3]}).cast_column("photo", datasets.Image())
    (tmp_path / "pq").mkdir()
    table.to_parquet(tmp_path / "pq" / "train.parquet")
    assert contents(DatasetSource(dataset=str(tmp_path / "pq"), column="photo")) == expected(folder)


@pytest.mark.parametrize("splits", [True, False])
def test_save_to_disk(folder: Path, tmp_path: Path, splits: bool) -> None:
    import datasets

    table = datasets.Dataset.from_dict({"image": [str(path) for path in sorted(folder.glob("*.png"))]})
    table = table.cast_column("image", datasets.Image())
    (datasets.DatasetDict({"test": table}) if splits else table).save_to_disk(tmp_path / "saved")
    assert contents(DatasetSource(dataset=str(tmp_path / "saved"), split="test")) == expected(folder)


def test_what_is_not_there_is_named(folder: Path, tmp_path: Path) -> None:
    for source, message in [
        (DatasetSource(dataset=str(tmp_path / "missing")), "missing"),
        (DatasetSource(dataset=str(folder), column="photo"), "photo"),
        (DatasetSource(dataset=str(folder), split="nothing"), "nothing"),
    ]:
        with pytest.raises(ListingError, match=message):
            list_sources([source])


def test_rows_that_are_not_there_are_unreadable(folder: Path) -> None:
    first = list_sources([DatasetSource(dataset=str(folder))])[0].uri
    for uri in (first.removesuffix("0") + "99", first.removesuffix("0") + "x", "hf://x"):
        with pytest.raises(SourceError) as caught:
            read_bytes(uri)
        assert caught.value.reason == "unreadable"
