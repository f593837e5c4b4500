"""What other programs get of a renderer: tables and ONNX render what the renderer renders."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from operators.catalogue import AETHER_1
from operators.renderer import renderer_of
from pipeline.fitting.files import read_pictures
from pipeline.presets.cube import read_cube
from pipeline.training.examples import reference
from pipeline.training.looks import EditError, read_recipe, write_look
from pipeline.training.onnx_export import write_onnx
from pipeline.training.pairs import group_mask, normalized
from pipeline.training.renderer import RetouchRenderer, load_renderer, save_renderer
from quality.measures import psnr
from schemas.jobs.train_renderer import RendererConfig

RECIPE = {"Exposure2012": 0.5, "Saturation": -20.0}


def saved(control: str, folder: Path) -> Path:
    torch.manual_seed(0)
    config = RendererConfig.model_validate({"control": control, "latent": 8, "hidden": (16, 16), "side": 32})
    model = RetouchRenderer(config, AETHER_1).eval()
    torch.nn.init.normal_(model.decoder.last.weight, std=0.05)
    save_renderer(model, folder / "renderer.safetensors")
    return folder / "renderer.safetensors"


def test_a_recipe_becomes_a_table(photos: dict[str, Tensor], tmp_path: Path) -> None:
    model = saved("parameters", tmp_path)
    for content in (RECIPE, {"process": "aether/1", "recipe": RECIPE}):
        (tmp_path / "edit.json").write_text(json.dumps(content))
        write_look(model, tmp_path / "look.cube", tmp_path / "edit.json", None, 33)
    values = read_recipe(tmp_path / "edit.json", AETHER_1)
    assert values[AETHER_1.index["Saturation"]] == -20
    parameters, renderer = normalized(AETHER_1, values), load_renderer(model)
    photo = photos["coffee"][:, ::8, ::8]
    latents = renderer.encode(parameters[None], group_mask(AETHER_1, parameters)[None]).detach()
    table = read_cube(tmp_path / "look.cube")
    assert table.title == "look"
    assert psnr(table.render(photo)[None], renderer.render(photo, latents)[None]) > 45


def test_a_pair_becomes_a_table(photos: dict[str, Tensor], tmp_path: Path) -> None:
    model, photo = saved("reference", tmp_path), photos["coffee"][:, ::4, ::4]
    edited = renderer_of("aether/1", "compiled").render(photo[None], read_recipe_of(RECIPE, tmp_path)[None])[0]
    for name, picture in {"before": photo, "after": edited}.items():
        Image.fromarray(picture.permute(1, 2, 0).numpy()).save(tmp_path / f"{name}.png")
    pair = (str(tmp_path / "before.png"), str(tmp_path / "after.png"))
    write_look(model, tmp_path / "look.cube", None, pair, 33)
    renderer = load_renderer(model)
    latents = renderer.encode(reference(*read_pictures(*pair), 32)[None], torch.ones(1, 3)).detach()
    assert psnr(read_cube(tmp_path / "look.cube").render(photo)[None], renderer.render(photo, latents)[None]) > 45


def read_recipe_of(values: dict[str, float], folder: Path) -> Tensor:
    (folder / "recipe.json").write_text(json.dumps(values))
    return read_recipe(folder / "recipe.json", AETHER_1)


def test_edits_that_a_renderer_is_not_told_by_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EditError, match="give --recipe"):
        write_look(saved("parameters", tmp_path), tmp_path / "look.cube", None, ("a.png", "b.png"), 33)
    with pytest.raises(EditError, match="give --before and --after"):
        write_look(saved("reference", tmp_path), tmp_path / "look.cube", tmp_path / "edit.json", None, 33)


@pytest.mark.parametrize("content", ["no json", "[1]", '{"Exposure2012": "bright"}', '{"Glow": 3}', "{}}"])
def test_files_that_hold_no_recipe_are_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "edit.json").write_text(content)
    with pytest.raises(EditError, match=r"edit\.json"):
        read_recipe(tmp_path / "edit.json", AETHER_1)


@pytest.mark.parametrize("control", ["parameters", "reference"])
def test_onnx_renders_what_the_renderer_renders(control: str, tmp_path: Path) -> None:
    from onnxruntime import InferenceSession

    path = saved(control, tmp_path)
    encoder, decoder = (InferenceSession(half) for half in write_onnx(path, tmp_path / "onnx"))
    model, generator = load_renderer(path), torch.Generator().manual_seed(1)
    told = (3, 38) if control == "parameters" else (3, 6, 32, 32)
    control_of = torch.rand(*told, generator=generator) * 2 - 1
    mask = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    colors = torch.rand(3, 77, 3, generator=generator)
    with torch.no_grad():
        latents = model.encode(control_of, mask)
        rendered = model.decoder(colors, latents)
    found = encoder.run(None, {"control": control_of.numpy(), "mask": mask.numpy()})[0]
    assert np.allclose(found, latents.numpy(), atol=1e-5)
    assert np.allclose(decoder.run(None, {"colors": colors.numpy(), "latents": found})[0], rendered.numpy(), atol=1e-5)
