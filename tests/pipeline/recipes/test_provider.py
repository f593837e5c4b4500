"""The auto task draws from the bank, the others from the sampler, and both belong to the data set."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from torch import Tensor

from operators.catalogue import AETHER_1
from pipeline.dataset.record import load_record
from pipeline.jobs.planning import DatasetMismatchError, check_same
from pipeline.recipes.provider import RecipeProvider, RecipesChangedError, files_sha256, recorded_recipes
from pipeline.recipes.sampler_file import AETHER, SamplerError
from pipeline.shards.fingerprint import code_sha256, fingerprint, this_platform
from pipeline.sources.listing import list_sources
from pipeline.storage.store import open_store
from quality.descriptor import describe_histogram
from schemas.config import DatasetConfig, RecipesConfig
from schemas.fit import bank_schema
from schemas.jobs.run import RunConfig
from schemas.plan import PlannedPair
from schemas.recipe import Recipe
from schemas.sample import Task
from schemas.sampler import GaussianSampler, SliderSpread
from schemas.style import Style


@pytest.fixture
def bank(photos: dict[str, Tensor], tmp_path: Path) -> Path:
    """A bank with one pair, whose recipe is 2 EV of exposure."""
    folder = tmp_path / "bank"
    (folder / "fits").mkdir(parents=True)
    row = {
        "key": "coffee",
        "process": "aether/1",
        "recipe": {**AETHER_1.neutral, "Exposure2012": 2.0},
        "edit": {"strength": 9.0, "lightness": 5.0, "contrast": 1.0, "chroma": 0.3},
        "after_descriptor": describe_histogram(photos["coffee"]).tolist(),
    }
    pq.write_table(pa.Table.from_pylist([row], schema=bank_schema(list(AETHER_1.index))), folder / "fits" / "a.parquet")
    return folder


@pytest.fixture
def sampler(tmp_path: Path) -> Path:
    """A Gaussian sampler's file whose recipes are around 1 EV and 30 of contrast."""
    means = {"Exposure2012": 1.0, "Contrast2012": 30.0}
    sliders = [SliderSpread(name=name, mean=means.get(name, 0), sigma=0.05) for name in AETHER_1.index]
    identity = torch.eye(len(sliders)).tolist()
    made = GaussianSampler(process="aether/1", fitted_to="a test", sliders=sliders, correlation=identity)
    path = tmp_path / "sampler.json"
    path.write_text(made.model_dump_json())
    return path


def planned(task: Task, seed: int) -> PlannedPair:
    return PlannedPair(
        key="k-00", shard=0, split="train", source="photo", source_sha256="0", variant=0, seed=seed, task=task
    )


def provider(process: str = "aether/1", styles: Sequence[Style] = (), **recipes: object) -> RecipeProvider:
    config = DatasetConfig.model_validate({"sources": ["unused"], "process": process, "recipes": recipes})
    return RecipeProvider(config, styles)


def test_only_the_auto_task_draws_from_the_bank(bank: Path, photos: dict[str, Tensor]) -> None:
    plans = [planned(task, seed) for seed in range(3) for task in ("auto", "style", "professional")]
    drawn = provider(bank=str(bank)).draw(plans, photos["china"])
    for plan, (recipe, draw) in zip(plans, drawn, strict=True):
        if plan.task == "auto":
            assert draw.kind == "bank"
            assert recipe.values["Exposure2012"] == pytest.approx(2 * draw.factor, abs=0.2)
            assert {name for name, value in recipe.values.items() if value} == {"Exposure2012"}
        else:
            assert draw.kind in {"expert", "symmetric", "weak"}
            assert sum(value != 0 for value in recipe.values.values()) > 1


def test_draws_are_a_function_of_seed_and_photo(photos: dict[str, Tensor]) -> None:
    plans = [planned("auto", seed) for seed in range(6)]
    together = provider().draw(plans, photos["china"])
    assert together == [provider().draw([plan], photos["china"])[0] for plan in plans]
    assert together != provider().draw(plans, photos["coffee"])
    assert len({recipe.model_dump_json() for recipe, _ in together}) == 6


def test_the_papers_table_is_drawn_by_name(photos: dict[str, Tensor]) -> None:
    (suited,) = provider(gaussian=AETHER, groups={"all": 1}).draw([planned("auto", 1)], photos["china"])
    assert suited.draw.kind == "table"
    assert sum(value != 0 for value in suited.recipe.values.values()) > 12


def style(name: str) -> Style:
    recipe = Recipe(process="aether/1", values={"Exposure2012": 0.5})
    return Style(name=name, tags=(), file=f"{name}.xmp", recipe=recipe)


def test_the_style_task_takes_each_style_once_a_photo() -> None:
    source = provider(styles=[style(name) for name in "abc"])
    tasks: list[Task] = ["style", "auto", "style", "professional", "style", "style"]
    firsts = set()
    for photo in range(40):
        plans = [
            planned(task, seed).model_copy(update={"key": f"{photo}-{seed:02d}", "seed": 100 * photo + seed})
            for seed, task in enumerate(tasks)
        ]
        chosen = source.styles(plans)
        assert list(chosen) == [plan.key for plan in plans if plan.task == "style"]
        *taken, last = [found.name if found else None for found in chosen.values()]
        assert sorted(map(str, taken)) == ["a", "b", "c"]
        assert last is None
        assert source.styles(plans) == chosen
        firsts.add(taken[0])
    assert firsts == {"a", "b", "c"}
    assert provider().styles(plans) == {}
    assert source.styles([plan.model_copy(update={"origin": "fitted"}) for plan in plans]) == {}


def test_the_gaussian_of_a_file_is_drawn_from(sampler: Path, photos: dict[str, Tensor]) -> None:
    drawing = provider(gaussian=str(sampler), groups={"all": 1}, draws={"expert": 1})
    ((recipe, _),) = drawing.draw([planned("auto", 1)], photos["china"])
    assert recipe.values["Exposure2012"] == pytest.approx(1, abs=0.3)
    assert recipe.values["Contrast2012"] == pytest.approx(30, abs=1)


def test_unusable_samplers_are_named(sampler: Path, tmp_path: Path) -> None:
    with pytest.raises(SamplerError, match=r"missing\.json"):
        provider(gaussian=str(tmp_path / "missing.json"))
    with pytest.raises(SamplerError, match="not exposure/1"):
        provider("exposure/1", gaussian=str(sampler))
    sampler.write_text("{}")
    with pytest.raises(SamplerError, match="is no sampler"):
        provider(gaussian=str(sampler))


def test_the_files_are_part_of_the_fingerprint(bank: Path, sampler: Path, tiny_dataset: RunConfig) -> None:
    assert files_sha256(RecipesConfig()) is None
    config = RecipesConfig(bank=str(bank), gaussian=str(sampler))
    before = files_sha256(config)
    sampler.write_text(sampler.read_text() + " ")
    after = files_sha256(config)
    assert before != after
    hashes = [
        fingerprint(tiny_dataset, "s", files, "c", this_platform(with_processor=True))
        for files in (None, before, after)
    ]
    assert len(set(hashes)) == 3


def test_a_changed_bank_is_refused(bank: Path, tiny_dataset: RunConfig) -> None:
    store = open_store(tiny_dataset.out)
    record = load_record(store)
    with_bank = tiny_dataset.dataset().model_copy(update={"recipes": RecipesConfig(bank=str(bank))})
    planned_with = record.model_copy(
        update={
            "config": record.config.model_copy(update={"recipes": with_bank.recipes}),
            "recipes_sha256": files_sha256(with_bank.recipes),
            "code_sha256": code_sha256(),
        }
    )
    items = list_sources(tiny_dataset.sources)
    check_same(planned_with, with_bank, items, store)
    assert recorded_recipes(planned_with).sha256 == planned_with.recipes_sha256
    table = pq.read_table(bank / "fits" / "a.parquet")
    pq.write_table(pa.concat_tables([table, table]), bank / "fits" / "a.parquet")
    with pytest.raises(DatasetMismatchError, match="content of the bank"):
        check_same(planned_with, with_bank, items, store)
    with pytest.raises(RecipesChangedError, match="have changed"):
        recorded_recipes(planned_with.model_copy(update={"recipes_sha256": "of another bank"}))


def test_a_photo_that_does_not_show_the_groups_of_a_pair_gets_others(photos: dict[str, Tensor]) -> None:
    grey = photos["china"].float().mean(0).byte().expand(3, -1, -1).contiguous()
    ((recipe, draw),) = provider(groups={"specific": 1}).draw([planned("auto", 3)], grey)
    assert draw.redraws >= 3
    assert any(recipe.values.values())
