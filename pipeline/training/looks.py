"""Files of an edit to a `.cube` table: a trained renderer's look for programs that read tables."""

import json
from pathlib import Path

import torch
from torch import Tensor

from operators.process import Process
from pipeline.fitting.files import read_pictures
from pipeline.presets.library import load_presets
from pipeline.presets.preset import read_bounded
from pipeline.training.bake import bake, write_cube
from pipeline.training.encoders import GROUPS
from pipeline.training.examples import reference
from pipeline.training.pairs import group_mask, normalized
from pipeline.training.renderer import load_renderer
from schemas.errors import UnretouchError
from schemas.recipe import Recipe

_LARGEST = 1 << 20


class EditError(UnretouchError):
    """Files do not tell a renderer an edit."""

    exit_code = 2


def write_look(model: Path, to: Path, recipe: Path | None, pair: tuple[str, str] | None, points: int) -> None:
    """Bake an edit into a `.cube` file.

    Args:
        model: a renderer, as `unretouch train` writes it.
        to: the file to write; its name becomes the title.
        recipe: a file that `read_recipe` reads, for a renderer that is told edits by parameters.
        pair: uris of one photo before and after the edit, for one that is told by pairs.
        points: points a side of the table.

    Raises:
        ModelFileError: the model cannot be loaded.
        EditError: the renderer is told edits in the other way, or the files hold no edit.
        PresetError, SourceError: a preset, or a picture, cannot be read.
    """
    renderer = load_renderer(model)
    if renderer.config.control == "parameters":
        if recipe is None:
            raise EditError(f"{model} is told edits by the values of a recipe: give --recipe, and no pair")
        control = normalized(renderer.process, read_recipe(recipe, renderer.process))
        mask = group_mask(renderer.process, control)
    else:
        if pair is None:
            raise EditError(f"{model} is told edits by a pair of pictures: give --before and --after, and no recipe")
        control, mask = _control_of(pair, renderer.config.side), torch.ones(len(GROUPS))
    with torch.no_grad():
        latents = renderer.encode(control[None], mask[None])
    write_cube(bake(renderer, latents, to.stem, points), to)


def read_recipe(path: Path, process: Process) -> Tensor:
    """The values of a recipe, (P,): of an `.xmp` or `.lrtemplate` preset, or of JSON.

    JSON holds values by their names, as in {"Exposure2012": 0.5}, or what `unretouch fit --json` prints.

    Raises:
        EditError: it holds no recipe of the process.
        PresetError: it is a preset that cannot be read.
    """
    if path.suffix.lower() in {".xmp", ".lrtemplate"}:
        library = load_presets(path)
        for message in library.failures.values():
            raise EditError(message)
        found = library.presets[0].recipe
    else:
        try:
            content = json.loads(read_bounded(path, _LARGEST))
            found = Recipe(process=process.name, values=content.get("recipe", content))
        except (AttributeError, ValueError) as error:
            raise EditError(f"{path} is neither a preset nor JSON of values by name: {error}") from error
    try:
        return process.vector([found])[0]
    except ValueError as error:
        raise EditError(f"{path}: {error}") from error


def _control_of(pair: tuple[str, str], side: int) -> Tensor:
    before, after = read_pictures(*pair)
    if before.shape != after.shape:
        sizes = " and ".join(f"{picture.shape[2]} x {picture.shape[1]}" for picture in (before, after))
        raise EditError(f"{pair[0]} and {pair[1]} are no pair of one picture: {sizes} pixels")
    return reference(before, after, side)
