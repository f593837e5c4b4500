import pytest

from quality.text.languages import VOCABULARIES
from quality.text.reader import read_claims
from schemas.recipe import Group


def _said(text: str, group: Group | None = None, problem: bool = False) -> set[tuple[str, int]]:
    return {(claim.aspect, claim.sign) for claim in read_claims(text, group, problem)}


@pytest.mark.parametrize(
    ("text", "group", "claims"),
    [
        ("Lift the shadows.", "light", {("shadows", 1)}),
        ("Pull the highlights down a little.", "light", {("highlights", -1)}),
        (
            "Raise the contrast, open up the shadows and darken the tones overall.",
            "light",
            {("contrast", 1), ("shadows", 1), ("brightness", -1)},
        ),
        ("Less contrast and a brighter exposure.", "light", {("contrast", -1), ("brightness", 1)}),
        ("Raise the dark tones.", "light", {("shadows", 1)}),
        (
            "Make it warmer and a little brighter, with calmer greens.",
            None,
            {("warmth", 1), ("brightness", 1), ("green_saturation", -1)},
        ),
        ("Shift the tint toward green.", "color", {("tint", -1)}),
        ("Shift the color balance toward cooler tones.", "color", {("warmth", -1)}),
        ("Tone the colors down.", "color", {("colorfulness", -1)}),
        (
            "Mute the reds, oranges and yellows.",
            "specific",
            {("red_saturation", -1), ("orange_saturation", -1), ("yellow_saturation", -1)},
        ),
        (
            "Lighten the blues a little and saturate them.",
            "specific",
            {("blue_luminance", 1), ("blue_saturation", 1)},
        ),
        ("Turn the aqua tones toward green and lower their brightness.", "specific",
         {("aqua_hue", -1), ("aqua_luminance", -1)}),
        ("Move the magentas toward red.", "specific", {("magenta_hue", 1)}),
        ("Move the reds toward blue.", "specific", {("unclear", 1)}),
        ("Brighten the blues and cool the white balance.", None, {("blue_luminance", 1), ("warmth", -1)}),
    ],
)  # fmt: skip
def test_plans_and_instructions(text: str, group: Group | None, claims: set[tuple[str, int]]) -> None:
    assert _said(text, group) == claims


@pytest.mark.parametrize(
    ("text", "group", "claims"),
    [
        ("The shadows are too dark.", "light", {("shadows", 1)}),
        ("The picture looks flat and the highlights could be dimmer.", "light", {("contrast", 1), ("highlights", -1)}),
        ("The neutral tones lean toward green.", "color", {("tint", 1)}),
        ("The colors are far too vivid.", "color", {("colorfulness", -1)}),
        (
            "The reds and oranges are too pale, and the blues lean toward aqua.",
            "specific",
            {("red_saturation", 1), ("orange_saturation", 1), ("blue_hue", 1)},
        ),
        (
            "The greens are too dull and they look too dark.",
            "specific",
            {("green_saturation", 1), ("green_luminance", 1)},
        ),
    ],
)
def test_problems_ask_for_the_opposite(text: str, group: Group, claims: set[tuple[str, int]]) -> None:
    assert _said(text, group, problem=True) == claims


@pytest.mark.parametrize(("word", "level"), [("slightly", 0), ("clearly", 1), ("strongly", 2), ("", None)])
def test_degrees(word: str, level: int | None) -> None:
    assert [claim.level for claim in read_claims(f"Lift the shadows {word}.", "light")] == [level]


@pytest.mark.parametrize(
    "text",
    [
        "Leave the light as it is.",
        "The single hues need no change here.",
        "Keep the colors as a whole unchanged.",
        "The tonal range looks fine.",
        "Hardly any specific color adjustment is needed.",
    ],
)
def test_nothing_to_do_claims_nothing(text: str) -> None:
    assert VOCABULARIES["en"].unchanged.search(text.lower())
    assert read_claims(text, "light") == []
