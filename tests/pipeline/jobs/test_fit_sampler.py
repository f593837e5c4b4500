"""A sampler fitted to recipes has their moments; one fitted to photos makes inputs that look like them."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from operators.catalogue import AETHER_1
from pipeline.jobs.fit_sampler import fit_to_recipes, make_sampler, shrunk_correlation
from pipeline.recipes.gaussian import fitted_gaussian
from pipeline.recipes.provider import SamplerError
from pipeline.recipes.sampler import sample_recipe
from pipeline.sources.photos import read_photos
from quality.realism.likeness import energy_distance, photographs
from schemas.config import RecipesConfig
from schemas.sampler import GaussianSampler

ALL = RecipesConfig(groups={"all": 1})


def recipes(count: int, seed: int = 0) -> Tensor:
    """Around 0.8 EV and 20 of contrast; all else has a spread of 5. Every two sliders correlate by 0.5."""
    noise = torch.randn(count, 39, generator=torch.Generator().manual_seed(seed))
    standard = (noise[:, :38] + noise[:, 38:]) / 2**0.5
    values = 5 * standard
    values[:, 0] = 0.8 + 0.3 * standard[:, 0]
    values[:, 1] = 20 + 10 * standard[:, 1]
    return values


def test_moments_of_many_recipes() -> None:
    sampler = fit_to_recipes(AETHER_1, recipes(2000), "a test")
    assert sampler.sliders[0].mean == pytest.approx(0.8, abs=0.03)
    assert sampler.sliders[0].sigma == pytest.approx(0.3, rel=0.06)
    assert sampler.sliders[1].sigma == pytest.approx(10, rel=0.06)
    assert sampler.correlation[0][1] == pytest.approx(0.5, abs=0.06)
    assert sampler.correlation[2][3] == pytest.approx(0.5, abs=0.06)


def test_a_few_bad_fits_hardly_count() -> None:
    values = recipes(200)
    values[:6, 1] = 95.0
    sampler = fit_to_recipes(AETHER_1, values, "a test")
    assert sampler.sliders[1].mean == pytest.approx(20, abs=2.5)
    assert sampler.sliders[1].sigma == pytest.approx(10, rel=0.25)
    assert values[:, 1].std() > 15


@pytest.mark.parametrize("count", [3, 5, 9])
def test_fewer_recipes_than_sliders_still_make_a_sampler(count: int) -> None:
    values = recipes(count)
    values[:, 5] = 0.0
    values[:, 6] = values[:, 7]
    sampler = fit_to_recipes(AETHER_1, values, "a test")
    assert sampler.sliders[5].sigma == 0
    AETHER_1.check(sample_recipe(AETHER_1, ALL, 1, fitted_gaussian(sampler)))


def test_too_few_recipes_are_refused() -> None:
    with pytest.raises(SamplerError, match="3 recipes"):
        fit_to_recipes(AETHER_1, recipes(2), "a test")


def test_independent_columns_are_shrunk_to_nothing() -> None:
    noise = torch.randn(12, 30, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    standard = (noise - noise.mean(0)) / noise.std(0)
    plain = torch.corrcoef(standard.T).fill_diagonal_(0).abs().mean()
    shrunk = shrunk_correlation(standard)
    assert shrunk.fill_diagonal_(0).abs().mean() < 0.35 * plain


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
