"""The renderer: pointwise, decoupled, the identity at first, and the same after it was saved."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from operators.catalogue import AETHER_1
from pipeline.presets.cube import read_cube
from pipeline.training import renderer
from pipeline.training.bake import bake, write_cube
from pipeline.training.pairs import group_columns
from pipeline.training.renderer import RetouchRenderer, load_renderer, save_renderer
from pipeline.training.weights import ModelFileError
from quality.measures import psnr
from schemas.jobs.train_renderer import RendererConfig

SMALL = RendererConfig(latent=8, hidden=(16, 16), side=32)


@pytest.fixture
def model() -> RetouchRenderer:
    """A renderer whose last layer does something."""
    return lively(SMALL)


def lively(config: RendererConfig) -> RetouchRenderer:
    torch.manual_seed(0)
    made = RetouchRenderer(config, AETHER_1).eval()
    torch.nn.init.normal_(made.decoder.last.weight, std=0.05)
    return made


def random_picture(height: int = 13, width: int = 17) -> Tensor:
    return torch.randint(256, (3, height, width), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def test_an_untrained_renderer_changes_nothing() -> None:
    untrained = RetouchRenderer(SMALL, AETHER_1).eval()
    picture = random_picture()
    rendered = untrained.render(picture, torch.randn(1, 24))
    assert (rendered.int() - picture.int()).abs().max() <= 1


def test_pixels_are_rendered_alone(model: RetouchRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
    picture, latents = random_picture(), torch.randn(1, 24)
    whole = model.render(picture, latents)
    assert torch.equal(model.render(picture.flip(2), latents).flip(2), whole)
    monkeypatch.setattr(renderer, "_CHUNKS", {"cpu": 7})
    assert (model.render(picture, latents).int() - whole.int()).abs().max() <= 1


@pytest.mark.parametrize("control", ["parameters", "reference"])
def test_colors_and_pictures_are_rendered_alike(control: str) -> None:
    model = lively(SMALL.model_copy(update={"control": control}))
    picture, mask = random_picture(), torch.ones(1, 3)
    told = torch.rand(1, 38) if control == "parameters" else torch.rand(1, 6, 32, 32)
    with torch.no_grad():
        colors = model(told, mask, picture.flatten(1)[None] / 255)
    rendered = model.render(picture, model.encode(told, mask).detach())
    assert (colors.view(3, 13, 17) * 255 - rendered).abs().max() < 0.51


@given(group=st.integers(0, 2), seed=st.integers(0, 1000))
def test_a_group_moves_its_own_latent_alone_and_a_mask_switches_it_off(group: int, seed: int) -> None:
    model = lively(SMALL)
    generator = torch.Generator().manual_seed(seed)
    parameters = torch.rand(1, 38, generator=generator)
    moved = parameters.clone()
    moved[:, group_columns(AETHER_1)[group]] *= -1
    mask = torch.ones(1, 3)
    before, after = (model.encode(values, mask).view(3, 8) for values in (parameters, moved))
    assert [not torch.equal(*both) for both in zip(before, after, strict=True)] == [i == group for i in range(3)]
    mask[0, group] = 0
    assert torch.equal(model.encode(parameters, mask), model.encode(moved, mask))


@pytest.mark.parametrize("control", ["parameters", "reference"])
def test_a_saved_renderer_renders_the_same(control: str, tmp_path: Path) -> None:
    model = lively(SMALL.model_copy(update={"control": control}))
    save_renderer(model, tmp_path / "a" / "renderer.safetensors")
    loaded = load_renderer(tmp_path / "a" / "renderer.safetensors")
    told = torch.rand(1, 38) if control == "parameters" else torch.rand(1, 6, 32, 32)
    pictures = [one.render(random_picture(), one.encode(told, torch.ones(1, 3)).detach()) for one in (model, loaded)]
    assert torch.equal(*pictures)
    assert loaded.config == model.config


@pytest.mark.parametrize("content", [b"", b"no tensors at all"])
def test_files_that_hold_no_renderer_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(content)
    with pytest.raises(ModelFileError, match=r"x\.safetensors"):
        load_renderer(tmp_path / "x.safetensors")


def test_a_baked_table_stands_for_the_decoder(
    model: RetouchRenderer, tmp_path: Path, photos: dict[str, Tensor]
) -> None:
    latents = model.encode(torch.rand(1, 38), torch.ones(1, 3)).detach()
    table = bake(model, latents, "a look")
    photo = photos["coffee"][:, ::8, ::8]
    assert psnr(table.render(photo)[None], model.render(photo, latents)[None]) > 45
    write_cube(table, tmp_path / "look.cube")
    read = read_cube(tmp_path / "look.cube")
    assert read.title == "a look"
    assert torch.allclose(read.table, table.table, atol=1e-6)
