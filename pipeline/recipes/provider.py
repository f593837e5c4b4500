"""The recipes of a data set: from an expert bank, from styles, or from a sampler, as the config says."""

import hashlib
from collections.abc import Sequence, Set
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import get_args

from pydantic import BaseModel
from torch import Tensor

from operators.catalogue import PROCESSES
from operators.renderer import renderer_of
from pipeline.presets.cube import CubeLut
from pipeline.recipes.bank import Bank, bank_sha256, load_bank
from pipeline.recipes.edits import draw_edit, draw_strength, weak_strength
from pipeline.recipes.gaussian import Gaussian, table_gaussian
from pipeline.recipes.kinds import drawn_kind
from pipeline.recipes.preview import Preview
from pipeline.recipes.sampler import draw_gaussian, moving_groups
from pipeline.recipes.sampler_file import AETHER, load_sampler, sampler_bytes
from pipeline.recipes.seeds import numbered, seed_of
from pipeline.recipes.styles import read_lut, styles_sha256
from pipeline.recipes.suiting import Draws, Suited, suit
from pipeline.recipes.visibility import Visibility, look
from schemas.config import DatasetConfig, RecipesConfig
from schemas.dataset import DatasetRecord
from schemas.errors import UnretouchError
from schemas.plan import PlannedPair
from schemas.recipe import DrawKind, Group
from schemas.sampler import EditSampler
from schemas.style import Style

_OWN_GROUPS = 3
"""Draws of a pair that move only the groups that it is to move. A grey photo, for one, shows no edit of colours."""

_ALL_GROUPS: Set[str] = frozenset(get_args(Group))


class RecipesChangedError(UnretouchError):
    """The bank, the sampler or the styles have changed since the data set was planned."""


class RecipeProvider:
    """Provides recipes. They are a pure function of the files, the config, the photo and the plan.

    Args:
        config: the data set's config.
        styles: the styles of this config; see `pipeline.recipes.styles.load_styles`.

    Attributes:
        sha256: hash of the files that the recipes depend on; None if they depend on no file. See `files_sha256`.

    Raises:
        BankError: the bank cannot be used.
        SamplerError: the sampler cannot be used.
        StylesError: the files of the styles cannot be read.
    """

    def __init__(self, config: DatasetConfig, styles: Sequence[Style] = ()) -> None:
        self._process = PROCESSES[config.process]
        self._config = config
        self._styles = styles
        self._sampler = load_sampler(config.recipes.gaussian, self._process)
        bank = config.recipes.bank
        self._bank: Bank | None = load_bank(bank, self._process) if bank else None
        self.sha256 = files_sha256(config.recipes)

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
        return read_lut(str(self._config.recipes.styles), style.file) if style.lut_psnr is not None else None

    def draw(self, planned: Sequence[PlannedPair], photo: Tensor) -> list[Suited]:
        """Draw a recipe for each of some pairs that take no style, and suit it to the photo.

        Args:
            planned: pairs of one expert photo.
            photo: the stored expert photo, uint8 (3, H, W).
        """
        config, limit, suited = self._config, self._config.recipes.limit, self._config.recipes.suited
        previews = {origin: Preview(photo, config, origin) for origin in dict.fromkeys(pair.origin for pair in planned)}
        nearest = self._bank.nearest(photo) if self._bank and any(pair.task == "auto" for pair in planned) else []
        visibility = None
        if isinstance(self._sampler, EditSampler) and previews:
            renderer, preview = renderer_of(config.process, config.engine), next(iter(previews.values()))
            visibility = look(renderer, preview.cells[..., ::2], self._sampler.sliders, limit, config.engine)
        return [
            suit(self._process, previews[pair.origin], self._draws(pair, nearest, visibility), suited, limit)
            for pair in planned
        ]

    def _draws(self, pair: PlannedPair, nearest: Sequence[int], visibility: Visibility | None) -> Draws:
        kind, groups = drawn_kind(self._config, pair.seed), moving_groups(self._config.recipes, pair.seed)
        if self._bank is not None and pair.task == "auto":
            return self._bank_draws(self._bank, nearest, pair.seed)
        if isinstance(self._sampler, EditSampler) and visibility is not None:
            return self._edit_draws(self._sampler, kind, groups, pair.seed, visibility)
        gaussian = self._sampler if isinstance(self._sampler, Gaussian) else table_gaussian(self._process)
        return self._gaussian_draws(gaussian, kind, groups, pair.seed)

    def _bank_draws(self, bank: Bank, nearest: Sequence[int], seed: int) -> Draws:
        def offsets(number: int) -> list[float]:
            drawn = bank.draw(nearest, numbered(seed, number), self._config.recipes.limit).values
            return [drawn[name] - neutral for name, neutral in self._process.neutral.items()]

        return Draws("bank", offsets)

    def _edit_draws(
        self, sampler: EditSampler, kind: DrawKind, groups: Set[str], seed: int, visibility: Visibility
    ) -> Draws:
        recipes = self._config.recipes

        def offsets(number: int) -> list[float]:
            moving = groups if number < _OWN_GROUPS else _ALL_GROUPS
            return draw_edit(self._process, sampler, kind, moving, recipes.limit, numbered(seed, number), visibility)

        return Draws(kind, offsets, draw_strength(sampler, kind, groups, recipes.sigma_scale, seed))

    def _gaussian_draws(self, gaussian: Gaussian, kind: DrawKind, groups: Set[str], seed: int) -> Draws:
        neutral = tuple(self._process.neutral.values())
        drawn = replace(gaussian, means=neutral) if kind == "symmetric" else gaussian

        def offsets(number: int) -> list[float]:
            values = draw_gaussian(self._process, self._config.recipes, drawn, numbered(seed, number))
            moving = groups if number < _OWN_GROUPS else _ALL_GROUPS
            return [
                value - spec.neutral if spec.group in moving else 0.0
                for spec, value in zip(self._process.parameters, values, strict=True)
            ]

        return Draws(kind, offsets, weak_strength(seed) if kind == "weak" else None)


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
    if config.gaussian not in {None, AETHER}:
        parts.append("gaussian " + hashlib.sha256(sampler_bytes(Path(str(config.gaussian)))).hexdigest())
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
    recipes = RecipeProvider(record.config, record.styles)
    if recipes.sha256 != record.recipes_sha256:
        raise RecipesChangedError(
            "the files under recipes.bank, recipes.gaussian or recipes.styles have changed since the data set was "
            "planned; restore them or use another OUT"
        )
    return recipes
