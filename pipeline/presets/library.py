"""Folders of presets and LUTs, as styles with names and tags."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.presets.cube import CubeLut, read_cube
from pipeline.presets.kelvin import WhitePoint
from pipeline.presets.lrtemplate import read_lrtemplate
from pipeline.presets.preset import Preset, PresetError, clean
from pipeline.presets.xmp import read_xmp

_PRESET_READERS = {".xmp": read_xmp, ".lrtemplate": read_lrtemplate}
_LUT = ".cube"


@dataclass(frozen=True)
class LutPreset:
    """A LUT as a style; fields as of `Preset`."""

    name: str
    tags: tuple[str, ...]
    source: str
    lut: CubeLut


@dataclass
class Library:
    """All styles below a folder, and why the rest of its preset files are none.

    Attributes:
        presets: from `.xmp` and `.lrtemplate`, in the order of their paths.
        luts: from `.cube`, likewise.
        failures: file to message.
    """

    presets: list[Preset] = field(default_factory=list)
    luts: list[LutPreset] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


def load_presets(path: Path, as_shot: WhitePoint | None = None) -> Library:
    """Read a preset file, or all preset files below a folder; links to folders and hidden files are left out.

    The tags of a style are the names of its folders below `path`, its group, and the words of its file's name.

    Args:
        path: a folder, or a file of one of the three kinds.
        as_shot: white balance of the photos, for presets with an absolute one that do not record their own.

    Raises:
        PresetError: there is nothing at `path`, it is a file of another kind, a folder without any of these, or a
            folder that cannot be listed.
    """
    library = Library()
    for file in preset_files(path):
        folders = file.relative_to(path).parent.parts if path.is_dir() else ()
        tags = [clean(folder).lower() for folder in folders]
        words = [word for word in re.split(r"[\W\d_]+", file.stem.lower()) if len(word) > 1]
        try:
            if file.suffix.lower() == _LUT:
                lut = read_cube(file)
                library.luts.append(LutPreset(lut.title or clean(file.stem), _unique(*tags, *words), str(file), lut))
            else:
                preset = _PRESET_READERS[file.suffix.lower()](file, as_shot)
                library.presets.append(replace(preset, tags=_unique(*tags, *preset.tags, *words)))
        except PresetError as error:
            library.failures[str(file)] = str(error)
    return library


def preset_files(path: Path) -> list[Path]:
    """The files that `load_presets` reads, in the order of their paths.

    Raises:
        PresetError: as there.
    """
    if not path.exists():
        raise PresetError(f"{path}: no such file or folder")
    try:
        files = sorted(_below(path))
    except OSError as error:
        raise PresetError(f"{error.filename}: cannot be read: {error.strerror}") from error
    if not files:
        raise PresetError(f"{path}: no preset; these are files named {_suffixes()}")
    return files


def library_report(library: Library) -> dict[str, Any]:
    """What a library holds, fit for JSON: names, tags, sliders that are set, settings that are ignored, failures."""
    return {
        "presets": [
            {
                "name": preset.name,
                "tags": list(preset.tags),
                "file": preset.source,
                "sliders": dict(preset.recipe.values),
                "ignored": dict(preset.ignored),
            }
            for preset in library.presets
        ],
        "luts": [
            {"name": lut.name, "tags": list(lut.tags), "file": lut.source, "size": list(lut.lut.table.shape[1:])}
            for lut in library.luts
        ],
        "failures": dict(library.failures),
    }


def _below(path: Path) -> Iterator[Path]:
    if path.is_dir():
        for entry in path.iterdir():
            if not entry.name.startswith(".") and not (entry.is_dir() and entry.is_symlink()):
                yield from _below(entry)
    elif path.suffix.lower() in (*_PRESET_READERS, _LUT):
        yield path


def _unique(*tags: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _suffixes() -> str:
    return ", ".join((*_PRESET_READERS, _LUT))
