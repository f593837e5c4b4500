"""Masked texts are those of a template, and hues and empty forms are found in texts."""

from pipeline.audit.release.masks import hues_named, masked, says_nothing


def test_what_a_template_fills_in_is_masked() -> None:
    texts = [
        "Lift the shadows of the photo slightly, and calm the blues.",
        "Lift the shadows of the image a little, and calm the aqua tones.",
        "lift the shadows of the photograph by a wide margin, and calm the reds.",
    ]
    assert len({masked(text) for text in texts}) == 1
    assert masked("Raise Exposure by 0.50 EV.") == masked("Raise Exposure by -1.25 EV.")


def test_what_a_text_says_is_not() -> None:
    texts = ["Lift the shadows.", "Lower the shadows.", "Lift the highlights.", "Warm the light.", "Warm the scene."]
    assert len({masked(text) for text in texts}) == len(texts)


def test_hues() -> None:
    assert hues_named("Calm the blues, and bring the Aqua tones toward green.") == ["Green", "Aqua", "Blue"]
    assert hues_named("Evergreen trees, bored") == []


def test_empty_forms() -> None:
    assert says_nothing("No change.")
    assert says_nothing("No problem.")
    assert not says_nothing("Lift the shadows.")
    assert not says_nothing("")


def test_chinese() -> None:
    texts = ["略微提亮画面的暗部让蓝色更鲜艳。", "大幅提亮照片的暗部让橙色明显更鲜艳。"]
    assert len({masked(text, "zh") for text in texts}) == 1
    assert masked(texts[0], "zh") != masked(texts[0].replace("提亮", "压暗"), "zh")
    assert hues_named(texts[0], "zh") == ["Blue"]
    assert says_nothing("无需调整。", "zh")
