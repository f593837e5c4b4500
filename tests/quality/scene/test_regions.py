import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from quality.scene.regions import Region, find_regions
from tests.quality.scene.scenes import landscape, meadow, picture, portrait, wash


def _names(photo: Tensor) -> set[str]:
    return {region.name for region in find_regions(photo)}


def _one(photo: Tensor, name: str) -> Region:
    return next(region for region in find_regions(photo) if region.name == name)


def test_real_photos_show_what_they_are_said_to(photos: dict[str, Tensor]) -> None:
    named = {name: _names(photo) for name, photo in photos.items()}
    assert named.pop("china") == {"pale sky"}  # a temple under a hazy sky
    # A portrait, a cup, a cat, a flower before something green, and a rocket in the dusk.
    assert named == {"astronaut": set(), "coffee": set(), "chelsea": set(), "flower": set(), "rocket": set()}


def test_the_sky_of_a_real_photo_lies_above_the_roof(photos: dict[str, Tensor]) -> None:
    sky = _one(photos["china"], "pale sky")
    rows = sky.mask.float().mean(1)
    assert rows[0] > 0.9
    assert rows[: len(rows) // 2].mean() > 0.7
    assert rows[-(len(rows) // 4) :].max() < 0.05


def test_a_landscape_has_a_sky_and_greenery() -> None:
    found = find_regions(landscape())
    assert {region.name for region in found} == {"blue sky", "greenery"}
    for region in found:
        upper, lower = region.mask.float().tensor_split(2)
        assert (upper.mean() > 0.9 and lower.mean() < 0.1) == (region.name == "blue sky")
        assert (lower.mean() > 0.9 and upper.mean() < 0.1) == (region.name == "greenery")


def test_a_sea_under_a_sky_is_water() -> None:
    sea = picture(wash((90, 140, 205), (185, 210, 230), 120), wash((30, 95, 125), (15, 60, 85), 140))
    assert _names(sea) == {"blue sky", "water"}
    assert _one(sea, "water").share == pytest.approx(140 / 260, abs=0.03)


def test_a_dusk_is_a_sunset_sky() -> None:
    assert "sunset sky" in _names(
        picture(wash((90, 90, 150), (235, 150, 110), 200), wash((30, 25, 25), (20, 20, 20), 80))
    )


def test_skin_is_named_where_there_is_a_face() -> None:
    face = portrait()
    assert _names(face) == {"skin"}
    skin = _one(face, "skin")
    assert 0.15 < skin.share < 0.25
    assert skin.mask[40:56, 44:52].float().mean() > 0.7  # from the nose to the mouth
    assert not skin.mask[:16].any()
    assert not skin.mask[:, :16].any()


@pytest.mark.parametrize("eyes", [(), (130,), (160,), (130, 140)])
def test_skin_without_two_eyes_is_not_named(eyes: tuple[int, ...]) -> None:
    assert _names(portrait(eyes)) == set()


@pytest.mark.parametrize(
    ("what", "photo"),
    [
        ("blue wall", picture(wash((90, 140, 200), (90, 140, 200)))),
        (
            "blue wall that darkens toward a floor",
            picture(wash((110, 160, 220), (70, 110, 170), 200), meadow(56) * 0.5),
        ),
        ("purple stage", picture(wash((60, 30, 180), (120, 90, 220), 180), wash((20, 20, 20), (40, 30, 30), 80))),
        ("blue backdrop that ends below the frame", picture(wash((70, 125, 200), (165, 200, 230)))),
        ("white wall", picture(wash((240, 240, 240), (225, 225, 225)))),
        (
            "white wall over a wooden floor",
            picture(wash((235, 235, 235), (235, 235, 235), 180), wash((120, 80, 50), (150, 100, 60), 80)),
        ),
        ("beige wall", picture(wash((222, 196, 170), (214, 184, 160)))),
        ("green wall", picture(wash((60, 130, 50), (50, 110, 40)))),
        ("green studio light on grey", picture(meadow().mean(2, keepdims=True) * np.array([0.2, 1.0, 0.7]))),
        ("dry grass", picture(meadow()[..., [1, 0, 2]])),
        (
            "grey road under a grey wall",
            picture(wash((200, 200, 200), (190, 190, 190), 120), wash((90, 92, 98), (70, 72, 78), 140)),
        ),
        ("black", torch.zeros(3, 200, 300, dtype=torch.uint8)),
        ("white", torch.full((3, 200, 300), 255, dtype=torch.uint8)),
        ("noise", torch.randint(0, 256, (3, 200, 300), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))),
        ("one pixel", torch.full((3, 1, 1), 120, dtype=torch.uint8)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_only_looks_alike_is_not_named(what: str, photo: Tensor) -> None:
    assert _names(photo) == set(), what


def test_a_mirrored_photo_shows_the_same(photos: dict[str, Tensor]) -> None:
    for photo in (photos["china"], landscape()):
        for region in find_regions(photo):
            mirrored = _one(photo.flip(2), region.name)
            assert mirrored.confidence == pytest.approx(region.confidence, abs=0.1)
            assert (mirrored.mask.flip(1) == region.mask).float().mean() > 0.97


def test_a_smaller_photo_shows_the_same(photos: dict[str, Tensor]) -> None:
    for photo in (photos["china"], landscape()):
        smaller = interpolate(photo[None].float(), scale_factor=0.8, mode="area")[0].round().byte()
        assert _names(smaller) == _names(photo)
        for region in find_regions(photo):
            assert _one(smaller, region.name).share == pytest.approx(region.share, abs=0.05)


def test_regions_describe_their_masks(photos: dict[str, Tensor]) -> None:
    for photo in (*photos.values(), landscape()):
        found = find_regions(photo, least_confidence=0.01)
        assert [region.confidence for region in found] == sorted((region.confidence for region in found), reverse=True)
        assert sum(region.name.endswith("sky") for region in found) <= 1
        for region in found:
            assert 0.01 <= region.confidence <= 1
            assert region.confidence == round(region.confidence, 2)
            assert region.mask.dtype == torch.bool
            assert region.share == int(region.mask.sum()) / region.mask.numel() > 0


def test_unsure_regions_are_left_out() -> None:
    confidences = {region.name: region.confidence for region in find_regions(landscape(), least_confidence=0.01)}
    least = max(confidences.values())
    assert {region.name for region in find_regions(landscape(), least)} == {
        name for name, confidence in confidences.items() if confidence >= least
    }
