"""Recipes are recovered from real photographs; pairs that are no global edit are refused with the right reason."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from operators.catalogue import AETHER_1, EXPERT_1, RLPIXTUNER_1
from pipeline.fitting.pair import fit_pair, render
from pipeline.recipes.sampler import sample_recipe
from schemas.config import RecipesConfig
from schemas.fit import FitConfig
from schemas.recipe import Recipe


def graded(photo: Tensor, **values: float) -> Tensor:
    values = values or {"Exposure2012": 0.5, "Shadows2012": 30, "IncrementalTemperature": 12, "Vibrance": 20}
    return render(AETHER_1, photo, AETHER_1.vector([Recipe(process="aether/1", values=values)]))


def small(photo: Tensor) -> Tensor:
    """Every other pixel: quick, and with the noise and edges of a photograph."""
    return photo[:, ::2, ::2].contiguous()


def test_drawn_recipes_are_recovered(photos: dict[str, Tensor]) -> None:
    reached = []
    for seed, photo in enumerate(list(photos.values())[:3]):
        recipe = sample_recipe(AETHER_1, RecipesConfig(), seed)
        fit = fit_pair(small(photo), render(AETHER_1, small(photo), AETHER_1.vector([recipe])), AETHER_1)
        assert fit.reason is None
        assert fit.recipe is not None
        assert list(fit.recipe.values) == list(AETHER_1.index)
        assert fit.residual is not None
        assert fit.residual.psnr >= 40
        reached.append(fit.residual.psnr)
    assert sorted(reached)[len(reached) // 2] >= 45


def test_the_residual_is_that_of_the_recipe(photos: dict[str, Tensor]) -> None:
    before = small(photos["coffee"])
    after = (255 * (graded(before) / 255) ** 0.9).to(torch.uint8)  # rounded down, which no recipe does
    fit = fit_pair(before, after, EXPERT_1)
    assert fit.recipe is not None
    assert fit.residual is not None
    again = render(EXPERT_1, before, EXPERT_1.vector([fit.recipe])).double()
    assert fit.residual.psnr == pytest.approx(
        float(10 * torch.log10(255**2 / (again - after.double()).square().mean())), abs=1e-3
    )
    assert fit.residual.psnr > fit.residual.psnr_before + 20


def test_random_rlpixtuner_targets_are_recovered(photos: dict[str, Tensor]) -> None:
    generator = torch.Generator().manual_seed(3)
    low = torch.tensor([spec.minimum for spec in RLPIXTUNER_1.parameters])
    high = torch.tensor([spec.maximum for spec in RLPIXTUNER_1.parameters])
    reached = []
    for photo in photos.values():
        parameters = low + (high - low) * torch.rand(1, len(low), generator=generator)
        fit = fit_pair(photo, render(RLPIXTUNER_1, photo, parameters), RLPIXTUNER_1, FitConfig(min_similarity=0))
        reached.append(fit.residual.psnr if fit.residual else 0.0)
    assert sorted(reached)[len(reached) // 2] >= 45


@pytest.mark.parametrize("process", [AETHER_1, EXPERT_1, RLPIXTUNER_1], ids=lambda process: str(process.name))
def test_an_identical_pair_has_the_neutral_recipe(photos: dict[str, Tensor], process) -> None:  # type: ignore[no-untyped-def]
    photo = small(photos["chelsea"])
    fit = fit_pair(photo, photo, process)
    assert fit.recipe is not None
    assert dict(fit.recipe.values) == pytest.approx(dict(process.neutral), abs=0.02)
    assert fit.residual is not None
    assert fit.residual.psnr >= 60


def test_a_grey_picture_is_fitted_like_any_other(photos: dict[str, Tensor]) -> None:
    grey = photos["coffee"][:1].expand(3, -1, -1).contiguous()
    fit = fit_pair(grey, graded(grey, Exposure2012=0.5), AETHER_1)
    assert fit.reason is None
    assert fit.residual is not None
    assert fit.residual.psnr > 45


def _shifted(photo: Tensor) -> tuple[Tensor, Tensor]:
    return photo[:, :, :-2], graded(photo)[:, :, 2:]


def _cropped(photo: Tensor) -> tuple[Tensor, Tensor]:
    height, width = photo.shape[1:]
    inner = graded(photo)[:, height // 50 : -height // 50, width // 50 : -width // 50]
    scaled = F.interpolate(inner[None].float(), size=(height, width), mode="bilinear", antialias=True)[0]
    return photo, scaled.round().to(torch.uint8)


def _brushed(photo: Tensor) -> tuple[Tensor, Tensor]:
    after = graded(photo)
    quarter = after[:, : photo.shape[1] // 2, : photo.shape[2] // 2]
    quarter.copy_(graded(quarter.contiguous(), Exposure2012=0.6))
    return photo, after


def _mirrored(photo: Tensor) -> tuple[Tensor, Tensor]:
    return photo, graded(photo).flip(2)


def _scrambled(photo: Tensor) -> tuple[Tensor, Tensor]:
    """Hues the other way round: aligned, global, and more than any slider does."""
    return photo, photo.flip(0)


@pytest.mark.parametrize(
    ("name", "spoil", "reasons"),
    [
        ("coffee", _shifted, {"misaligned"}),
        ("astronaut", _shifted, {"misaligned"}),
        ("coffee", _cropped, {"misaligned", "different_pictures"}),
        ("china", _cropped, {"misaligned", "different_pictures"}),
        ("coffee", _brushed, {"local_edit"}),
        ("chelsea", _brushed, {"local_edit"}),
        ("flower", _brushed, {"local_edit"}),
        ("astronaut", _mirrored, {"different_pictures"}),
        ("flower", _scrambled, {"poor_fit", "local_edit"}),
    ],
)
def test_what_is_no_global_edit_is_refused(
    photos: dict[str, Tensor], name: str, spoil: Callable[[Tensor], tuple[Tensor, Tensor]], reasons: set[str]
) -> None:
    fit = fit_pair(*spoil(photos[name]), AETHER_1)
    assert fit.reason in reasons
    assert fit.recipe is None
    assert fit.detail


def test_other_photos_and_other_sizes_are_refused(photos: dict[str, Tensor]) -> None:
    coffee, chelsea = photos["coffee"], photos["chelsea"]
    height, width = (min(a, b) for a, b in zip(coffee.shape[1:], chelsea.shape[1:], strict=True))
    assert fit_pair(coffee[:, :height, :width], chelsea[:, :height, :width], AETHER_1).reason == "different_pictures"
    assert fit_pair(coffee, chelsea, AETHER_1).reason == "different_size"
    with pytest.raises(ValueError, match="uint8 pictures"):
        fit_pair(coffee.float(), coffee, AETHER_1)
