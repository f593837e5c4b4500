"""Develop presets of Lightroom up to 7.2 (`.lrtemplate`): a Lua table literal that is assigned to `s`."""

from pathlib import Path

from pipeline.presets.camera_raw import Setting
from pipeline.presets.kelvin import WhitePoint
from pipeline.presets.lua import LuaError, parse_assignment
from pipeline.presets.preset import Preset, PresetError, clean, read_bounded
from pipeline.presets.settings import interpret

LIMIT = 1 << 20
"""Most bytes of a file."""


def read_lrtemplate(path: Path, as_shot: WhitePoint | None = None) -> Preset:
    """Read a `.lrtemplate` file of at most 1 MiB; see `parse_lrtemplate`."""
    return parse_lrtemplate(read_bounded(path, LIMIT), path, as_shot)


def parse_lrtemplate(data: bytes, source: Path, as_shot: WhitePoint | None = None) -> Preset:
    """Read a develop preset. It has no tags of its own.

    Args:
        data: the file's content.
        source: the file, for the errors and for a preset without a name.
        as_shot: white balance of the photo, for files that do not record their own.

    Raises:
        PresetError: no UTF-8, no table literal, or a table without `value.settings`.
    """
    try:
        content = parse_assignment(data.decode("utf-8-sig"))
    except (LuaError, UnicodeDecodeError) as error:
        raise PresetError(f"{source}: no Lightroom template: {error}") from error
    value = _field(content, "value")
    settings = _field(value, "settings")
    if not isinstance(settings, dict):
        raise PresetError(f"{source}: no develop preset: value.settings is missing")
    recipe, ignored = interpret(settings, as_shot)
    name = next((text for key in ("title", "internalName") if (text := _title(_field(content, key)))), "")
    return Preset(name or clean(source.stem), (), str(source), recipe, ignored)


def _field(value: Setting | None, name: str) -> Setting | None:
    return value.get(name) if isinstance(value, dict) else None


def _title(value: Setting | None) -> str:
    """A title; one to be translated, "$$$/Path/Of/It=English", in English."""
    if not isinstance(value, str):
        return ""
    return clean(value.partition("=")[2] if value.startswith("$$$/") else value)
