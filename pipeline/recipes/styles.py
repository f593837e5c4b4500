"""The styles of a run: presets and LUTs as recipes of the run's process, checked before any other work starts."""

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import torch

from operators.catalogue import AETHER_1, PROCESSES
from operators.process import Process
from pipeline.presets.cube import CubeLut, read_cube
from pipeline.presets.library import LutPreset, load_presets, preset_files
from pipeline.presets.preset import Preset, PresetError
from pipeline.recipes.lut_recipe import fit_lut, photographic_colors
from pipeline.words.looks import is_colorless, speakable
from schemas.config import DatasetConfig
from schemas.errors import UnretouchError
from schemas.fit import FitConfig
from schemas.recipe import Recipe
from schemas.style import Style

logger = logging.getLogger(__name__)

_BESIDE_THE_LOOK = re.compile(
    r"Sharp\w*|LuminanceSmoothing|LuminanceNoise\w*|ColorNoise\w*|AutoLateralCA|Chromatic\w*|Defringe\w*|Lens\w*|"
    r"Upright\w*|Perspective\w*|(Has)?Crop\w*"
)
"""Settings of detail and geometry. A preset without them still looks as its name says."""


class StylesError(UnretouchError):
    """The styles of a run cannot be used; the message says why."""

    exit_code = 2


class _LeftOutError(Exception):
    """One style cannot be used in this run."""


def load_styles(config: DatasetConfig) -> list[Style]:
    """Read the presets and LUTs of a config as recipes of its process, in the order of their files.

    A style that the run cannot use is left out with a warning. The reasons are: the preset sets no slider, or a slider
    that the process lacks; the LUT changes nothing, or no recipe comes close to it; the style must be undone and cannot
    be. Settings of a preset that are no sliders of aether/1 are logged.

    Returns:
        The styles; empty if the config names none.

    Raises:
        StylesError: there are no presets or LUTs, a file cannot be read, or no style is left.
    """
    if config.recipes.styles is None:
        return []
    root = Path(config.recipes.styles)
    try:
        library = load_presets(root)
    except PresetError as error:
        raise StylesError(f"recipes.styles: {error}") from error
    if library.failures:
        listed = "\n  ".join(library.failures.values())
        raise StylesError(f"recipes.styles: mend or remove the files that cannot be used:\n  {listed}")
    styles = []
    found_styles: list[Preset | LutPreset] = [*library.presets, *library.luts]
    for found in sorted(found_styles, key=lambda found: Path(found.source)):
        try:
            styles.append(_style(found, root, config))
        except _LeftOutError as error:
            logger.warning("style %s is left out: %s", found.source, error)
    if not styles:
        raise StylesError(f"recipes.styles: none of the styles in {root} can be used with process {config.process}")
    if len(styles) < config.pairs_per_source:
        logger.warning(
            "a photo has up to %d pairs of the style task and no style twice: beyond %d styles they are rejected",
            config.pairs_per_source,
            len(styles),
        )
    return _told_apart(styles)


def _told_apart(styles: Sequence[Style]) -> list[Style]:
    """Append the file to the names of styles that share a name, since several packs may have a "Warm"."""
    counts = Counter(style.name for style in styles)
    return [
        style.model_copy(update={"name": f"{style.name} ({style.file})"}) if counts[style.name] > 1 else style
        for style in styles
    ]


def styles_sha256(path: str) -> str:
    """Hex SHA-256 of the names and the content of the files that `load_styles` reads.

    Raises:
        StylesError: a file cannot be read.
    """
    root = Path(path)
    try:
        lines = [f"{_name(file, root)} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in preset_files(root)]
    except (PresetError, OSError) as error:
        raise StylesError(f"recipes.styles: {error}") from error
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@cache
def read_lut(path: str, file: str) -> CubeLut:
    """The LUT of a style. Each Python process reads it once.

    Args:
        path: the folder of styles, or the one file.
        file: path of the style's file below the folder.

    Raises:
        PresetError: the file is not a LUT that can be read.
    """
    root = Path(path)
    return read_cube(root / file if root.is_dir() else root)


def _style(found: Preset | LutPreset, root: Path, config: DatasetConfig) -> Style:
    process = PROCESSES[config.process]
    if isinstance(found, Preset):
        recipe, ignored, lut_psnr = _translated(found.recipe, process), tuple(sorted(found.ignored)), None
    else:
        recipe, lut_psnr = _followed(found, process)
        ignored = ()
    if ignored:
        logger.info("style %s is used without %s; `unretouch presets` says why", found.source, ", ".join(ignored))
    if config.recipes.style_direction == "unrender":
        _check_undoable(recipe, process)
    return Style(
        name=found.name,
        tags=found.tags,
        file=_name(Path(found.source), root),
        recipe=recipe,
        ignored=ignored,
        spoken=_spoken(found, ignored, config),
        lut_psnr=lut_psnr,
    )


def _translated(recipe: Recipe, process: Process) -> Recipe:
    """Convert a preset's recipe, which is of aether/1, to a process that has the same sliders."""
    missing = [name for name in recipe.values if AETHER_1.parameters[AETHER_1.index[name]] not in process.parameters]
    if missing:
        raise _LeftOutError(f"process {process.name} has no {', '.join(missing)}")
    if not recipe.values:
        raise _LeftOutError(f"it moves no slider of process {process.name}")
    return Recipe(process=process.name, values={**process.neutral, **recipe.values})


def _followed(found: LutPreset, process: Process) -> tuple[Recipe, float]:
    """The recipe that comes closest to a LUT, and its PSNR to the LUT in dB."""
    colors = photographic_colors()[None]
    if float((found.lut.apply(colors) - colors).abs().max()) < 0.5 / 255:
        raise _LeftOutError("it changes nothing")
    recipe, psnr = fit_lut(found.lut, process)
    least = FitConfig().min_psnr
    if psnr < least:
        raise _LeftOutError(f"the best recipe of {process.name} comes within {psnr:.1f} dB of it, less than {least:g}")
    logger.info("style %s is followed by a recipe within %.1f dB", found.source, psnr)
    return recipe, round(psnr, 2)


def _check_undoable(recipe: Recipe, process: Process) -> None:
    for name, value in recipe.values.items():
        safe = process.parameters[process.index[name]].safe
        if safe is not None and not safe[0] <= value <= safe[1]:
            raise _LeftOutError(f"{name} = {value:g} cannot be undone outside {safe[0]:g} to {safe[1]:g}")


def _spoken(found: Preset | LutPreset, ignored: Iterable[str], config: DatasetConfig) -> str | None:
    """The name as an instruction may say it.

    None if it cannot be said, if the recipe lacks settings of the look, or if the name promises a grey picture that the
    pair does not show.
    """
    look = speakable(found.name, config.words.language)
    if look is None or not all(_BESIDE_THE_LOOK.fullmatch(name) for name in ignored):
        return None
    # Only a rendered LUT can be grey: sliders leave a trace of colour, and an unrendered pair ends at the photo's
    # colours.
    rendered = config.recipes.style_direction == "render"
    grey = rendered and isinstance(found, LutPreset) and _leaves_no_color(found)
    return look if grey or not is_colorless(look) else None


def _leaves_no_color(found: LutPreset) -> bool:
    red, green, blue = found.lut.apply(photographic_colors()[None])[0]
    return float(torch.maximum((red - green).abs(), (blue - green).abs()).max()) < 2 / 255


def _name(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix() if root.is_dir() else file.name
