"""A LUT made by a process is fitted by its recipe; what no recipe does shows in the residual."""

import pytest
import torch

from operators.catalogue import AETHER_1, PROCESSES, RLPIXTUNER_1
from operators.process import Process
from pipeline.presets.cube import CubeLut
from pipeline.recipes.lut_recipe import fit_lut, photographic_colors
from schemas.recipe import Recipe

DOMAIN = torch.tensor([[0.0] * 3, [1.0] * 3])


def grid(size: int) -> torch.Tensor:
    """The identity table, (3, B, G, R)."""
    steps = torch.linspace(0, 1, size)
    return torch.stack(torch.meshgrid(steps, steps, steps, indexing="ij")[::-1])


def lut_of(process: Process, recipe: Recipe) -> CubeLut:
    table = process.render(grid(33).view(1, 3, -1, 1), process.vector([recipe])).clamp(0, 1)
    return CubeLut("made", table.view(3, 33, 33, 33), DOMAIN)


@pytest.mark.parametrize("name", ["aether/1", "expert/1"])
def test_the_recipe_of_a_lut_is_found(name: str) -> None:
    process = PROCESSES[name]
    values = {"Contrast2012": 25.0, "IncrementalTemperature": 20.0, "Saturation": -30.0}
    recipe, psnr = fit_lut(lut_of(process, Recipe(process=name, values=values)), process)
    assert set(recipe.values) == set(process.index)
    assert psnr > 45
    for slider, value in values.items():
        assert recipe.values[slider] * value > 0  # sliders of tone can stand for each other


def test_a_spatial_process_sees_single_colors() -> None:
    found, psnr = fit_lut(lut_of(AETHER_1, Recipe(process="aether/1", values={"Exposure2012": 0.5})), RLPIXTUNER_1)
    (texture,) = (spec for operator in RLPIXTUNER_1.operators if operator.spatial for spec in operator.parameters)
    assert found.values[texture.name] == texture.neutral
    assert psnr > 30


def test_swapped_channels_are_no_recipe() -> None:
    _, psnr = fit_lut(CubeLut("swapped", grid(9)[[2, 0, 1]], DOMAIN), AETHER_1)
    assert psnr < 20


def test_the_colors_are_fixed_and_mostly_muted() -> None:
    colors = photographic_colors()
    assert torch.equal(colors, photographic_colors())
    assert colors.shape == (3, 55, 55)
    assert 0 <= float(colors.min()) < 0.02
    assert 0.98 < float(colors.max()) <= 1
    assert float((colors.amax(0) - colors.amin(0)).median()) < 0.25
