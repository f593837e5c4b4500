"""Lightroom templates are read as literals, whatever Lua says, and nothing in them runs."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.presets.kelvin import WhitePoint
from pipeline.presets.lrtemplate import LIMIT, parse_lrtemplate, read_lrtemplate
from pipeline.presets.lua import LuaError, parse_assignment
from pipeline.presets.preset import PresetError

SOURCE = Path("look.lrtemplate")
TEMPLATE = r"""s = {
	id = "DFE17DAE-6240-4CB6-85ED-B41D5B065404",
	internalName = "Toner \"Mocha\"",
	title = "Toner \"Mocha\"", -- as shown
	type = "Develop",
	value = {
		settings = {
			Exposure2012 = 0.35,
			Contrast2012 = -15,
			Blacks2012 = 0,
			EnableColorAdjustments = true,
			ConvertToGrayscale = false,
			SplitToningShadowHue = 37,
			SplitToningShadowSaturation = 25,
			ProcessVersion = "6.7",
			WhiteBalance = "Custom",
			Temperature = 6250,
			Tint = 0,
			ToneCurvePV2012 = {
				0,
				0,
				255,
				255,
			},
			ToneCurveName2012 = "Linear",
		},
		uuid = "1DF2363E-780A-4C26-9711-D980D505BF0D",
	},
	version = 0,
}
"""


def test_a_template_becomes_a_preset() -> None:
    preset = parse_lrtemplate(TEMPLATE.encode(), SOURCE, WhitePoint(5000))
    assert preset.name == 'Toner "Mocha"'
    assert preset.recipe.values == {"Exposure2012": 0.35, "Contrast2012": -15.0, "IncrementalTemperature": 40.0}
    assert set(preset.ignored) == {"SplitToningShadowSaturation"}


@pytest.mark.parametrize(
    ("title", "name"),
    [('"$$$/AgDevelop/Presets/Punch=Punch"', "Punch"), ('""', "look"), ("7", "7"), ("{}", "look"), ("nil", "look")],
)
def test_names(title: str, name: str) -> None:
    assert (
        parse_lrtemplate(f"s = {{ title = {title}, value = {{ settings = {{ a = 1 }} }} }}".encode(), SOURCE).name
        == name
    )


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (r'"a\tb\\\65\195\169\"\'"', "a\tb\\Aé\"'"),
        ("'it\\\nis'", "it\nis"),
        ("[[\na]=]\n]]", "a]=]\n"),
        ("[==[a]]]=]==]", "a]]]="),
        ("-.5e-3", "-.5e-3"),
        ("{1; 2, 'x',}", ["1", "2", "x"]),
        ('{["a b"] = {}, [2] = nil, c = true}', {"a b": [], "2": "", "c": "True"}),
        ("{1, key = 2, {false}}", {"1": "1", "key": "2", "2": ["False"]}),
        ("--[[ a\n]] 1 --[ b\n -- c", "1"),
    ],
)
def test_literals(literal: str, value: object) -> None:
    assert parse_assignment(f"s = {literal}") == value


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: name expected"),
        ("s = ", "is no literal"),
        ("s = os.exit()", "'.' is not part of a literal"),
        ("s = exit {}", "'exit' is no literal"),
        ('s = { a = LOC "x" }', "'LOC' is no literal"),
        ("s = { a = 1 + 2 }", "'+' is not part of a literal"),
        ("s = 1\nt = 2", "line 2: end of file expected"),
        ("s = {\n a = 1,\n a = 2 }", "line 3: 'a' is set twice"),
        ("s = { a = 1, [{}] = 2 }", "a key is a string or a number"),
        ("s = { 1", "} expected"),
        ("s = 'a\n'", "is not part of a literal"),
        (r"s = '\300'", "is no escape"),
        (r"s = '\q'", "is no escape"),
        ("s = [==[ a ]=]", "is not closed"),
        ("s = " + "{" * 100_000, "nested too deep"),
    ],
)
def test_anything_else_is_refused(text: str, problem: str) -> None:
    with pytest.raises(LuaError, match=problem.replace("+", r"\+")):
        parse_assignment(text)
    with pytest.raises(PresetError, match=r"^look\.lrtemplate: no Lightroom template: line"):
        parse_lrtemplate(text.encode(), SOURCE)


@given(st.text(st.sampled_from("s={}[]=,;'\"\\-.01ae \n"), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_assignment(f"s = {text}")
    except LuaError as error:
        assert str(error).startswith("line ")


@given(st.recursive(st.text() | st.integers().map(str), lambda values: st.lists(values, min_size=1), max_leaves=20))
def test_what_is_written_is_read(value: object) -> None:
    assert parse_assignment(f"s = {_written(value)}") == value


@pytest.mark.parametrize("part", ["[", "[=", "--[[", "'", '"\\', "{},", "-", "{{}", "[[]=]"])
def test_long_files_end(part: str) -> None:
    # A parser whose time grows with the square of the length would take hours.
    text = "s = {" + part * (LIMIT // len(part) // 8)
    with pytest.raises(LuaError):
        parse_assignment(text)


@pytest.mark.parametrize("text", ["s = {}", "s = 1", "s = { value = { settings = 3 } }", "s = { value = { 1 } }"])
def test_other_templates_are_refused(text: str) -> None:
    with pytest.raises(PresetError, match=r"^look\.lrtemplate: no develop preset"):
        parse_lrtemplate(text.encode(), SOURCE)


def test_only_text_within_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.lrtemplate"
    path.write_bytes(TEMPLATE.encode().ljust(LIMIT + 1))
    with pytest.raises(PresetError, match="larger than 1,048,576 bytes"):
        read_lrtemplate(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PresetError, match="no Lightroom template"):
        read_lrtemplate(path)


def _written(value: object) -> str:
    if isinstance(value, list):
        return "{" + ",".join(map(_written, value)) + "}"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
