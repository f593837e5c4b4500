import pytest
import torch
from torch import Tensor

from operators.catalogue import AETHER_1, PROCESSES
from schemas.recipe import Recipe

HUES = ("Red", "Orange", "Yellow", "Green", "Aqua", "Blue", "Purple", "Magenta")
NAMES = [
    *("Exposure2012", "Contrast2012", "Highlights2012", "Shadows2012", "Whites2012", "Blacks2012"),
    *("ParametricShadows", "ParametricDarks", "ParametricLights", "ParametricHighlights"),
    *("IncrementalTemperature", "IncrementalTint", "Vibrance", "Saturation"),
    *(f"{kind}Adjustment{hue}" for kind in ("Hue", "Saturation", "Luminance") for hue in HUES),
]
LIMITS = torch.tensor([5.0] + [100.0] * 37)


def recipe(**values: float) -> Recipe:
    return Recipe(process="aether/1", values=values)


def pixels(count: int = 1000, seed: int = 0) -> Tensor:
    """(1, 3, 1, N) in [0, 1]: noise, and a lattice with black, white, greys and pure colours."""
    lattice = torch.cartesian_prod(*[torch.linspace(0, 1, 5)] * 3).T
    noise = torch.rand(3, count, generator=torch.Generator().manual_seed(seed))
    return torch.cat([lattice, noise], dim=1)[None, :, None]


def corners(count: int, share: float, seed: int = 0) -> Tensor:
    """All sliders at plus or minus a share of their range, (count, 38)."""
    signs = torch.randint(0, 2, (count, 38), generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return share * signs * LIMITS


def largest(x: Tensor) -> float:
    return x.abs().max().item()


def test_parameters_are_the_38_of_lightroom_in_the_order_of_the_groups() -> None:
    assert [spec.name for spec in AETHER_1.parameters] == NAMES
    assert [spec.group for spec in AETHER_1.parameters] == ["light"] * 10 + ["color"] * 4 + ["specific"] * 24
    assert [spec.maximum for spec in AETHER_1.parameters] == LIMITS.tolist()
    assert [spec.minimum for spec in AETHER_1.parameters] == (-LIMITS).tolist()
    assert [spec.unit for spec in AETHER_1.parameters] == ["EV"] + ["slider"] * 37
    assert PROCESSES["aether/1"] is AETHER_1


def test_vector_puts_values_in_their_columns_and_zero_elsewhere() -> None:
    vector = AETHER_1.vector([recipe(Exposure2012=-0.5, HueAdjustmentRed=7), recipe()], dtype=torch.float64)
    expected = torch.zeros(2, 38, dtype=torch.float64)
    expected[0, 0], expected[0, 14] = -0.5, 7
    assert torch.equal(vector, expected)
    assert AETHER_1.vector([]).shape == (0, 38)


@pytest.mark.parametrize("method", ["check", "vector"])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Recipe(process="aether/2", values={}), "'aether/2', not 'aether/1'"),
        (recipe(Clarity2012=10), "no parameter 'Clarity2012'"),
        (recipe(Exposure2012=5.01), r"Exposure2012 = 5.01 lies outside -5.0 to 5.0 EV"),
        (recipe(Exposure2012=-30), "Exposure2012 = -30"),
        (recipe(Saturation=3, HueAdjustmentAqua=-101), "HueAdjustmentAqua = -101"),
    ],
)
def test_wrong_recipe_is_refused_by_name(method: str, wrong: Recipe, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AETHER_1.check(wrong) if method == "check" else AETHER_1.vector([recipe(), wrong])


def test_the_ends_of_the_range_are_allowed() -> None:
    AETHER_1.check(recipe(Exposure2012=5, Contrast2012=-100, LuminanceAdjustmentMagenta=100))


def test_not_a_number_is_no_recipe() -> None:
    with pytest.raises(ValueError, match="finite"):
        recipe(Exposure2012=float("nan"))


@pytest.mark.parametrize("shape", [(2, 3, 4, 6), (2, 3, 1, 1), (2, 3, 5, 1)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_render_keeps_shape_and_dtype(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    image = torch.rand(shape, dtype=dtype)
    for result in (
        AETHER_1.render(image, corners(2, 0.5).to(dtype)),
        AETHER_1.unrender(image, corners(2, 0.5).to(dtype)),
    ):
        assert result.shape == shape
        assert result.dtype == dtype


def test_empty_recipe_changes_nothing() -> None:
    image = pixels()
    vector = AETHER_1.vector([recipe()])
    assert largest(AETHER_1.render(image, vector) - image) < 3e-6
    assert largest(AETHER_1.unrender(image, vector) - image) < 3e-6


def test_render_applies_the_operators_in_order() -> None:
    image, vector = pixels(), corners(1, 0.5)
    expected = image.flatten(2)
    for operator in AETHER_1.operators:
        columns = [NAMES.index(spec.name) for spec in operator.parameters]
        expected = operator.apply(expected, vector[:, columns])
    assert torch.equal(AETHER_1.render(image, vector), expected.view_as(image))


def test_batch_rows_are_independent() -> None:
    images = torch.cat([pixels(100, seed) for seed in range(4)])
    vector = corners(4, 0.5)
    together = AETHER_1.render(images, vector)
    for row in range(4):
        assert largest(together[row : row + 1] - AETHER_1.render(images[row : row + 1], vector[row : row + 1])) <= 2e-6


def test_process_is_differentiable_in_image_and_parameters() -> None:
    image = torch.tensor([[0.21, 0.61, 0.83], [0.43, 0.29, 0.72], [0.65, 0.49, 0.11]], dtype=torch.float64)
    image = image.reshape(1, 3, 1, 3).requires_grad_()
    generator = torch.Generator().manual_seed(3)
    share = (torch.rand(1, 38, dtype=torch.float64, generator=generator) - 0.5).mul(0.6).requires_grad_()
    assert torch.autograd.gradcheck(lambda x, p: AETHER_1.render(x, p * LIMITS), (image, share), atol=1e-6)
    assert torch.autograd.gradcheck(lambda x, p: AETHER_1.unrender(x, p * LIMITS), (image, share), atol=1e-6)


def test_unrender_then_render_gives_the_photo_back_up_to_80_percent_of_every_range() -> None:
    """The way of a pair: target to input to target. 80 % is the limit of drawn recipes."""
    image, vector = pixels().expand(400, -1, -1, -1), corners(400, 0.8)
    assert largest(AETHER_1.render(AETHER_1.unrender(image, vector), vector) - image) < 1e-4


def test_render_then_unrender_gives_back_what_is_not_clipped_up_to_80_percent_of_every_range() -> None:
    image, vector = pixels().expand(400, -1, -1, -1), corners(400, 0.8)
    rendered = AETHER_1.render(image, vector)
    error = (AETHER_1.unrender(rendered, vector) - image).abs().amax(1)
    unclipped = ((rendered >= 0) & (rendered <= 1)).all(1)
    assert unclipped.float().mean() > 0.2
    assert largest(error[unclipped]) < 1e-4
    assert largest(error) < 1e-3


def test_full_range_corners_are_limited_by_float32_alone() -> None:
    """All 38 sliders at their ends at once (5 EV on top of curves at their flattest) magnify the last bit.

    Over 4800 corners the largest error was 3e-4 from photo to input to photo (3e-6 of the values above 1e-4) and 2e-3
    the other way round (1e-4 of the values); in float64 it is 2e-12.
    """
    image, vector = pixels().expand(150, -1, -1, -1), corners(150, 1.0)
    there = (AETHER_1.render(AETHER_1.unrender(image, vector), vector) - image).abs()
    assert largest(there) < 5e-4
    assert (there > 1e-4).float().mean() < 1e-5
    back = (AETHER_1.unrender(AETHER_1.render(image, vector), vector) - image).abs()
    assert largest(back) < 3e-3
    assert (back > 1e-4).float().mean() < 2e-4
    exact, precise = image.double(), vector.double()
    assert largest(AETHER_1.unrender(AETHER_1.render(exact, precise), precise) - exact) < 1e-10
    assert largest(AETHER_1.render(AETHER_1.unrender(exact, precise), precise) - exact) < 1e-10
