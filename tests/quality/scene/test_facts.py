import pytest
import torch
from torch import Tensor

from operators.catalogue import AETHER_1
from quality.scene.facts import THRESHOLDS, Fact, measure_facts
from quality.scene.grid import make_grid
from quality.scene.regions import find_regions
from schemas.recipe import Recipe
from tests.quality.scene.scenes import landscape, picture, portrait, wash


def _facts(before: Tensor, after: Tensor) -> dict[str, Fact]:
    facts = measure_facts(make_grid(before), make_grid(after), find_regions(after))
    assert [fact.strength for fact in facts] == sorted((fact.strength for fact in facts), reverse=True)
    return {fact.name: fact for fact in facts}


def _rendered(photo: Tensor, **values: float) -> Tensor:
    parameters = AETHER_1.vector([Recipe(process="aether/1", values=values)])
    return (AETHER_1.render(photo[None] / 255, parameters)[0].clamp(0, 1) * 255).round().byte()


def _scaled(photo: Tensor, low: float, high: float) -> Tensor:
    return (low + photo.float() * (high - low) / 255).round().byte()


def test_a_full_range_has_no_tonal_fault() -> None:
    ramp = _scaled(torch.arange(256, dtype=torch.uint8).repeat(3, 192, 1), 7, 248)
    assert _facts(ramp, ramp) == {}


def test_tonal_range_is_measured_in_lightness() -> None:
    ramp = torch.arange(256, dtype=torch.uint8).repeat(3, 192, 1)
    faded = _facts(_scaled(ramp, 60, 190), ramp)
    assert faded.keys() == {"nothing is black", "nothing is white", "narrow tonal range"}
    assert faded["nothing is black"].value == pytest.approx(25.1, abs=1)  # L* of grey 60 and a little more
    assert faded["nothing is white"].value == pytest.approx(76.7, abs=1)
    assert faded["narrow tonal range"].value == pytest.approx(51, abs=1.5)


def test_clipped_ends_are_counted() -> None:
    photo = torch.full((3, 200, 300), 128, dtype=torch.uint8)
    photo[:, :20], photo[:, 100:140] = 252, 3
    facts = _facts(photo, photo)
    assert facts["highlights blown"].value == pytest.approx(0.1, abs=0.01)
    assert facts["shadows blocked"].value == pytest.approx(0.2, abs=0.01)
    assert facts["shadows blocked"].strength == 1


@pytest.mark.parametrize(("level", "name"), [(40, "dark"), (220, "bright")])
def test_lightness_decides_dark_and_bright(level: int, name: str) -> None:
    photo = torch.full((3, 200, 300), level, dtype=torch.uint8)
    facts = _facts(photo, photo)
    assert name in facts
    assert len({"dark", "bright"} & facts.keys()) == 1


def test_shadows_hide_what_the_target_shows(photos: dict[str, Tensor]) -> None:
    target = photos["coffee"]
    assert "shadows hide detail" not in _facts(target, target)
    crushed = (target.float() * 1.4 - 120).clamp(0, 255).round().byte()
    assert _facts(crushed, target)["shadows hide detail"].value > 0.1
    assert "shadows hide detail" not in _facts(target, crushed)


def test_highlights_hide_what_the_target_shows(photos: dict[str, Tensor]) -> None:
    target = photos["china"]
    assert "highlights hide detail" not in _facts(target, target)
    burnt = (target.float() * 1.9).clamp(0, 255).round().byte()
    assert "highlights hide detail" in _facts(burnt, target)
    assert "highlights hide detail" not in _facts(target, burnt)


@pytest.mark.parametrize(
    ("slider", "value", "name"),
    [
        ("IncrementalTemperature", 40, "yellow cast"),
        ("IncrementalTemperature", -40, "blue cast"),
        ("IncrementalTint", 40, "magenta cast"),
        ("IncrementalTint", -40, "green cast"),
    ],
)
def test_casts_are_seen_on_what_is_grey_in_the_target(
    slider: str, value: float, name: str, photos: dict[str, Tensor]
) -> None:
    target = photos["astronaut"]
    casts = {fact for fact in _facts(_rendered(target, **{slider: value}), target) if fact.endswith("cast")}
    assert name in casts
    assert not {fact for fact in _facts(target, target) if fact.endswith("cast")}


def test_a_picture_without_grey_shows_no_cast() -> None:
    red = picture(wash((190, 60, 50), (150, 40, 40)))
    assert not {fact for fact in _facts(_rendered(red, IncrementalTemperature=60), red) if fact.endswith("cast")}


def test_colours_of_regions_are_compared_with_the_target() -> None:
    target = landscape()
    dull = _facts(_rendered(target, Saturation=-60), target)
    assert {"pale sky", "dull greenery"} <= dull.keys()
    assert 0 < dull["pale sky"].value < 0.75
    assert not {"pale sky", "dull greenery"} & _facts(target, target).keys()
    assert not {"pale sky", "dull greenery"} & _facts(target, _rendered(target, Saturation=-60)).keys()


def test_a_dark_ground_under_a_bright_sky_is_backlit() -> None:
    target = landscape()
    before = target.clone()
    before[:, 160:] = before[:, 160:] // 4
    facts = _facts(before, target)
    assert facts["sky outshines the ground"].value > 45
    assert facts["backlit"].value < 25
    assert "backlit" not in _facts(target, target)


def test_a_face_that_the_target_lifts_was_in_shadow() -> None:
    target = portrait()
    face = (target[0] > target[2].int() + 25)[None]
    before = torch.where(face, target // 3, 180).byte()
    facts = _facts(before, target)
    assert facts["face in shadow"].value > 10
    assert "face in shadow" not in _facts(target, target)


def test_every_fact_has_a_threshold_and_a_bounded_strength(photos: dict[str, Tensor]) -> None:
    for photo in photos.values():
        for exposure in (-3, 2):
            for name, fact in _facts(_rendered(photo, Exposure2012=exposure), photo).items():
                assert name in THRESHOLDS
                assert 0 <= fact.strength <= 1
                assert fact.strength == round(fact.strength, 2)


def test_pictures_of_two_shapes_are_refused() -> None:
    grids = [make_grid(torch.zeros(3, side, 96, dtype=torch.uint8)) for side in (40, 60)]
    with pytest.raises(ValueError, match="one shape"):
        measure_facts(*grids, [])
