"""Chinese is read as English is: claims, degrees, form, parameters."""

import pytest
import torch
from skimage import data

from operators.catalogue import AETHER_1
from operators.renderer import Renderer
from quality.seen.evidence import Evidence, gather
from quality.text.form import check_prose, check_typed, foreign_tools, leaks
from quality.text.format import build_answer, build_prompt
from quality.text.languages import VOCABULARIES
from quality.text.parameters import check_parameters
from quality.text.reader import read_claims
from quality.text.validators import sentences, validate_words
from schemas.recipe import Group, Recipe
from schemas.sample import Language, Words

ZH = VOCABULARIES["zh"]


def _said(text: str, group: Group | None = None, problem: bool = False) -> set[tuple[str, int]]:
    return {(claim.aspect, claim.sign) for claim in read_claims(text, group, problem, "zh")}


@pytest.mark.parametrize(
    ("text", "group", "claims"),
    [
        ("提亮暗部。", "light", {("shadows", 1)}),
        ("把高光稍微压低一点。", "light", {("highlights", -1)}),
        ("提高对比度，提亮阴影，并压暗整个画面。", "light", {("contrast", 1), ("shadows", 1), ("brightness", -1)}),
        ("需要更弱的对比和更亮的曝光。", "light", {("contrast", -1), ("brightness", 1)}),
        ("明暗对比更柔和，画面明亮一些。", "light", {("contrast", -1), ("brightness", 1)}),
        ("画面暖一些，稍亮一点，绿色淡一点", None, {("warmth", 1), ("brightness", 1), ("green_saturation", -1)}),
        ("把色调向绿色方向调整。", "color", {("tint", -1)}),
        ("降低红色、橙色和黄色的亮度。", "specific",
         {("red_luminance", -1), ("orange_luminance", -1), ("yellow_luminance", -1)}),
        ("让蓝色更亮、更鲜艳。", "specific", {("blue_luminance", 1), ("blue_saturation", 1)}),
        ("让青色向绿色偏移，并降低它的亮度。", "specific", {("aqua_hue", -1), ("aqua_luminance", -1)}),
        ("让红色向蓝色偏移。", "specific", {("unclear", 1)}),
        ("去除画面的绿色色偏，降低饱和度。", "color", {("tint", 1), ("colorfulness", -1)}),
        ("颜色不那么鲜艳。", "color", {("colorfulness", -1)}),
        ("天空压暗，皮肤提亮", None, {("sky_lightness", -1), ("skin_lightness", 1)}),
        ("提亮一点，因为暗处的细节都看不清", None, {("brightness", 1)}),
    ],
)  # fmt: skip
def test_plans_and_instructions(text: str, group: Group | None, claims: set[tuple[str, int]]) -> None:
    assert _said(text, group) == claims


@pytest.mark.parametrize(
    ("text", "group", "claims"),
    [
        ("暗部太暗。", "light", {("shadows", 1)}),
        ("画面显得平淡，高光可以再暗一点。", "light", {("contrast", 1), ("highlights", -1)}),
        ("中性色偏绿。", "color", {("tint", 1)}),
        ("画面带有明显的蓝色色偏。", "color", {("warmth", 1)}),
        ("颜色过于鲜艳，饱和度过高。", "color", {("colorfulness", -1)}),
        ("红色和橙色偏淡，蓝色偏青。", "specific",
         {("red_saturation", 1), ("orange_saturation", 1), ("blue_hue", 1)}),
    ],
)  # fmt: skip
def test_problems_ask_for_the_opposite(text: str, group: Group, claims: set[tuple[str, int]]) -> None:
    assert _said(text, group, problem=True) == claims


def test_an_instruction_may_name_what_is_wrong() -> None:
    assert _said("我觉得画面太暗") == {("brightness", 1)}
    assert _said("白平衡偏冷，请修正") == {("warmth", 1)}
    assert _said("要电影的感觉") == _said("提升一下这张照片") == set()


@pytest.mark.parametrize(("word", "level"), [("略微", 0), ("明显", 1), ("大幅", 2), ("", None)])
def test_degrees(word: str, level: int | None) -> None:
    assert [claim.level for claim in read_claims(f"{word}提亮暗部。", "light", language="zh")] == [level]


@pytest.mark.parametrize("text", ["无需调整。", "没有明显问题。", "光线保持不变。", "整体色彩未见问题。"])
def test_nothing_to_do_claims_nothing(text: str) -> None:
    assert ZH.unchanged.search(text)
    assert _said(text, "light") == set()


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("提亮暗部。压低高光，让色彩更柔和。", []),
        ("提亮暗部", ["text_truncated:plan"]),
        ("提亮暗部，并。", ["text_truncated:plan"]),
        ("提亮暗部,压低高光。", ["text_prose:plan"]),
        ("提亮 暗部。", ["text_prose:plan"]),
        ("提亮，，暗部。", ["text_prose:plan"]),
        ("Lift the shadows.", ["text_truncated:plan", "text_prose:plan", "text_language:plan"]),
        ("提亮 shadows。", ["text_language:plan"]),
        ("シャドウを明るく。", ["text_language:plan"]),
        ("提亮{dark}。", ["text_null:plan", "text_language:plan"]),
        ("提亮暗部" * 200 + "。", ["text_long:plan"]),
        ("", ["text_empty:plan"]),
    ],
)
def test_form(text: str, reasons: list[str]) -> None:
    assert sorted(set(check_prose("plan", text, ZH.form))) == sorted(reasons)


def test_each_language_refuses_the_other() -> None:
    assert check_typed("instruction", "把画面调亮", VOCABULARIES["en"].form) == ["text_language:instruction"]
    assert check_typed("instruction", "make it brighter", ZH.form) == ["text_language:instruction"]


def test_sentences() -> None:
    assert sentences("提亮暗部。压低高光。", "zh") == ["提亮暗部。", "压低高光。"]


def test_leaks_and_foreign_tools() -> None:
    assert leaks("套用预设，和目标图一样", ZH.form) == ["text_leak:预设", "text_leak:目标图"]
    assert foreign_tools("加点清晰度，再去雾", ZH.form) == [
        "text_unknown_parameter:清晰度",
        "text_unknown_parameter:去雾",
    ]


RECIPE = Recipe(process="aether/1", values={"Exposure2012": 0.5, "Contrast2012": -20.0, "HueAdjustmentRed": 30.0})
EFFECTS = {"Exposure2012": 4.0, "Contrast2012": 2.0, "HueAdjustmentRed": 1.0}


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("Exposure 提高 0.50 EV，Contrast 降低到 -20。使用 Red Hue +30。", []),
        ("Exposure +0.50 EV; Contrast -20; Red Hue +30", []),
        ("把Exposure 提高到 +0.50 EV，Contrast 降低 20，Red Hue 设为 +30。", []),
        ("Exposure 降低 0.50 EV，Contrast 降低到 -20，使用 Red Hue +30。", ["text_parameter:Exposure2012"]),
        ("Exposure 提高 0.50 EV，Contrast 提高到 -20，使用 Red Hue +30。", ["text_direction:Contrast2012"]),
        ("Exposure 提高 0.50 EV，Contrast 降低到 -20，使用 Red Hue -30。", ["text_parameter:HueAdjustmentRed"]),
        ("Exposure 提高 0.50 EV，Contrast 降低到 -20，使用 Dehaze +30。",
         ["text_unknown_parameter:Dehaze", "text_parameters"]),
    ],
)  # fmt: skip
def test_parameters(text: str, reasons: list[str]) -> None:
    assert check_parameters(text, RECIPE, EFFECTS, ZH) == reasons
    assert check_typed("instruction", text, ZH.form) == []


PLANS = {
    "plan_light": "明显提亮整个画面，并提高对比度。",
    "plan_globalcolor": "让色调暖得多，让颜色更浓郁。",
    "plan_specificcolor": "让红色向橙色偏移。",
}


@pytest.fixture(scope="module")
def pair() -> tuple[Recipe, Evidence]:
    """A grey cat beside a person in orange, brightened, warmed and of more contrast."""
    recipe = Recipe(
        process="aether/1",
        values={
            "Exposure2012": 0.5,
            "Contrast2012": 60.0,
            "IncrementalTemperature": 32.0,
            "SaturationAdjustmentYellow": -60.0,
            "SaturationAdjustmentGreen": -60.0,
            "HueAdjustmentRed": 60.0,
        },
    )
    parts = [
        torch.from_numpy(photo[::2, ::2].copy()).permute(2, 0, 1)[:, :150, :220]
        for photo in (data.chelsea(), data.astronaut())
    ]
    photo, renderer = torch.cat(parts, 2), Renderer(AETHER_1)
    target = renderer.render(photo[None], AETHER_1.vector([recipe]))[0]
    return recipe, gather(renderer, photo[None], target, [recipe], "compiled")[0]


def _reasons(pair: tuple[Recipe, Evidence], language: Language = "zh", **changed: str) -> list[str]:
    answer = build_answer("style", {**PLANS, **changed})
    wish = "让画面更亮、更暖"
    words = Words(task="style", instruction=wish, prompt=build_prompt("style", wish), answer=answer)
    return [found.reason for found in validate_words(words, *pair, language)]


def test_true_words_pass_in_their_language_alone(pair: tuple[Recipe, Evidence]) -> None:
    assert _reasons(pair) == []
    assert "text_language:plan_light" in _reasons(pair, "en")


@pytest.mark.parametrize(
    ("section", "old", "new", "reason"),
    [
        ("plan_light", "提亮", "压暗", "text_direction:brightness"),
        ("plan_light", "提高", "降低", "text_direction:contrast"),
        ("plan_light", "明显", "略微", "text_size:brightness"),
        ("plan_globalcolor", "暖", "冷", "text_direction:warmth"),
        ("plan_globalcolor", "让色调暖得多", "去除黄色色偏", "text_direction:warmth"),
        ("plan_globalcolor", "得多", "一点", "text_size:warmth"),
        ("plan_specificcolor", "橙色", "品红色", "text_direction:red_hue"),
        ("plan_specificcolor", "红色向橙色", "紫色向品红色", "text_unseen:purple_hue"),
        ("plan_light", "整个画面", "天空", "text_unseen:sky"),
        ("plan_light", "明显提亮整个画面，并提高对比度", "无需调整", "text_unchanged:plan_light"),
        ("plan_light", "明显提亮整个画面，并", "", "text_unsaid:brightness"),
        ("plan_light", "明显提亮整个画面，并提高对比度", "今天天气不错", "text_no_claim:plan_light"),
    ],
)
def test_one_wrong_word_is_caught(pair: tuple[Recipe, Evidence], section: str, old: str, new: str, reason: str) -> None:
    assert old in PLANS[section]
    assert reason in _reasons(pair, **{section: PLANS[section].replace(old, new)})
