"""Real pairs that differ by margins, scale or position are laid on one grid; others are left for the fit to refuse."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from operators.catalogue import AETHER_1
from operators.resize import resize
from pipeline.fitting.align import align
from pipeline.fitting.displacement import displacements, steady_line
from pipeline.fitting.pair import fit_pair, render
from schemas.recipe import Recipe

NAMES = ["coffee", "china", "flower"]


def graded(photo: Tensor) -> Tensor:
    values = {"Exposure2012": 0.5, "Shadows2012": 30, "IncrementalTemperature": 12, "Vibrance": 20}
    return render(AETHER_1, photo, AETHER_1.vector([Recipe(process="aether/1", values=values)]))


def window(photo: Tensor, size: tuple[int, int], box: tuple[float, float, float, float]) -> Tensor:
    """What a picture shows within left, top, right and bottom, as shares of its sides, at a width and height."""
    height, width = photo.shape[1:]
    pixels = tuple(share * side for share, side in zip(box, (width, height, width, height), strict=True))
    picture = Image.fromarray(photo.permute(1, 2, 0).contiguous().numpy())
    return torch.from_numpy(np.array(picture.resize(size, Image.Resampling.BICUBIC, pixels))).permute(2, 0, 1)


@pytest.mark.parametrize("name", NAMES)
def test_a_pair_that_lies_well_is_returned_as_it_is(photos: dict[str, Tensor], name: str) -> None:
    before, after = photos[name], graded(photos[name])
    aligned = align(before, after)
    assert torch.equal(aligned[0], before)
    assert torch.equal(aligned[1], after)


@pytest.mark.parametrize("name", NAMES)
def test_whole_pixels_are_moved_without_interpolation(photos: dict[str, Tensor], name: str) -> None:
    photo = photos[name]
    before, after = photo[:, 3:, :-4], graded(photo)[:, :-3, 4:]
    aligned = align(before, after)
    assert torch.equal(aligned[0], photo[:, 3:-3, 4:-4])
    assert torch.equal(aligned[1], graded(photo)[:, 3:-3, 4:-4])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scale", [1.0, 0.6], ids=["same size", "smaller"])
def test_margins_like_those_of_a_raw_file_are_found(photos: dict[str, Tensor], name: str, scale: float) -> None:
    """The picture before shows 1.3 % more on the left, 0.3 % on the right, half a per cent above and below."""
    photo = photos[name]
    height, width = (round(side * 0.7) for side in photo.shape[1:])
    before = window(photo, (width, height), (0, 0, 1, 1))
    size = round(width * scale), round(height * scale)
    after = window(graded(photo), size, (0.013, 0.005, 0.997, 0.995))
    expected = window(photo, size, (0.013, 0.005, 0.997, 0.995))
    stretched = window(before, size, (0, 0, 1, 1))
    aligned = align(before, after)
    assert torch.equal(aligned[1], after)
    assert _error(aligned[0], expected) < _error(stretched, expected) / 10
    fit = fit_pair(*aligned, AETHER_1)
    assert fit.residual is not None
    assert fit.residual.shift < 0.15
    assert fit.residual.psnr > 30


def _error(picture: Tensor, expected: Tensor) -> float:
    return float((picture.double() - expected.double()).square().mean())


def test_the_larger_picture_is_reduced(photos: dict[str, Tensor]) -> None:
    photo = photos["coffee"]
    for before, after in ((photo, resize(graded(photo), 300)), (resize(photo, 300), graded(photo))):
        aligned = align(before, after)
        assert aligned[0].shape == aligned[1].shape == resize(photo, 300).shape
        assert fit_pair(*aligned, AETHER_1).recipe is not None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda photo: window(photo, (photo.shape[2], photo.shape[1]), (0.03, 0.03, 0.97, 0.97)),
        lambda photo: photo.flip(2),
        lambda photo: photo.roll((photo.shape[1] // 10, photo.shape[2] // 10), (1, 2)),
    ],
    ids=["cropped", "mirrored", "moved far"],
)
@pytest.mark.parametrize("name", ["coffee", "china"])
def test_what_does_not_go_together_is_left_and_refused(
    photos: dict[str, Tensor], name: str, spoil: Callable[[Tensor], Tensor]
) -> None:
    before, after = photos[name], spoil(graded(photos[name])).contiguous()
    aligned = align(before, after)
    assert torch.equal(aligned[0], before)
    assert torch.equal(aligned[1], after)
    assert fit_pair(*aligned, AETHER_1).reason in {"misaligned", "different_pictures"}


def test_a_turn_is_refused(photos: dict[str, Tensor]) -> None:
    photo = photos["coffee"]
    turned = Image.fromarray(graded(photo).permute(1, 2, 0).contiguous().numpy()).rotate(1, Image.Resampling.BICUBIC)
    after = torch.from_numpy(np.array(turned)).permute(2, 0, 1)
    assert fit_pair(*align(photo, after), AETHER_1).reason in {"misaligned", "different_pictures"}


def test_other_shapes_are_left_to_the_fit(photos: dict[str, Tensor]) -> None:
    coffee = photos["coffee"]
    upright = coffee.transpose(1, 2)
    assert align(coffee, upright) == (coffee, upright)
    assert fit_pair(*align(coffee, upright), AETHER_1).reason == "different_size"


@pytest.mark.parametrize("shape", [(3, 20, 30), (3, 16, 400), (3, 200, 300)])
def test_flat_and_small_pictures_have_nothing_to_go_by(shape: tuple[int, ...]) -> None:
    flat = torch.full(shape, 90, dtype=torch.uint8)
    assert displacements(flat, flat) is None
    for picture in align(flat, flat):
        assert torch.equal(picture, flat)


@settings(max_examples=20)
@given(st.integers(-9, 9), st.integers(-9, 9))
def test_displacements_point_to_where_a_thing_was(photos: dict[str, Tensor], down: int, right: int) -> None:
    photo = photos["coffee"][:, 60:340, 60:440]
    before = photos["coffee"][:, 60 - down : 340 - down, 60 - right : 440 - right]
    found = displacements(before, graded(photo))
    assert found is not None
    assert found.moves.median(dim=0).values.tolist() == pytest.approx([down, right], abs=0.05)


@given(
    st.lists(st.integers(0, 1000), min_size=4, max_size=30, unique=True),
    st.floats(-10, 10),
    st.floats(-0.02, 0.02),
)
def test_a_line_is_found_through_windows_on_it(places: list[int], shift: float, growth: float) -> None:
    at = torch.tensor(places, dtype=torch.float32)
    line = steady_line(at, shift + growth * at, torch.ones(len(at)))
    assert line is not None
    for x in (min(places), max(places)):
        assert line[0] + line[1] * x == pytest.approx(shift + growth * x, abs=0.05)


def test_a_few_windows_that_err_do_not_count_and_scattered_ones_have_no_line() -> None:
    places = torch.arange(0, 600, 25.0)
    moves = 2 + 0.01 * places
    moves[::6] += 40
    line = steady_line(places, moves, torch.ones(len(places)))
    assert line == pytest.approx((2, 0.01), abs=0.05)
    scattered = torch.linspace(-30, 30, len(places))[
        torch.randperm(len(places), generator=torch.Generator().manual_seed(1))
    ]
    assert steady_line(places, scattered, torch.ones(len(places))) is None
