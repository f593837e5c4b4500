"""A folder of presets loads in one order, with names and tags, and what fails is listed."""

import json
from pathlib import Path

import pytest

from pipeline.presets.export import to_xmp
from pipeline.presets.kelvin import WhitePoint
from pipeline.presets.library import library_report, load_presets
from pipeline.presets.preset import PresetError
from schemas.recipe import Recipe

CUBE = "LUT_3D_SIZE 2\n" + "\n".join(f"{r} {g} {b}" for b in (0, 1) for g in (0, 1) for r in (0, 1))
TEMPLATE = "s = { title = 'Kelvin', value = { settings = { Temperature = 6250, Texture = 4 } } }"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Film" / "Warm").mkdir(parents=True)
    recipe = Recipe(process="aether/1", values={"Vibrance": 12.0})
    (tmp_path / "Film" / "Warm" / "Golden-hour_02.XMP").write_bytes(to_xmp(recipe, "Golden"))
    (tmp_path / "Film" / "b.lrtemplate").write_text(TEMPLATE)
    (tmp_path / "Film" / "Night.cube").write_text(CUBE)
    (tmp_path / "broken.xmp").write_text("<a>")
    (tmp_path / "broken.cube").write_text("LUT_3D_SIZE 2")
    (tmp_path / "broken.lrtemplate").mkdir()
    (tmp_path / "readme.txt").write_text("no preset")
    (tmp_path / ".hidden.xmp").write_text("<a>")
    (tmp_path / "Film" / "circle").symlink_to(tmp_path, target_is_directory=True)
    return tmp_path


def test_all_kinds_are_read_with_names_and_tags(folder: Path) -> None:
    library = load_presets(folder, WhitePoint(5000))
    assert [(preset.name, preset.tags) for preset in library.presets] == [
        ("Golden", ("film", "warm", "unretouch", "golden", "hour")),
        ("Kelvin", ("film",)),
    ]
    assert library.presets[0].recipe.values == {"Vibrance": 12.0}
    assert library.presets[1].recipe.values == {"IncrementalTemperature": 40.0}
    assert [(lut.name, lut.tags) for lut in library.luts] == [("Night", ("film", "night"))]


def test_failures_are_listed_with_their_file(folder: Path) -> None:
    failures = load_presets(folder).failures
    assert set(failures) == {str(folder / "broken.xmp"), str(folder / "broken.cube")}
    assert all(message.startswith(file) for file, message in failures.items())


def test_a_single_file(folder: Path) -> None:
    library = load_presets(folder / "Film" / "b.lrtemplate")
    assert [preset.tags for preset in library.presets] == [()]
    assert set(library.presets[0].ignored) == {"Temperature", "Texture"}


def test_the_report_is_json(folder: Path) -> None:
    report = library_report(load_presets(folder))
    assert json.loads(json.dumps(report)) == report
    assert report["presets"][0]["sliders"] == {"Vibrance": 12.0}
    assert report["presets"][1]["ignored"]["Texture"] == "4: aether/1 has no such slider"
    assert report["luts"][0]["size"] == [2, 2, 2]
    assert len(report["failures"]) == 2


def test_nothing_to_load_is_an_error(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(PresetError, match="no such file or folder"):
        load_presets(folder / "none")
    for path in (folder / "readme.txt", tmp_path_factory.mktemp("empty")):
        with pytest.raises(PresetError, match=r"no preset; these are files named \.xmp, \.lrtemplate, \.cube"):
            load_presets(path)
