"""Styles that tests write themselves, a server of a VLM, and data sets that are made without Ray."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.presets.export import to_xmp
from pipeline.rewriting.rewrite import Ask
from pipeline.shards.answers import ask_nobody
from schemas.recipe import Recipe
from tests.vlm_server import VlmServer, vlm_server

Color = tuple[float, float, float]
Look = Callable[[float, float, float], Color]


@pytest.fixture(scope="session")
def write_cube() -> Callable[[Path, str, Look], None]:
    """Writes a `.cube` file of a title and a function of red, green and blue."""

    def write(path: Path, title: str, look: Look) -> None:
        steps = [i / 8 for i in range(9)]
        rows = [look(r, g, b) for b in steps for g in steps for r in steps]
        lines = [f'TITLE "{title}"', "LUT_3D_SIZE 9", *("{:.6f} {:.6f} {:.6f}".format(*row) for row in rows)]
        path.write_text("\n".join(lines))

    return write


@pytest.fixture
def style_folder(tmp_path: Path, write_cube: Callable[[Path, str, Look], None]) -> Path:
    """Three styles: a preset of each kind, and a LUT that a recipe follows."""
    folder = tmp_path / "styles"
    (folder / "film").mkdir(parents=True)
    warm = Recipe(process="aether/1", values={"IncrementalTemperature": 35.0, "Exposure2012": 0.2})
    (folder / "Warm.xmp").write_bytes(to_xmp(warm, "Warm 02"))
    settings = "Contrast2012 = 45, Saturation = 20, Sharpness = 60"
    template = f"s = {{ title = 'High Contrast', value = {{ settings = {{ {settings} }} }} }}"
    (folder / "contrast.lrtemplate").write_text(template)
    write_cube(folder / "film" / "faded.cube", "Old Film", lambda r, g, b: (0.1 + 0.85 * r, 0.08 + 0.83 * g, 0.75 * b))
    return folder


@pytest.fixture
def vlm() -> Iterator[VlmServer]:
    """A server of a VLM that repeats drafts."""
    with vlm_server() as server:
        yield server


@pytest.fixture(scope="session")
def make_dataset(tiny_values: dict[str, object]) -> Callable[..., str]:
    """Makes a finished data set without Ray: `make_dataset(folder, image={"format": "png"})` returns its root."""
    from pipeline.jobs.finishing import finish
    from pipeline.jobs.planning import write_planned
    from pipeline.recipes.provider import recorded_recipes
    from pipeline.recipes.styles import load_styles
    from pipeline.shards.plan import plan_shards
    from pipeline.shards.shard import make_shard
    from pipeline.shards.turns import Turns
    from pipeline.sources.catalogue import settle
    from pipeline.sources.inspect import inspect
    from pipeline.sources.listing import list_sources
    from pipeline.sources.table import source_table
    from pipeline.storage.store import open_store
    from quality.scorers.build import task_scorers
    from schemas.jobs.run import RunConfig

    def make(out: Path, ask: Ask = ask_nobody, at_once: int = 1, **values: object) -> str:
        config = RunConfig.model_validate({**tiny_values, "out": str(out), **values}).dataset()
        store = open_store(str(out))
        items = list_sources(config.sources)
        records = [inspect(item, position, config.image).record for position, item in enumerate(items)]
        sources = settle(source_table(records), config.shards.splits)
        shards = plan_shards(sources, config)
        record = write_planned(store, config, sources, shards, load_styles(config))
        recipes, scorers = recorded_recipes(record), task_scorers(config.scores, config.engine)
        for shard in shards:
            make_shard(
                store, shard.shard, config, record.fingerprint, recipes, scorers, lambda _: None, ask, Turns(at_once)
            )
        finish(store, record)
        return store.root

    return make


@pytest.fixture(scope="session")
def pairs_dataset(make_dataset: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Root of a finished small data set that is made without Ray. Read only."""
    return make_dataset(tmp_path_factory.mktemp("pairs") / "dataset", image={"long_side": 160, "min_short_side": 64})
