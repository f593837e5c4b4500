"""What a photo shows decides which sliders are drawn."""

import torch
from torch import Tensor

from operators.catalogue import AETHER_1
from operators.renderer import Renderer
from pipeline.recipes.sampler_file import load_sampler
from pipeline.recipes.visibility import Visibility, look
from schemas.sampler import EditSampler


def seen(photo: Tensor) -> Visibility:
    sampler = load_sampler(None, AETHER_1)
    assert isinstance(sampler, EditSampler)
    return look(Renderer(AETHER_1), photo[:, ::8, ::8].contiguous(), sampler.sliders, 0.8, "compiled")


def test_a_grey_photo_shows_light_alone(photos: dict[str, Tensor]) -> None:
    grey = photos["china"].float().mean(0).byte().expand(3, -1, -1)
    shows = dict(zip(AETHER_1.index, seen(grey).shows, strict=True))
    assert shows["Exposure2012"]
    assert shows["IncrementalTemperature"]
    assert not shows["Vibrance"]
    assert not any(shown for name, shown in shows.items() if "Adjustment" in name)


def test_bands_show_where_they_cover_the_photo() -> None:
    blue = torch.tensor([70, 110, 190], dtype=torch.uint8)[:, None, None].expand(3, 64, 64).clone()
    blue[:, :, ::2] += 20
    shows = dict(zip(AETHER_1.index, seen(blue.repeat(1, 8, 8)).shows, strict=True))
    assert shows["LuminanceAdjustmentBlue"]
    assert not shows["LuminanceAdjustmentRed"]
    assert not shows["LuminanceAdjustmentYellow"]


def test_sliders_that_do_the_same_are_alike(photos: dict[str, Tensor]) -> None:
    alike, index = torch.tensor(seen(photos["coffee"]).alike), AETHER_1.index
    assert alike[index["Vibrance"], index["Saturation"]] > 0.8
    assert abs(alike[index["Exposure2012"], index["Saturation"]]) < 0.7
    assert torch.allclose(alike, alike.T)
    assert float(alike.abs().max()) <= 1 + 1e-9
