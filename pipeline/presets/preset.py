"""What a preset file becomes, the error of one that cannot be used, and how such files are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import UnretouchError
from schemas.recipe import Recipe

_LONGEST_TEXT = 200


class PresetError(UnretouchError):
    """A preset or LUT cannot be read or written. The message begins with its file."""


@dataclass(frozen=True)
class Preset:
    """An edit that another program saved, as far as our sliders can say it.

    Attributes:
        name: what the file calls the preset, else the file's own name.
        tags: lower-case words to choose it by.
        source: the file that it comes from.
        recipe: the sliders that are not 0, all in range.
        ignored: settings that change a picture in the other program and are not, or not wholly, in `recipe`:
            name to value and reason.
    """

    name: str
    tags: tuple[str, ...]
    source: str
    recipe: Recipe
    ignored: Mapping[str, str]


def read_bounded(path: Path, limit: int) -> bytes:
    """The content of a file of at most `limit` bytes.

    Raises:
        PresetError: there is no such file, it cannot be read, or it is larger.
    """
    try:
        if not path.is_file():
            raise PresetError(f"{path}: no such file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise PresetError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > limit:
        raise PresetError(f"{path}: larger than {limit:,} bytes, the most that such a file may have")
    return data


def clean(text: str) -> str:
    """Text of a file, fit to be shown: on one line, without control characters, at most 200 characters."""
    printable = "".join(character if character.isprintable() else " " for character in text[: 2 * _LONGEST_TEXT])
    line = " ".join(printable.split())
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1] + "…"
