"""Where the recipes of a run come from: an expert bank for the auto task and styles for the style task, where there
are any, and a Gaussian.
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ValidationError
from torch import Tensor

from operators.catalogue import PROCESSES
from pipeline.bank import Bank, bank_sha256, load_bank
from pipeline.presets.cube import CubeLut
from pipeline.recipes import Gaussian, fitted_gaussian, sample_recipe, table_gaussian
from pipeline.seeds import seed_of
from pipeline.styles import read_lut, styles_sha256
from schemas.config import RecipesConfig, RunConfig
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
    """Bank, sampler or styles are not those that a data set was planned with."""


class RecipeSource:
    """Draws recipes; a pure function of its files, the config, the photo and the plan.

    Args:
        process: its name.
        config: where recipes come from.
        styles: as `pipeline.styles.load_styles` gives them, of the same config.

    Attributes:
        sha256: hash of the files that the recipes depend on, None where they depend on none.

    Raises:
        BankError: the bank cannot be used.
        SamplerError: the sampler cannot be used.
    """

    def __init__(self, process: str, config: RecipesConfig, styles: Sequence[Style] = ()) -> None:
        self._process = PROCESSES[process]
        self._config = config
        self._styles = styles
        self._gaussian = self._load_gaussian(config.gaussian)
        self._bank: Bank | None = load_bank(config.bank, self._process) if config.bank else None
        self.sha256 = files_sha256(config)

    def styles(self, planned: Sequence[PlannedPair]) -> dict[str, Style | None]:
        """The style of each pair that takes one, by key.

        Args:
            planned: all pairs of one photo. None comes twice in one style, so pairs beyond the number of styles get
                None.
        """
        seed = planned[0].seed
        shuffled = iter(sorted(self._styles, key=lambda style: seed_of(seed, "style", style.file)))
        styled = [plan for plan in planned if self._styles and plan.task == "style" and plan.origin != "fitted"]
        return {plan.key: next(shuffled, None) for plan in styled}

    def lut(self, style: Style) -> CubeLut | None:
        """The LUT that a style is, None for a preset."""
        return read_lut(str(self._config.styles), style.file) if style.lut_psnr is not None else None

    def draw(self, planned: Sequence[PlannedPair], photo: Tensor) -> list[Recipe]:
        """A recipe for each pair of one expert photo, uint8 (3, H, W), that takes no style."""
        nearest = self._bank.nearest(photo) if self._bank and any(plan.task == "auto" for plan in planned) else []
        return [self._draw_one(plan, nearest) for plan in planned]

    def _draw_one(self, plan: PlannedPair, nearest: Sequence[int]) -> Recipe:
        if self._bank and plan.task == "auto":
            return self._bank.draw(nearest, plan.seed, self._config.limit)
        return sample_recipe(self._process, self._config, plan.seed, self._gaussian)

    def _load_gaussian(self, path: str | None) -> Gaussian:
        if path is None:
            return table_gaussian(self._process)
        sampler = read_sampler(Path(path))
        names = [slider.name for slider in sampler.sliders]
        if sampler.process != self._process.name or names != list(self._process.index):
            raise SamplerError(f"{path} is a sampler for process {sampler.process}, not {self._process.name}")
        return fitted_gaussian(sampler)


def read_sampler(path: Path) -> GaussianSampler:
    """Read a sampler file.

    Raises:
        SamplerError: it cannot be read or is no sampler.
    """
    try:
        return GaussianSampler.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise SamplerError(f"{path} cannot be used as a sampler: {error}") from error


def files_sha256(config: RecipesConfig) -> str | None:
    """Hash of the content of the files that a config's recipes depend on; None where there are none."""
    parts = []
    if config.bank:
        parts.append("bank " + bank_sha256(config.bank))
    if config.styles:
        parts.append("styles " + styles_sha256(config.styles))
    if config.gaussian:
        parts.append("gaussian " + hashlib.sha256(Path(config.gaussian).read_bytes()).hexdigest())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest() if parts else None


def recorded_recipes(record: DatasetRecord) -> RecipeSource:
    """The source of the recipes of a data set, read once per Python process.

    Raises:
        RecipesChangedError: bank, sampler or styles are not those that the data set was planned with.
    """
    return _read(record.model_dump_json(include={"config", "recipes_sha256", "styles"}))


class _Recorded(BaseModel):
    """What the recipes of a data set depend on."""

    config: RunConfig
    recipes_sha256: str | None
    styles: list[Style]


@cache
def _read(text: str) -> RecipeSource:
    record = _Recorded.model_validate_json(text)
    source = RecipeSource(record.config.process, record.config.recipes, record.styles)
    if source.sha256 != record.recipes_sha256:
        raise RecipesChangedError(
            "the files under recipes.bank, recipes.gaussian or recipes.styles have changed since the data set was "
            "planned; restore them or use another OUT"
        )
    return source
