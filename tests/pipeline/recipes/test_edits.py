"""Sparse recipes move a few sliders that show on the photo, in the directions of the sampler, and none twice."""

from collections import Counter
from statistics import median

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from operators.catalogue import AETHER_1
from pipeline.recipes.edits import ALIKE, draw_edit, draw_strength, weak_strength
from pipeline.recipes.steps import bounds
from pipeline.recipes.visibility import Visibility
from schemas.recipe import DrawKind
from schemas.sampler import Aspect, EditSampler, SliderUse

COLORS = {spec.name for spec in AETHER_1.parameters if spec.group == "color"}
ALL = {"light", "color", "specific"}
COUNT = len(AETHER_1.parameters)
NOTHING: dict[Aspect, float] = {"lightness": 0, "contrast": 0, "chroma": 0}
CLEAR = Visibility([True] * COUNT, torch.eye(COUNT).tolist(), [1.0] * COUNT, [NOTHING] * COUNT)


def sampler(**positive: float) -> EditSampler:
    """Ten sliders an edit, all as often, by a tenth of their range."""
    sliders = [
        SliderUse(name=s.name, share=0.3, positive=positive.get(s.name, 0.5), magnitude=(s.maximum - s.minimum) / 10)
        for s in AETHER_1.parameters
    ]
    return EditSampler(
        process="aether/1",
        fitted_to="a test",
        sliders=sliders,
        sizes={10: 1},
        spread=0.3,
        strength=9,
        strength_spread=0.4,
        raises={"lightness": 0.5, "contrast": 0.5, "chroma": 0.9},
    )


def drawn(seed: int, kind: DrawKind = "expert", visibility: Visibility = CLEAR, **positive: float) -> dict[str, float]:
    offsets = draw_edit(AETHER_1, sampler(**positive), kind, ALL, 0.8, seed, visibility)
    return {name: offset for name, offset in zip(AETHER_1.index, offsets, strict=True) if offset}


@given(st.integers(0, 2**63 - 1))
def test_as_many_sliders_move_as_the_sampler_says_and_within_bounds(seed: int) -> None:
    offsets = drawn(seed)
    assert len(offsets) == 10
    assert offsets == drawn(seed)
    for name, offset in offsets.items():
        spec = AETHER_1.parameters[AETHER_1.index[name]]
        low, high = bounds(spec, 0.8)
        assert low <= spec.neutral + offset <= high
    assert len(drawn(seed, "weak")) == 5


def test_distances_do_not_pile_up_at_their_bounds() -> None:
    room = [0.8 * (spec.maximum - spec.neutral) for spec in AETHER_1.parameters]
    sliders = [
        use.model_copy(update={"magnitude": space, "positive": 1.0})
        for use, space in zip(sampler().sliders, room, strict=True)
    ]
    far = sampler().model_copy(update={"sliders": sliders})  # half of all distances are out of bounds
    reached = []
    for seed in range(60):
        moved = draw_edit(AETHER_1, far, "expert", ALL, 0.8, seed, CLEAR)
        reached += [offset >= 0.999 * space for offset, space in zip(moved, room, strict=True) if offset]
    assert sum(reached) / len(reached) < 0.06


def test_what_does_not_show_stays_neutral() -> None:
    shows = [index % 3 == 0 for index in range(COUNT)]
    names = {name for name, shown in zip(AETHER_1.index, shows, strict=True) if shown}
    for seed in range(30):
        assert set(drawn(seed, visibility=CLEAR._replace(shows=shows))) <= names


def test_of_two_sliders_that_look_the_same_the_first_is_drawn() -> None:
    first, second = AETHER_1.index["Vibrance"], AETHER_1.index["Saturation"]
    alike = torch.eye(COUNT)
    alike[first, second] = alike[second, first] = -ALIKE - 0.01  # opposite directions look the same too
    draws = [drawn(seed, visibility=CLEAR._replace(alike=alike.tolist())) for seed in range(400)]
    assert not any({"Vibrance", "Saturation"} <= set(offsets) for offsets in draws)
    assert all(len(offsets) == 10 for offsets in draws)
    assert sum("Vibrance" in offsets for offsets in draws) > sum("Saturation" in offsets for offsets in draws)


def test_directions_follow_the_sampler_unless_the_edit_is_symmetric() -> None:
    def ups(kind: DrawKind) -> Counter[bool]:
        draws = (drawn(seed, kind, Exposure2012=1.0) for seed in range(400))
        return Counter(offsets["Exposure2012"] > 0 for offsets in draws if "Exposure2012" in offsets)

    assert ups("expert")[False] == 0
    symmetric = ups("symmetric")
    assert symmetric[True] == pytest.approx(symmetric.total() / 2, rel=0.35)


def test_edits_raise_chroma_as_often_as_the_sampler_says() -> None:
    raises = [{**NOTHING, "chroma": 1.0 if spec.group == "color" else 0.0} for spec in AETHER_1.parameters]
    seen = CLEAR._replace(raises=raises)
    up = [
        sum(offset for name, offset in drawn(seed, visibility=seen).items() if name in COLORS) >= 0
        for seed in range(200)
    ]
    assert sum(up) / len(up) == pytest.approx(0.9, abs=0.07)


def test_only_groups_that_may_move_do() -> None:
    offsets = draw_edit(AETHER_1, sampler(), "expert", {"color"}, 0.8, 1, CLEAR)
    groups = {spec.group for spec, offset in zip(AETHER_1.parameters, offsets, strict=True) if offset}
    assert groups == {"color"}


def test_strengths_are_spread_around_the_samplers() -> None:
    strengths = [draw_strength(sampler(), "expert", ALL, 1, seed) for seed in range(500)]
    assert median(strengths) == pytest.approx(9, rel=0.08)
    assert min(strengths) > 9 / 2.3 and max(strengths) < 9 * 2.3  # two standard deviations
    assert draw_strength(sampler(), "expert", ALL, 2, 3) == pytest.approx(2 * strengths[3])
    assert draw_strength(sampler(), "expert", {"specific"}, 1, 3) == pytest.approx(strengths[3] / 2)
    weak = [draw_strength(sampler(), "weak", ALL, 1, seed) for seed in range(100)]
    assert weak == [weak_strength(seed) for seed in range(100)]
    assert min(weak) >= 1.8 and max(weak) <= 4
