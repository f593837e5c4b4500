"""Styles are checked before any work: what can be used, what is left out, what stops the run."""

import logging
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from operators.catalogue import AETHER_1, EXPERT_1
from pipeline.presets.cube import read_cube
from pipeline.presets.export import to_xmp
from pipeline.recipes.styles import StylesError, load_styles, read_lut, styles_sha256
from schemas.jobs.run import RunConfig
from schemas.recipe import Recipe

WriteCube = Callable[[Path, str, Callable[[float, float, float], tuple[float, float, float]]], None]


def config(folder: Path, direction: str = "unrender", **values: object) -> RunConfig:
    recipes = {"styles": str(folder), "style_direction": direction}
    return RunConfig.model_validate({"sources": ["photos"], "out": "out", "recipes": recipes, **values})


def preset(name: str, **values: float) -> bytes:
    return to_xmp(Recipe(process="aether/1", values=values), name)


def test_each_kind_becomes_a_recipe_of_the_process(style_folder: Path) -> None:
    warm, contrast, film = load_styles(config(style_folder))
    assert [style.file for style in (warm, contrast, film)] == ["Warm.xmp", "contrast.lrtemplate", "film/faded.cube"]
    assert [style.spoken for style in (warm, contrast, film)] == ["warm", "high contrast", "old film"]
    assert warm.name == "Warm 02"
    assert film.tags == ("film", "faded")
    assert {name: value for name, value in contrast.recipe.values.items() if value} == {
        "Contrast2012": 45,
        "Saturation": 20,
    }
    assert contrast.ignored == ("Sharpness",)
    assert warm.lut_psnr is None
    assert film.lut_psnr is not None
    assert film.lut_psnr > 34
    for style in (warm, contrast, film):
        assert set(style.recipe.values) == set(AETHER_1.index)
        AETHER_1.check(style.recipe)


def test_no_styles_are_none() -> None:
    assert load_styles(RunConfig(sources=["photos"], out="out")) == []


def test_a_process_with_the_same_sliders_takes_presets(style_folder: Path) -> None:
    styles = load_styles(config(style_folder, process="expert/1"))
    assert len(styles) == 3
    for style in styles:
        EXPERT_1.check(style.recipe)


def test_a_process_with_other_sliders_takes_what_it_can_follow(
    style_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    styles = load_styles(config(style_folder, "render", process="exposure/1"))
    assert [style.name for style in styles] == ["Old Film"]
    assert "Warm.xmp is left out: process exposure/1 has no Exposure2012, IncrementalTemperature" in caplog.text


def test_what_cannot_be_undone_is_left_out(
    tmp_path: Path, write_cube: WriteCube, caplog: pytest.LogCaptureFixture
) -> None:
    write_cube(tmp_path / "harsh.cube", "Harsh", lambda r, g, b: (_harsh(r), _harsh(g), _harsh(b)))
    (style,) = load_styles(config(tmp_path, "render", process="exposure/1"))
    assert style.recipe.values["Gamma"] > 2
    with pytest.raises(StylesError, match="none of the styles"):
        load_styles(config(tmp_path, process="exposure/1"))
    assert re.search(r"harsh\.cube is left out: Gamma = 2\.\d+ cannot be undone outside 0\.5 to 2", caplog.text)


def _harsh(value: float) -> float:
    return min(max(0.5 + 1.9 * (value - 0.5), 0.0), 1.0)


def test_styles_that_cannot_be_used_are_left_out_by_name(
    style_folder: Path, write_cube: WriteCube, caplog: pytest.LogCaptureFixture
) -> None:
    (style_folder / "nothing.xmp").write_bytes(preset("Nothing"))
    write_cube(style_folder / "swapped.cube", "Swapped", lambda r, g, b: (b, r, g))
    write_cube(style_folder / "same.cube", "Same", lambda r, g, b: (r, g, b))
    with caplog.at_level(logging.INFO):
        assert len(load_styles(config(style_folder))) == 3
    assert "nothing.xmp is left out: it moves no slider of process aether/1" in caplog.text
    assert "swapped.cube is left out: the best recipe of aether/1 comes within" in caplog.text
    assert "same.cube is left out: it changes nothing" in caplog.text
    assert "contrast.lrtemplate is used without Sharpness" in caplog.text
    assert "beyond 3 styles they are rejected" in caplog.text


def test_unusable_folders_stop_the_run(style_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StylesError, match=r"recipes\.styles: .*none: no such file or folder"):
        load_styles(config(tmp_path / "none"))
    (style_folder / "broken.xmp").write_text("<a>")
    (style_folder / "broken.cube").write_text("LUT_3D_SIZE 2")
    with pytest.raises(StylesError, match=r"(?s)mend or remove.*broken\.cube: holds 0.*broken\.xmp: no well-formed"):
        load_styles(config(style_folder))
    only = tmp_path / "only"
    only.mkdir()
    with pytest.raises(StylesError, match="no preset; these are files named"):
        load_styles(config(only))
    (only / "nothing.xmp").write_bytes(preset("Nothing"))
    with pytest.raises(StylesError, match=r"none of the styles in .*only can be used with process aether/1"):
        load_styles(config(only))


def test_a_name_is_not_spoken_where_the_look_is_not_whole(style_folder: Path) -> None:
    template = style_folder / "contrast.lrtemplate"
    template.write_text(template.read_text().replace("Sharpness = 60", "GrainAmount = 40"))
    assert [style.spoken for style in load_styles(config(style_folder))] == ["warm", None, "old film"]


def test_grey_is_only_promised_by_what_is_grey(tmp_path: Path, write_cube: WriteCube) -> None:
    (tmp_path / "muted.xmp").write_bytes(preset("Black & White", Saturation=-100))
    write_cube(tmp_path / "grey.cube", "Monochrome", lambda r, g, b: (0.3 * r + 0.6 * g + 0.1 * b,) * 3)
    rendered, unrendered = (load_styles(config(tmp_path, direction)) for direction in ("render", "unrender"))
    assert {style.name: style.spoken for style in rendered} == {"Black & White": None, "Monochrome": "monochrome"}
    assert {style.name: style.spoken for style in unrendered} == {"Black & White": None, "Monochrome": None}


def test_the_hash_is_of_names_and_content_not_of_the_place(style_folder: Path, tmp_path: Path) -> None:
    before = styles_sha256(str(style_folder))
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(style_folder, elsewhere)
    (elsewhere / "readme.txt").write_text("no style")
    assert styles_sha256(str(elsewhere)) == before
    (elsewhere / "Warm.xmp").rename(elsewhere / "Cold.xmp")
    assert styles_sha256(str(elsewhere)) != before
    (style_folder / "Warm.xmp").write_bytes(preset("Warm 02", Exposure2012=0.1))
    assert styles_sha256(str(style_folder)) != before


def test_styles_of_one_name_are_told_apart(style_folder: Path) -> None:
    first = load_styles(config(style_folder))[0]
    copy = style_folder / "pack" / first.file
    copy.parent.mkdir()
    copy.write_bytes((style_folder / first.file).read_bytes())
    styles = load_styles(config(style_folder))
    assert {style.name for style in styles} >= {f"{first.name} ({file})" for file in (first.file, f"pack/{first.file}")}
    assert len({style.name for style in styles}) == len(styles)


def test_a_single_file_is_a_style(style_folder: Path) -> None:
    file = style_folder / "film" / "faded.cube"
    (style,) = load_styles(config(file))
    assert style.file == "faded.cube"
    assert torch.equal(read_lut(str(file), style.file).table, read_cube(file).table)
    assert styles_sha256(str(file))
