"""A sampler fitted to recipes has their statistics; one fitted to photos makes inputs that look like them."""

import math
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from operators.catalogue import AETHER_1
from pipeline.jobs.fit_sampler import fit_to_recipes, make_sampler
from pipeline.recipes.gaussian import fitted_gaussian
from pipeline.recipes.sampler import sample_recipe
from pipeline.recipes.sampler_file import SamplerError
from pipeline.sources.photos import read_photos
from quality.realism.likeness import energy_distance, photographs
from schemas.config import RecipesConfig
from schemas.fit import Edit
from schemas.sampler import EditSampler, GaussianSampler

ALL = RecipesConfig(groups={"all": 1})


def recipes(count: int, seed: int = 0) -> Tensor:
    """All raise Exposure by about 0.8 EV, half lower Highlights by about 20, one in ten moves the hue of blues."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(count, 3, generator=generator)
    values = torch.zeros(count, 38)
    values[:, AETHER_1.index["Exposure2012"]] = 0.8 * (0.8 + 0.4 * noise[:, 0])
    values[:, AETHER_1.index["Highlights2012"]] = torch.where(noise[:, 1] < 0.5, -20.0, 0.0)
    values[:, AETHER_1.index["HueAdjustmentBlue"]] = torch.where(noise[:, 2] < 0.1, 30.0, 0.0)
    return values


def edits(count: int) -> list[Edit]:
    """Strengths are log-normal around 9 with a spread of 0.4; all brighten, three in four raise the contrast."""
    noise = torch.randn(count, generator=torch.Generator().manual_seed(1)).tolist()
    return [
        Edit(strength=9 * math.exp(0.4 * x), lightness=3, contrast=-1 if i % 4 == 0 else 2, chroma=-0.1)
        for i, x in enumerate(noise)
    ]


def test_statistics_of_many_recipes() -> None:
    sampler = fit_to_recipes(AETHER_1, recipes(1000), edits(1000), "a test")
    uses = {use.name: use for use in sampler.sliders}
    assert list(uses) == list(AETHER_1.index)
    assert uses["Exposure2012"].share == 0.98
    assert uses["Exposure2012"].positive > 0.99
    assert uses["Exposure2012"].magnitude == pytest.approx(0.8, rel=0.03)
    assert uses["Highlights2012"].share == pytest.approx(0.5, abs=0.05)
    assert uses["Highlights2012"].positive < 0.01
    assert uses["Highlights2012"].magnitude == pytest.approx(20, rel=0.01)
    assert uses["HueAdjustmentBlue"].share == pytest.approx(0.1, abs=0.03)
    assert uses["Whites2012"].share < 0.01
    assert sampler.strength == pytest.approx(9, rel=0.05)
    assert sampler.strength_spread == pytest.approx(0.4, rel=0.1)
    assert sampler.raises == pytest.approx({"lightness": 1, "contrast": 0.75, "chroma": 0}, abs=0.01)
    assert sampler.sizes[4] > sampler.sizes[6] > sampler.sizes[8]


def test_few_recipes_lean_on_the_mean_of_an_operator() -> None:
    sampler = fit_to_recipes(AETHER_1, recipes(4), edits(4), "a test")
    uses = {use.name: use for use in sampler.sliders}
    assert 0 < uses["Whites2012"].share < uses["Highlights2012"].share < 0.9
    assert uses["Whites2012"].magnitude == pytest.approx(20, rel=0.01)  # as Highlights, which is of its operator
    assert uses["Whites2012"].positive == 0.5
    assert EditSampler.model_validate_json(sampler.model_dump_json()) == sampler


def test_too_few_recipes_are_refused() -> None:
    with pytest.raises(SamplerError, match="3 recipes"):
        fit_to_recipes(AETHER_1, recipes(2), edits(2), "a test")


def test_inputs_come_to_look_like_the_reference(
    photos: dict[str, Tensor], photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.jobs.fit_sampler.STEPS", 25)  # the rest of the way is short
    # The reference is darker, flatter and less colourful than the photos, as unedited ones are.
    experts = list(photos.values())
    for name, photo in photos.items():
        dull = (0.6 * photo.float() + 0.4 * photo.float().mean(0, keepdim=True)) * 0.55 + 12
        Image.fromarray(dull.byte().permute(1, 2, 0).numpy()).save(tmp_path / f"{name}.png")
    reference = photographs(read_photos(str(tmp_path)))
    sampler = make_sampler(AETHER_1, None, str(tmp_path), str(photo_folder))
    assert sampler.fitted_to == "6 unedited photos"

    def distance(fitted: GaussianSampler | None) -> float:
        gaussian = fitted and fitted_gaussian(fitted)
        inputs = []
        for seed in range(4):
            for photo in experts:
                small = photo[None, :, ::8, ::8].float() / 255
                values = AETHER_1.vector([sample_recipe(AETHER_1, ALL, len(inputs) + seed, gaussian)])
                inputs.append((AETHER_1.unrender(small, values)[0].clamp(0, 1) * 255).round().byte())
        return float(energy_distance(photographs(inputs).colors, reference.colors))

    assert distance(sampler) < 0.6 * distance(None)
    moments = {slider.name: slider for slider in sampler.sliders}
    assert moments["Exposure2012"].mean > 0.2
    assert moments["Vibrance"].mean + moments["Saturation"].mean > 0
    assert moments["HueAdjustmentRed"].mean == 0


def test_a_sampler_is_fitted_to_one_thing(tmp_path: Path) -> None:
    with pytest.raises(SamplerError, match="either to a bank"):
        make_sampler(AETHER_1, None, str(tmp_path), None)
    with pytest.raises(SamplerError, match="either to a bank"):
        make_sampler(AETHER_1, str(tmp_path), str(tmp_path), None)
