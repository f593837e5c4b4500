"""The recipes of a data set: from an expert bank, from styles, or from a Gaussian, as the config says."""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ValidationError
from torch import Tensor

from operators.catalogue import PROCESSES
from pipeline.presets.cube import CubeLut
from pipeline.recipes.bank import Bank, bank_sha256, load_bank
from pipeline.recipes.gaussian import Gaussian, fitted_gaussian, table_gaussian
from pipeline.recipes.sampler import sample_recipe
from pipeline.recipes.seeds import seed_of
from pipeline.recipes.styles import read_lut, styles_sha256
from schemas.config import DatasetConfig, RecipesConfig
from schemas.dataset import DatasetRecord
from schemas.errors import UnretouchError
from schemas.plan import PlannedPair
from schemas.recipe import Recipe
from schemas.sampler import GaussianSampler
from schemas.style import Style


class SamplerError(UnretouchError):
    """A sampler file cannot be used; the message says why."""

    exit_code = 2


class RecipesChangedError(UnretouchError):
    """The bank, the sampler or the styles have changed since the data set was planned."""


class RecipeProvider:
    """Provides recipes. They are a pure function of the files, the config, the photo and the plan.

    Args:
        process: name of the process.
        config: where recipes come from.
        styles: the styles of this config; see `pipeline.recipes.styles.load_styles`.

    Attributes:
        sha256: hash of the files that the recipes depend on; None if they depend on no file. See `files_sha256`.

    Raises:
        BankError: the bank cannot be used.
        SamplerError: the sampler cannot be used.
        StylesError: the files of the styles cannot be read.
    """

    def __init__(self, process: str, config: RecipesConfig, styles: Sequence[Style] = ()) -> None:
        self._process = PROCESSES[process]
        self._config = config
        self._styles = styles
        self._gaussian = self._load_gaussian(config.gaussian)
        self._bank: Bank | None = load_bank(config.bank, self._process) if config.bank else None
        self.sha256 = files_sha256(config)

    def styles(self, planned: Sequence[PlannedPair]) -> dict[str, Style | None]:
        """Choose a style for each pair of the style task, except for fitted pairs. The result is empty without styles.

        No photo repeats a style. When styles run out, the remaining pairs map to None.

        Args:
            planned: all pairs of one photo.

        Returns:
            Style by key of the pair.
        """
        seed = planned[0].seed
        shuffled = iter(sorted(self._styles, key=lambda style: seed_of(seed, "style", style.file)))
        styled = [pair for pair in planned if self._styles and pair.task == "style" and pair.origin != "fitted"]
        return {pair.key: next(shuffled, None) for pair in styled}

    def lut(self, style: Style) -> CubeLut | None:
        """The LUT of a style; None if the style comes from a preset."""
        return read_lut(str(self._config.styles), style.file) if style.lut_psnr is not None else None

    def draw(self, planned: Sequence[PlannedPair], photo: Tensor) -> list[Recipe]:
        """Draw a recipe for each of some pairs that take no style.

        Args:
            planned: pairs of one expert photo.
            photo: the expert photo, uint8 (3, H, W).
        """
        nearest = self._bank.nearest(photo) if self._bank and any(pair.task == "auto" for pair in planned) else []
        return [self._draw_one(pair, nearest) for pair in planned]

    def _draw_one(self, pair: PlannedPair, nearest: Sequence[int]) -> Recipe:
        if self._bank and pair.task == "auto":
            return self._bank.draw(nearest, pair.seed, self._config.limit)
        return sample_recipe(self._process, self._config, pair.seed, self._gaussian)

    def _load_gaussian(self, path: str | None) -> Gaussian:
        if path is None:
            return table_gaussian(self._process)
        sampler = read_sampler(Path(path))
        names = [slider.name for slider in sampler.sliders]
        if sampler.process != self._process.name or names != list(self._process.index):
            raise SamplerError(
                f"recipes.gaussian: {path} is a sampler for process {sampler.process}, not {self._process.name}"
            )
        return fitted_gaussian(sampler)


def read_sampler(path: Path) -> GaussianSampler:
    """Read a sampler file.

    Raises:
        SamplerError: the file cannot be read, or is not a sampler.
    """
    try:
        return GaussianSampler.model_validate_json(_read_sampler_file(path))
    except ValidationError as error:
        raise SamplerError(f"recipes.gaussian: {path} is no sampler: {error}") from error


def _read_sampler_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SamplerError(f"recipes.gaussian: {path} cannot be read: {error.strerror}") from error


def files_sha256(config: RecipesConfig) -> str | None:
    """Hex SHA-256 of the files that a config's recipes depend on; None if they depend on no file.

    Raises:
        BankError, SamplerError, StylesError: a file cannot be read.
    """
    parts = []
    if config.bank:
        parts.append("bank " + bank_sha256(config.bank))
    if config.styles:
        parts.append("styles " + styles_sha256(config.styles))
    if config.gaussian:
        parts.append("gaussian " + hashlib.sha256(_read_sampler_file(Path(config.gaussian))).hexdigest())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest() if parts else None


def recorded_recipes(record: DatasetRecord) -> RecipeProvider:
    """The provider of a data set's recipes. Each Python process reads its files once.

    Raises:
        RecipesChangedError: the bank, the sampler or the styles have changed since the data set was planned.
        BankError, SamplerError, StylesError: a file cannot be read.
    """
    return _read(record.model_dump_json(include={"config", "recipes_sha256", "styles"}))


class _Recorded(BaseModel):
    """The fields of a data set's record that its recipes depend on."""

    config: DatasetConfig
    recipes_sha256: str | None
    styles: list[Style]


@cache
def _read(text: str) -> RecipeProvider:
    record = _Recorded.model_validate_json(text)
    recipes = RecipeProvider(record.config.process, record.config.recipes, record.styles)
    if recipes.sha256 != record.recipes_sha256:
        raise RecipesChangedError(
            "the files under recipes.bank, recipes.gaussian or recipes.styles have changed since the data set was "
            "planned; restore them or use another OUT"
        )
    return recipes
