"""The count of lies finds planted ones and passes true sentences; measures see what is planted in small pictures."""

import json
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage.color import lab2rgb

from benchmarks.words import HUMAN, group_differences
from benchmarks.words_lies import LIES, Count, Pair, count_lies
from benchmarks.words_people import REQUESTS, request_statistics, text_statistics
from benchmarks.words_pixels import Pixels, measure
from benchmarks.words_reader import HUES, claims, says_nothing, sections
from benchmarks.words_table import lies_table, requests_table, texts_table
from operators.catalogue import AETHER_1
from operators.renderer import Renderer
from schemas.recipe import Recipe

NOTHING = {"light": "Keep the light as it is.", "globalcolor": "No change is needed.", "specificcolor": "None."}

NOTHING_WORDS = {"keep", "the", "light", "as", "it", "is", "no", "change", "needed", "none"}


def answer(**plans: str) -> str:
    """An answer of three plans; those that are not given say nothing. `problem_light` and so on go before them."""
    problems = {name: text for name, text in plans.items() if name.startswith("problem")}
    texts = problems | {f"plan_{name}": plans.get(name, text) for name, text in NOTHING.items()}
    return "".join(f"<{name}_start>{text}<{name}_end>" for name, text in texts.items()) + "<retouch_light>"


def pixels(
    lightness: float = 0,
    spread: float = 0,
    chroma: tuple[float, float] = (20, 20),
    casts: tuple[tuple[float, float], tuple[float, float]] | None = ((0, 0), (0, 0)),
    **hues: float,
) -> Pixels:
    """Measures of a pair in which nothing changes but what is given; hues cover a tenth of the frame each."""
    return Pixels(lightness, spread, chroma, casts, dict.fromkeys(HUES, 0.1) | hues, 0.8)


def counted(
    name: str,
    text: str,
    seen: Pixels,
    groups: Mapping[str, float] | None = None,
    task: str = "style",
    instruction: str = "Edit it.",
) -> tuple[int, int, int]:
    """Wrong, judged and unsure of one count for one answer."""
    counts = {lie: Count() for lie in LIES}
    count_lies(Pair("key", task, instruction, text, (), seen, groups or {}), counts)
    return counts[name].wrong, counts[name].judged, counts[name].unsure


LIE, TRUTH, UNSURE, NO_CLAIM = (1, 1, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lift the shadows slightly.", [("shadows", 1, ())]),
        ("Darken the brighter areas and raise the contrast.", [("highlights", -1, ()), ("contrast", 1, ())]),
        ("A punchier look, with less saturation.", [("contrast", 1, ()), ("saturation", -1, ())]),
        ("Make it brighter and a little less contrasty.", [("brightness", 1, ()), ("contrast", -1, ())]),
        ("Warm the colors up, then mute them.", [("warmth", 1, ()), ("saturation", -1, ())]),
        ("Remove the pink cast.", [("tint", -1, ())]),
        ("Shift the tint toward magenta.", [("tint", 1, ())]),
        ("Mute the reds, oranges and aqua tones.", [("saturation", -1, ("red", "orange", "aqua"))]),
        ("Move the aqua areas toward blue and darken them.", [("hue", 1, ("aqua",)), ("brightness", -1, ("aqua",))]),
        ("Steer the greens toward aqua and the reds toward orange.", [("hue", 1, ("green",)), ("hue", 1, ("red",))]),
        ("Tone the colors down because they shout.", [("saturation", -1, ())]),
        ("brighten it because the photo is too dark", [("brightness", 1, ()), ("brightness", 1, ())]),
        ("Boost the reds since they are dull.", [("saturation", 1, ("red",)), ("saturation", 1, ("red",))]),
        ("More contrast without darker shadows", [("contrast", 1, ())]),
        ("reduce brightness and contrast", [("brightness", -1, ()), ("contrast", -1, ())]),
        ("the photo has a pink cast", [("tint", -1, ())]),
        ("it lacks contrast", [("contrast", 1, ())]),
        ("Keep the light as it is.", []),
        ("The individual colors need next to no correction of their own.", []),
    ],
)
def test_plans_are_read(text: str, expected: list[tuple[str, int, tuple[str, ...]]]) -> None:
    assert [(claim.measure, claim.sign, claim.colors) for claim in claims(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The photo is far too dark.", [("brightness", 1, "fault")]),
        (
            "The lighting looks a bit too harsh and the shadows are too light.",
            [("contrast", -1, "fault"), ("shadows", -1, "fault")],
        ),
        ("The image is flat.", [("contrast", 1, "fault")]),
        ("The tint leans toward green.", [("tint", 1, "fault")]),
        ("The colors could be richer.", [("saturation", 1, "wish")]),
        (
            "The reds are too dull and could be a little brighter.",
            [("saturation", 1, "fault"), ("brightness", 1, "wish")],
        ),
    ],
)
def test_problems_ask_for_the_opposite(text: str, expected: list[tuple[str, int, str]]) -> None:
    assert [(claim.measure, claim.sign, claim.kind) for claim in claims(text, problem=True)] == expected


def test_sections_are_found() -> None:
    assert sections(answer(light="Brighten it.")) == {
        "plan_light": "Brighten it.",
        "plan_globalcolor": "No change is needed.",
        "plan_specificcolor": "None.",
    }


@pytest.mark.parametrize(
    "text", ["none.", "the tones look fine.", "no separate lighting change is needed.", "leave it as it is."]
)
def test_saying_nothing_is_heard(text: str) -> None:
    assert says_nothing(text)
    assert not says_nothing("lift the shadows so that nobody disappears.")


COLD, WARM, PINK = pixels(casts=((0, 5), (0, 0))), pixels(casts=((0, 0), (0, 5))), pixels(casts=((0, 0), (5, 0)))


@pytest.mark.parametrize(
    ("name", "text", "lie", "truth", "unsure"),
    [
        (LIES[0], "Lower the contrast.", pixels(spread=4), pixels(spread=-4), pixels(spread=1)),
        (LIES[1], "Make it brighter.", pixels(-4), pixels(4), pixels(-1)),
        (LIES[2], "Cool the photo down.", WARM, COLD, pixels(casts=((0, 0), (0, 1)))),
        (LIES[3], "Shift the tint toward magenta.", pixels(casts=((0, 0), (-5, 0))), PINK, pixels()),
        (LIES[4], "Richer colors.", pixels(chroma=(20, 15)), pixels(chroma=(20, 25)), pixels(chroma=(20, 19))),
    ],
)
def test_directions_are_held_against_pixels(name: str, text: str, lie: Pixels, truth: Pixels, unsure: Pixels) -> None:
    assert [counted(name, answer(light=text), seen) for seen in (lie, truth, unsure)] == [LIE, TRUTH, UNSURE]
    assert counted(name, answer(), lie, instruction=text) == LIE
    assert counted(name, answer(), lie, instruction=text, task="professional") == NO_CLAIM


def test_a_claim_is_on_something_that_one_sees() -> None:
    name, text = "claim on a change too small to see", answer(light="Lower the contrast.")
    assert counted(name, text, pixels(spread=-0.4)) == LIE
    assert counted(name, text, pixels(spread=-1.5)) == UNSURE
    assert counted(name, text, pixels(spread=-4)) == TRUTH


def test_a_fault_names_the_side_of_the_cast() -> None:
    name, text = "tint fault on the wrong side of neutral", answer(problem_globalcolor="The tint leans toward green.")
    assert counted(name, text, pixels(casts=((6, 0), (9, 0)))) == LIE
    assert counted(name, text, pixels(casts=((-6, 0), (0, 0)))) == TRUTH
    assert counted(name, text, pixels(casts=((-1, 0), (3, 0)))) == UNSURE
    assert counted(name, text, pixels(casts=None)) == NO_CLAIM
    assert (
        counted(name, answer(problem_globalcolor="The tint could be greener."), pixels(casts=((6, 0), (9, 0))))
        == NO_CLAIM
    )
    warm = answer(problem_globalcolor="The white balance is too warm.")
    assert counted("warmth fault on the wrong side of neutral", warm, pixels(casts=((0, -6), (0, -9)))) == LIE
    assert counted("warmth fault on the wrong side of neutral", warm, pixels(casts=((0, 6), (0, 0)))) == TRUTH


def test_a_correction_ends_nearer_to_neutral() -> None:
    name, text = "cast correction ends further from neutral", answer(globalcolor="Warm the photo.")
    assert counted(name, text, pixels(casts=((0, 1), (0, 8))), task="auto") == LIE
    assert counted(name, text, pixels(casts=((0, -8), (0, 1))), task="auto") == TRUTH
    assert counted(name, text, pixels(casts=((0, -3), (0, 4))), task="auto") == UNSURE
    assert counted(name, text, pixels(casts=((0, 1), (0, 8)))) == NO_CLAIM  # a style is a wish


def test_the_strongest_change_is_said() -> None:
    name, by_name = "strongest change unsaid", "strongest change not said by its name"
    brighter = pixels(lightness=10, chroma=(20, 27))
    assert counted(name, answer(globalcolor="Richer colors."), brighter) == LIE
    assert counted(name, answer(light="Brighten it."), brighter) == TRUTH
    assert counted(name, answer(light="Lift the midtones."), brighter) == TRUTH
    assert counted(by_name, answer(light="Lift the midtones."), brighter) == LIE
    assert counted(by_name, answer(light="Brighten it."), brighter) == TRUTH
    assert counted(name, answer(light="Darken it."), brighter) == LIE
    assert counted(name, answer(globalcolor="Richer colors."), pixels(lightness=10, chroma=(20, 34))) == UNSURE  # a tie
    assert counted(name, answer(), pixels(lightness=1)) == NO_CLAIM


def test_hues_that_cover_the_colors_say_saturation() -> None:
    name, seen = "clear change of saturation unsaid", pixels(chroma=(20, 30), blue=0.5, red=0.1)
    assert counted(name, answer(specificcolor="Enrich the blues."), seen) == TRUTH
    assert counted(name, answer(globalcolor="More saturation."), seen) == TRUTH
    assert counted(name, answer(specificcolor="Enrich the reds."), seen) == LIE
    assert counted(name, answer(globalcolor="Less saturation."), seen) == LIE
    assert counted(name, answer(), pixels(chroma=(20, 22))) == NO_CLAIM


def test_a_hue_is_worth_a_word() -> None:
    name = "hue claim on under 6 % of the frame"
    assert counted(name, answer(specificcolor="Mute the aqua tones."), pixels(aqua=0.01)) == LIE
    assert counted(name, answer(specificcolor="Mute the aqua tones."), pixels(aqua=0.3)) == TRUTH
    assert counted(name, answer(specificcolor="Mute the aquas and blues."), pixels(aqua=0.01)) == (1, 2, 0)
    assert counted(name, answer(specificcolor="Steer the blues toward aqua."), pixels(aqua=0.01)) == TRUTH


def test_no_change_is_said_where_nothing_changes() -> None:
    mixer, any_group = "active mixer said to change nothing", "“no change” where a group shows"
    said = answer(light="Brighten it.", globalcolor="Warm it.", specificcolor="Enrich the reds.")
    silent = answer(light="Brighten it.", globalcolor="Warm it.", specificcolor="Hardly any change is needed.")
    assert counted(mixer, silent, pixels(), {"specific": 1.2}) == LIE
    assert counted(mixer, said, pixels(), {"specific": 1.2}) == TRUTH
    assert counted(mixer, silent, pixels(), {"specific": 0.2}) == NO_CLAIM
    assert counted(any_group, silent, pixels(), {"specific": 1.2}) == LIE
    assert counted(any_group, silent, pixels(), {"specific": 0.2}) == TRUTH
    assert counted(any_group, said, pixels(), {"specific": 1.2}) == NO_CLAIM


def test_a_sentence_that_nothing_reads_is_counted() -> None:
    assert counted("sentence that says neither", answer(light="Make it sing."), pixels()) == (1, 3, 0)


def picture(lab: NDArray[np.float64]) -> NDArray[np.uint8]:
    """(H, W, 3) CIELAB as 8-bit sRGB."""
    return np.round(255 * np.clip(lab2rgb(lab), 0, 1)).astype(np.uint8)


def scene(
    grey: tuple[float, float] = (0, 0), light: float = 0, spread: float = 1, chroma: float = 1
) -> NDArray[np.uint8]:
    """A ramp of greys beside a patch of blue, which covers a quarter, as an edit could leave them."""
    lab = np.zeros((40, 80, 3))
    lab[..., 0] = 50 + light + spread * np.linspace(-20, 20, 80)
    lab[..., 1:] = grey
    lab[:20, :40, 1:] = np.array([0, -28.0]) * chroma + grey
    return picture(lab)


def test_measures_see_what_is_planted() -> None:
    same = measure(scene(), scene())
    assert (same.lightness, same.spread) == (0, 0)
    assert same.chroma[0] == same.chroma[1] == pytest.approx(7, abs=0.3)
    assert same.hues["blue"] == pytest.approx(0.25) == same.colored
    assert same.hues["red"] == 0
    changed = measure(scene(), scene(light=8, spread=0.5, chroma=0.5))
    assert changed.lightness == pytest.approx(8, abs=0.2)
    assert changed.spread == pytest.approx(-20 / np.sqrt(3) / 2, abs=0.3)
    assert changed.chroma[1] == pytest.approx(3.5, abs=0.3)


@pytest.mark.parametrize("cast", [(6.0, 0.0), (0.0, 7.0), (-5.0, -4.0)])
def test_casts_are_those_of_greys(cast: tuple[float, float]) -> None:
    found = measure(scene(cast), scene())
    assert found.casts is not None
    assert np.allclose(found.casts, (cast, (0, 0)), atol=0.5)
    assert found.chroma[0] == pytest.approx(found.chroma[1], abs=0.5)  # a cast is no saturation


def test_a_picture_without_grey_has_no_cast() -> None:
    red, redder = (picture(np.full((20, 20, 3), color)) for color in ((50.0, 40, 30), (50, 45, 30)))
    assert measure(red, redder).casts is None


def test_groups_are_taken_out_of_a_recipe() -> None:
    renderer = Renderer(AETHER_1, "eager")
    values = {"Exposure2012": 0.5, "SaturationAdjustmentGreen": 50.0}
    recipe = AETHER_1.vector([Recipe(process=AETHER_1.name, values=values)])[0]
    blue = torch.from_numpy(scene()).permute(2, 0, 1).contiguous()
    found = group_differences(renderer, blue, recipe)
    assert found.keys() == {"light", "specific"}
    assert found["light"] > 3
    assert found["specific"] < 0.1
    assert group_differences(renderer, blue, AETHER_1.vector([Recipe(process=AETHER_1.name, values={})])[0]) == {}


@pytest.mark.parametrize(
    ("name", "is_one", "is_none"),
    [
        ("brighten", "raise the exposure", "mute the blues"),
        ("darken", "It is too bright.", "It is too dark."),
        ("tint or white balance", "Make it warmer.", '{"Color and Temperature Adjustment": {"Vibrance": 0.1}}'),
        ("a named hue", "more blue please", "more contrast please"),
        ("a thing in the picture", "Bring out the sky.", "so that it could hang on a wall"),
        ("a reason", "Darken it because it glares.", "Keep it as it is."),
        ("no final stop", "brighten it", "Brighten it!"),
        ("question mark", "Could it be brighter?", "Brighten it."),
        ("lower-case start", "brighten it", "Brighten it"),
        ("politeness", "Could you brighten it?", "Brighten it."),
        ("vague or mood", "Make it pop.", "Lift the shadows."),
    ],
)
def test_requests_are_told_apart(name: str, is_one: str, is_none: str) -> None:
    assert REQUESTS[name](is_one)
    assert not REQUESTS[name](is_none)


def test_statistics_of_requests() -> None:
    found = request_statistics(["brighten the sky", "Please make it a lot warmer."])
    assert (found["median words"], found["brighten"], found["no final stop"]) == (4.5, 0.5, 0.5)
    assert request_statistics([]) == {}


def test_statistics_of_texts() -> None:
    table = ('{"Light Adjustment": {"Exposure2012": 0.1, "Contrast2012": 0.2}}', answer())
    assert text_statistics([table])["number of distinct words, of 1 texts"] == len(NOTHING_WORDS)
    once = ("Brighten it.", answer(light="Lift the very dark shadows of this old picture a lot."))
    other = ("Warm the sky.", answer(globalcolor="Nothing needs a change of its own."))
    found = text_statistics([once, once, other, other])
    assert found["distinct instructions"] == found["distinct answers"] == 0.5
    assert found["texts that name a thing in the picture"] == found["answers with “of its own”"] == 0.5
    assert found["answers with a reason"] == 0
    (run,) = (name for name in found if name.startswith("rows with the commonest"))
    assert "“dark shadows of this old picture a lot”" in run
    assert found[run] == 0.5
    nothing, words = (4 + 1) + (6 + 7 + 1), (11 + 4 + 1) + (6 + 7 + 1)
    assert found["answer words that say nothing is to be done"] == nothing / words
    assert found["number of distinct words, of 4 texts"] < 40


def test_tables_have_a_row_for_each_figure() -> None:
    requests = {"all": request_statistics(["Brighten it."])}
    human = json.loads(HUMAN.read_text())
    assert human["figures"].keys() <= requests["all"].keys()
    assert "MA5k-Req" in human["source"]
    assert lies_table({name: Count() for name in LIES}).row_count == len(LIES)
    assert requests_table(requests, human["figures"]).row_count == len(requests["all"])
    texts = text_statistics([("Brighten it.", answer())])
    assert texts_table(texts).row_count == len(texts)
