"""The scratch gives back what was kept, for the same source, config, code and platform, or nothing."""

from pathlib import Path

import pytest

from pipeline.shards import scratch as module
from pipeline.shards.scratch import Scratch, drop, drop_all_but
from pipeline.storage.store import Store, open_store
from schemas.config import ImageConfig

URI, SHA256, PHOTO = "/photos/a.jpg", "a" * 64, b"an encoded photo"


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return open_store(str(tmp_path / "out"))
    return open_store(f"s3://{request.getfixturevalue('s3_bucket')}/out")


def test_a_kept_photo_is_found(store: Store) -> None:
    scratch = Scratch(store, ImageConfig())
    assert scratch.find(URI, SHA256) is None
    scratch.keep(URI, SHA256, PHOTO)
    assert Scratch(store, ImageConfig()).find(URI, SHA256) == PHOTO
    assert Scratch(store, ImageConfig()).find("/copies/of/a.JPG", SHA256) == PHOTO


@pytest.mark.parametrize("kept", [0, 5, 32, 40])
def test_a_file_that_is_cut_short_is_not_used(store: Store, kept: int) -> None:
    scratch = Scratch(store, ImageConfig())
    scratch.keep(URI, SHA256, PHOTO)
    (name,) = store.names("scratch")
    store.write(name, store.read(name)[:kept])
    assert scratch.find(URI, SHA256) is None


def test_a_photo_of_another_source_or_another_reading_is_not_used(store: Store) -> None:
    scratch = Scratch(store, ImageConfig())
    scratch.keep("/photos/a.dng", SHA256, PHOTO)
    assert scratch.find("/photos/a.tif", SHA256) is None
    (name,) = store.names("scratch")
    other = "b" * 64
    store.write(f"scratch/{other}", store.read(name))
    assert scratch.find("/photos/a.dng", other) is None


@pytest.mark.parametrize("change", [{"quality": 90}, {"long_side": 512}, {"max_pixels": 10**6}])
def test_a_photo_of_another_image_config_is_not_used(store: Store, change: dict[str, int]) -> None:
    Scratch(store, ImageConfig.model_validate(change)).keep(URI, SHA256, PHOTO)
    assert Scratch(store, ImageConfig()).find(URI, SHA256) is None


def test_a_photo_of_other_code_is_not_used(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    Scratch(store, ImageConfig()).keep(URI, SHA256, PHOTO)
    monkeypatch.setattr(module, "code_sha256", lambda _: "other code")
    monkeypatch.setattr(module, "_maker", module._maker.__wrapped__)
    assert Scratch(store, ImageConfig()).find(URI, SHA256) is None


def test_photos_go_one_by_one_or_all_but_those_in_use(store: Store) -> None:
    scratch = Scratch(store, ImageConfig())
    hashes = [digit * 64 for digit in "abcd"]
    for sha256 in hashes:
        scratch.keep(URI, sha256, PHOTO)
    drop(store, hashes[:1])
    assert [scratch.find(URI, sha256) is not None for sha256 in hashes] == [False, True, True, True]
    drop_all_but(store, hashes[:3])
    assert [scratch.find(URI, sha256) is not None for sha256 in hashes] == [False, True, True, False]
    drop_all_but(store, ())
    assert store.names("scratch") == []
