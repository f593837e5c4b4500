"""`unretouch train-vlm` and `unretouch retouch`: files in, files out."""

import io
import json
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import imagecodecs
import numpy as np
import pytest
import torch
import yaml
from PIL import Image, ImageCms
from PIL.ExifTags import IFD
from PIL.ExifTags import Base as Tag
from typer.testing import CliRunner

from operators.catalogue import AETHER_1
from operators.renderer import renderer_of
from pipeline.cli.app import app
from pipeline.config import read_config
from pipeline.images.cicp import profile_of
from pipeline.presets.library import load_presets
from pipeline.training.photo_file import UnreadablePhotoError, read_photo, to_jpeg
from pipeline.training.vlm_retouch import Retouched, Retoucher, UnusablePromptError, instruction_of
from quality.text.format import sections_of
from schemas.errors import UnretouchError
from schemas.jobs.train_dapo import TrainDapoConfig
from schemas.jobs.train_vlm import TrainVlmConfig
from schemas.recipe import Recipe

RECIPE = Recipe(process="aether/1", values={"Exposure2012": 0.5, "Saturation": 20.0, "Contrast2012": 0.0})


@pytest.fixture
def photo(tmp_path: Path, photos: dict[str, torch.Tensor]) -> Path:
    """A JPEG in Display P3 that lies on its side, of an odd size, with EXIF."""
    pixels = photos["coffee"][:, :301, :407]
    exif = Image.Exif()
    exif[Tag.Model], exif[Tag.Orientation], exif[Tag.Copyright] = "Camera One", 6, "A. Person"
    exif.get_ifd(IFD.Exif).update({Tag.ExposureTime: 0.5, Tag.ColorSpace: 65535, Tag.MakerNote: b"positions"})
    exif.get_ifd(IFD.GPSInfo)[1] = "N"
    path = tmp_path / "photo.jpg"
    image = Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy())
    image.save(path, quality=95, exif=exif, icc_profile=profile_of(12, 13))
    return path


def test_a_photo_keeps_its_size_and_its_exif_and_gets_srgb(photo: Path, tmp_path: Path) -> None:
    read = read_photo(photo)
    assert read.pixels.shape == (3, 407, 301)
    (tmp_path / "out.jpg").write_bytes(to_jpeg(read))
    with Image.open(tmp_path / "out.jpg") as image:
        exif = image.getexif()
        assert (exif[Tag.Model], exif[Tag.Copyright], exif[Tag.Orientation]) == ("Camera One", "A. Person", 1)
        inner = exif.get_ifd(IFD.Exif)
        assert (inner[Tag.ExposureTime], inner[Tag.ColorSpace]) == (0.5, 1)
        assert (inner[Tag.ExifImageWidth], inner[Tag.ExifImageHeight]) == image.size == (301, 407)
        assert Tag.MakerNote not in inner
        assert exif.get_ifd(IFD.GPSInfo)[1] == "N"
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(profile)
        difference = np.abs(np.asarray(image).astype(int) - read.pixels.permute(1, 2, 0).numpy())
    assert difference.mean() < 2


def test_exif_that_does_not_fit_into_a_jpeg_is_left_out(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[Tag.Model] = "Camera One"
    exif.get_ifd(IFD.Exif)[Tag.UserComment] = b"x" * 70_000
    Image.new("RGB", (20, 10), "red").save(tmp_path / "chatty.png", exif=exif)
    with Image.open(io.BytesIO(to_jpeg(read_photo(tmp_path / "chatty.png")))) as image:
        assert image.size == (20, 10)
        assert "exif" not in image.info


def test_every_orientation_is_turned_upright_and_depth_is_reduced(tmp_path: Path) -> None:
    upright = np.zeros((20, 30, 3), dtype=np.uint8)
    upright[:10, :15] = 255
    turned = {1: upright, 3: upright[::-1, ::-1], 6: np.rot90(upright), 8: np.rot90(upright, -1)}
    for orientation, stored in turned.items():
        exif = Image.Exif()
        exif[Tag.Orientation] = orientation
        Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "photo.png", exif=exif)
        assert np.array_equal(read_photo(tmp_path / "photo.png").pixels.permute(1, 2, 0), upright)
    (tmp_path / "deep.png").write_bytes(imagecodecs.png_encode(upright.astype(np.uint16) * 257))
    assert np.array_equal(read_photo(tmp_path / "deep.png").pixels.permute(1, 2, 0), upright)


@pytest.mark.parametrize(
    ("mode", "size", "message"),
    [("L", (65_501, 2), "too many for JPEG"), ("L", (20_000, 10_001), "pixels, more than"), ("CMYK", (9, 9), "CMYK")],
)
def test_a_photo_that_cannot_be_rendered_is_named(
    tmp_path: Path, mode: str, size: tuple[int, int], message: str
) -> None:
    path = tmp_path / "odd.tiff"
    Image.new(mode, size).save(path, compression="tiff_lzw")
    with pytest.raises(UnreadablePhotoError, match=rf"odd\.tiff: .*{message}"):
        read_photo(path)


def _retouched(folder: Path, *arguments: str) -> Any:
    found = Retouched("answer", {"plan_light": "Brighten [it]."}, RECIPE)
    with (
        patch.object(Retoucher, "__init__", return_value=None),
        patch.object(Retoucher, "retouch", return_value=found),
    ):
        return CliRunner().invoke(app, ["retouch", *arguments, "--model", "m", "--out", str(folder)])


def test_the_recipe_is_rendered_at_full_size_and_written_as_a_preset(photo: Path, tmp_path: Path) -> None:
    done = _retouched(tmp_path / "out", str(photo), "--json")
    assert done.exit_code == 0, done.output
    (shown,) = json.loads(done.stdout)["retouched"]
    assert shown["recipe"] == {"Exposure2012": 0.5, "Saturation": 20.0}
    assert shown["reasoning"] == {"plan_light": "Brighten [it]."}
    rendered = renderer_of("aether/1", "compiled").render(read_photo(photo).pixels[None], AETHER_1.vector([RECIPE]))
    difference = read_photo(tmp_path / "out" / "photo.jpg").pixels.int() - rendered[0].int()
    assert difference.abs().float().mean() < 2
    (preset,) = load_presets(tmp_path / "out" / "photo.xmp").presets
    assert {name: value for name, value in preset.recipe.values.items() if value} == shown["recipe"]


def test_a_photo_that_cannot_be_read_does_not_stop_the_others(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    done = _retouched(tmp_path / "out", str(tmp_path / "broken.jpg"), str(photo), "--json")
    assert done.exit_code == 1
    first, second = json.loads(done.stdout)["retouched"]
    assert "broken.jpg" in first["error"]
    assert "recipe" in second
    assert (tmp_path / "out" / "photo.jpg").exists()


def test_nothing_is_written_outside_of_the_folder(photo: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jpg"
    kept.write_bytes(b"precious")
    out = tmp_path / "out"
    out.mkdir()
    (out / "photo.jpg").symlink_to(kept)
    assert _retouched(out, str(photo)).exit_code == 0
    assert kept.read_bytes() == b"precious"
    assert sorted(path.name for path in out.iterdir()) == ["photo.jpg", "photo.xmp"]
    assert not (out / "photo.jpg").is_symlink()


def test_a_name_that_xml_cannot_hold_names_the_preset_in_other_letters(photo: Path, tmp_path: Path) -> None:
    odd = photo.rename(tmp_path / "a\x01\udcff.jpg")
    assert _retouched(tmp_path / "out", str(odd), "--json").exit_code == 0
    (preset,) = load_presets(tmp_path / "out" / "a\x01\udcff.xmp").presets
    assert preset.name == "a??"


def test_no_photo_is_overwritten(photo: Path, tmp_path: Path) -> None:
    assert "lies in" in str(_retouched(tmp_path, str(photo)).exception)
    other = tmp_path / "more" / "photo.png"
    assert "two folders" in str(_retouched(tmp_path / "out", str(photo), str(other)).exception)


def test_style_and_professional_need_a_prompt_without_tokens() -> None:
    assert instruction_of("auto", None)
    assert instruction_of("style", "Warmer.") == "Warmer."
    with pytest.raises(UnusablePromptError, match="needs a --prompt"):
        instruction_of("style", None)
    with pytest.raises(UnusablePromptError, match="without <"):
        instruction_of("auto", "<retouch_light>")


@pytest.fixture
def no_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where `unretouch[training]` is not installed."""
    monkeypatch.setitem(sys.modules, "transformers", None)
    for name in [name for name in sys.modules if name.startswith("pipeline.training.vlm")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.usefixtures("no_transformers")
def test_a_missing_library_is_named_with_its_extra(settings: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "train.yaml"
    file.write_text(yaml.safe_dump(settings))
    done = CliRunner().invoke(app, ["train-vlm", str(file)])
    assert isinstance(done.exception, UnretouchError)
    assert "unretouch[training]" in str(done.exception)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("train-vlm-tiny", TrainVlmConfig),
        ("train-vlm", TrainVlmConfig),
        ("train-dapo-tiny", TrainDapoConfig),
        ("train-dapo", TrainDapoConfig),
    ],
)
def test_configs_of_the_project_are_accepted(name: str, kind: type[TrainVlmConfig | TrainDapoConfig]) -> None:
    path = Path(__file__).parents[4] / "configs" / f"{name}.yaml"
    assert read_config(path, kind).data == "demo/dataset"


def test_unknown_keys_are_refused(settings: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "train.yaml").write_text(yaml.safe_dump({**settings, "step": 3}))
    done = CliRunner().invoke(app, ["train-vlm", str(tmp_path / "train.yaml")])
    assert "step: there is no such field" in str(done.exception)


def test_train_and_retouch_from_the_command_line(settings: dict[str, Any], tmp_path: Path, photo: Path) -> None:
    """A model that was trained for too short to speak still keeps to the format."""
    call = CliRunner().invoke
    (tmp_path / "train.yaml").write_text(yaml.safe_dump({**settings, "steps": 1}))
    done = call(app, ["train-vlm", str(tmp_path / "train.yaml"), "--json"])
    assert done.exit_code == 0, done.output
    model = str(Path(settings["out"]) / "model")
    retouch = ["retouch", str(photo), "--model", model, "--json"]
    with patch("pipeline.training.vlm_grammar.LONGEST_SECTION", 5):
        done = call(app, [*retouch, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    (shown,) = json.loads(done.stdout)["retouched"]
    assert list(shown["reasoning"]) == list(sections_of("auto"))
    assert all(text and text == text.lstrip() for text in shown["reasoning"].values())
    with Image.open(tmp_path / "out" / "photo.jpg") as image:
        assert image.size == (301, 407)
    with patch("pipeline.training.vlm_retouch._LONGEST", 3):
        done = call(app, [*retouch, "--out", str(tmp_path / "cut")])
    assert done.exit_code == 1
    assert "does not follow the grammar" in done.output
    assert not list((tmp_path / "cut").iterdir())
