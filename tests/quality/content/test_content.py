"""The content check finds what should not be a source, and leaves photos alone."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFilter
from torch import Tensor

from quality.content.check import LIMITS, check_content, issues_of
from schemas.config import ContentConfig
from tests.quality.content.pictures import made


def _image(pixels: Tensor) -> Image.Image:
    return Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy())


def _pixels(picture: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)


@pytest.fixture(scope="module")
def pictures(photos: dict[str, Tensor]) -> dict[str, list[Tensor]]:
    return {issue: list(map(_pixels, found)) for issue, found in made(list(map(_image, photos.values()))).items()}


def test_photos_are_not_rejected(photos: dict[str, Tensor]) -> None:
    found = {name: issues_of(check_content(pixels)) for name, pixels in photos.items()}
    assert all(set(issues).isdisjoint(ContentConfig().reject) for issues in found.values()), found


@pytest.mark.parametrize("issue", ["blurred", "monochrome", "screenshot", "collage", "border", "text"])
def test_made_pictures_are_found(issue: str, pictures: dict[str, list[Tensor]]) -> None:
    assert len(pictures[issue]) == 6
    found = [issue in issues_of(check_content(pixels)) for pixels in pictures[issue]]
    assert sum(found) >= (4 if issue == "text" else 5)


@pytest.mark.parametrize("issue", ["blown", "dark"])
def test_scores_of_light_follow_it(issue: str, photos: dict[str, Tensor], pictures: dict[str, list[Tensor]]) -> None:
    for photo, worse in zip(photos.values(), pictures[issue], strict=True):
        before, after = (getattr(check_content(pixels), issue) for pixels in (photo, worse))
        assert after > before
    flat = torch.full((3, 300, 300), 255 if issue == "blown" else 0, dtype=torch.uint8)
    assert issue in issues_of(check_content(flat))


def test_sharp_lies_below_soft_in_steps(photos: dict[str, Tensor]) -> None:
    picture = _image(photos["chelsea"])
    scores = [
        check_content(_pixels(picture.filter(ImageFilter.GaussianBlur(radius)))).blurred for radius in (0, 1, 2, 4)
    ]
    assert scores == sorted(scores)
    assert scores[0] < LIMITS["blurred"] <= scores[3]


def test_a_plain_background_is_no_border(photos: dict[str, Tensor]) -> None:
    plain = torch.full((3, 400, 600), 245, dtype=torch.uint8)
    rows, columns = torch.meshgrid(torch.arange(200), torch.arange(300), indexing="ij")
    disc = (rows - 100) ** 2 + (columns - 150) ** 2 < 90**2
    subject = photos["coffee"][:, :200, :300]
    plain[:, 100:300, 150:450] = torch.where(disc, subject, plain[:, 100:300, 150:450])
    assert check_content(plain).border < LIMITS["border"]


def test_a_level_horizon_is_no_seam() -> None:
    sea = torch.cat([torch.full((3, 200, 600), 200), torch.full((3, 200, 600), 80)], dim=1).float()
    noise = torch.randn(sea.shape, generator=torch.Generator().manual_seed(0)) * 6
    assert check_content((sea + noise).clamp(0, 255).to(torch.uint8)).collage < LIMITS["collage"]


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (7, 500), (500, 7), (64, 64)])
@pytest.mark.parametrize("noise", [False, True])
def test_pictures_of_any_size_have_scores_between_0_and_1(shape: tuple[int, int], noise: bool) -> None:
    picture = torch.full((3, *shape), 128, dtype=torch.uint8)
    if noise:
        picture = torch.randint(256, (3, *shape), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    scores = check_content(picture).model_dump()
    assert all(0 <= score <= 1 for score in scores.values())
    assert scores.keys() == LIMITS.keys()


def test_scores_do_not_depend_on_the_layout_in_memory(photos: dict[str, Tensor]) -> None:
    photo = photos["coffee"]
    last = photo.permute(1, 2, 0).contiguous().permute(2, 0, 1)
    assert check_content(photo.contiguous()) == check_content(last)


def test_the_most_telling_issue_comes_first() -> None:
    page = Image.new("RGB", (1000, 700), "white")
    draw = ImageDraw.Draw(page)
    for y in range(40, 680, 20):
        draw.text((30, y), "settings file edit view help open save " * 3, fill="black")
    assert issues_of(check_content(_pixels(page)))[:2] == ["screenshot", "blown"]
