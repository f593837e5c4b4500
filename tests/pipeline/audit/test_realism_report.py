"""A data set is compared with folders of photographs."""

import logging
from pathlib import Path

import pytest
from PIL import Image

from pipeline.audit.realism_report import RealismReport, measure_realism
from pipeline.dataset.record import commits, load_record
from pipeline.sources.photos import read_photos
from pipeline.storage.store import open_store
from schemas.jobs.run import RunConfig
from schemas.source import ListingError


def measured(config: RunConfig, reference: Path, experts: Path | None = None) -> RealismReport:
    store = open_store(config.out)
    record = load_record(store)
    unrendered = sum(commit.origins.get("unrendered", 0) for commit in commits(store))
    assert unrendered
    report = measure_realism(store, record, str(reference), str(experts) if experts else None)
    assert report.pairs == unrendered
    return report


def test_rendered_inputs_are_the_experts_photos(tiny_dataset: RunConfig, photo_folder: Path) -> None:
    report = measured(tiny_dataset, photo_folder, photo_folder)
    assert report.reference == report.experts == 6
    assert report.rendered is not None
    # Rendering gives the targets back, of which every photo has about as many; the inputs are degraded.
    assert report.rendered.color_distance < 0.5 * report.inputs.color_distance
    assert report.rendered.luminance > 0.6
    assert RealismReport.model_validate_json(report.model_dump_json()) == report


def test_a_reference_like_the_inputs_scores_higher(tiny_dataset: RunConfig, photo_folder: Path, tmp_path: Path) -> None:
    for path in sorted(photo_folder.glob("*.png")):
        Image.open(path).convert("L").point(lambda value: value // 8).save(tmp_path / path.name)
    far, near = measured(tiny_dataset, tmp_path), measured(tiny_dataset, photo_folder)
    assert far.rendered is None
    assert far.inputs.color_distance > near.inputs.color_distance
    assert far.inputs.saturation < near.inputs.saturation
    assert far.inputs.luminance < near.inputs.luminance


def test_a_choice_of_many_is_fixed(photo_folder: Path) -> None:
    some = read_photos(str(photo_folder), most=3)
    assert len(some) == 3
    assert all((one == other).all() for one, other in zip(some, read_photos(str(photo_folder), most=3), strict=True))
    assert all(max(photo.shape) <= 512 for photo in some)


def test_unusable_files_are_left_out_with_a_warning(
    photo_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "good.png").write_bytes((photo_folder / "coffee.png").read_bytes())
    (tmp_path / "bad.png").write_bytes(b"nothing")
    with caplog.at_level(logging.WARNING):
        assert len(read_photos(str(tmp_path))) == 1
    assert "bad.png is left out" in caplog.text
    (tmp_path / "good.png").unlink()
    with pytest.raises(ListingError, match="no usable picture"):
        read_photos(str(tmp_path))
    with pytest.raises(ListingError, match="missing"):
        read_photos(str(tmp_path / "missing"))
