import platform
from pathlib import Path

import pytest

from pipeline.dataset.record import load_record
from pipeline.shards.fingerprint import code_files, depends_on_processor, fingerprint, this_platform
from pipeline.sources.table import source_table
from pipeline.storage.store import open_store
from schemas.config import DatasetConfig
from schemas.jobs.run import RunConfig
from schemas.recipe import Recipe
from schemas.source import SourceRecord
from schemas.style import Style

NO_STYLES: list[Style] = []


def config_of(**values: object) -> DatasetConfig:
    return RunConfig.model_validate({"sources": ["x"], "out": "y", **values}).dataset()


def source(number: int = 0, **values: object) -> SourceRecord:
    return SourceRecord.model_validate({"uri": f"{number}", "position": number, "format": "JPEG", **values})


def style(lut_psnr: float | None) -> Style:
    recipe = Recipe(process="aether/1", values={})
    return Style(name="look", tags=(), file="look", recipe=recipe, lut_psnr=lut_psnr)


@pytest.mark.parametrize(
    "values",
    [
        {"engine": "eager"},
        {"process": "expert/1"},
        {"scores": {"metrics": ["psnr", "lpips"]}},
        {"scores": {"clip": {"model": "ViT-B-32", "pretrained": "openai"}}},
    ],
)
def test_a_config_may_depend_on_the_processor(values: dict[str, object]) -> None:
    sources = source_table([source()])
    assert not depends_on_processor(config_of(), sources, NO_STYLES)
    assert depends_on_processor(config_of(**values), sources, NO_STYLES)


def test_sources_and_styles_may_depend_on_the_processor() -> None:
    usual = [source(i, format=kind) for i, kind in enumerate(("JPEG", "PNG", "WEBP", "TIFF"))]
    unused = source(9, format="JXL", before="original", reason="near_duplicate")
    assert not depends_on_processor(config_of(), source_table([*usual, unused]), [style(None)])
    assert depends_on_processor(config_of(), source_table([*usual, source(9, format="JXL")]), [])
    assert depends_on_processor(config_of(), source_table([*usual, source(9, before="original")]), [])
    assert depends_on_processor(config_of(), source_table(usual), [style(None), style(40.0)])


def test_only_processors_that_compute_alike_go_unnamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert this_platform(with_processor=False).processor is None
    assert this_platform(with_processor=True).processor
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert "aarch64" in str(this_platform(with_processor=False).processor)


def test_the_processor_is_part_of_a_data_set_that_depends_on_it() -> None:
    named, unnamed = this_platform(with_processor=True), this_platform(with_processor=False)
    other = named.model_copy(update={"processor": "another"})
    hashes = {fingerprint(config_of(), "s", None, "c", where) for where in (named, unnamed, other)}
    assert len(hashes) == 3


def test_a_run_with_the_defaults_names_no_processor(tiny_dataset: RunConfig) -> None:
    where = load_record(open_store(tiny_dataset.out)).platform
    assert (where.processor is None) == (platform.machine() in ("x86_64", "AMD64"))
    assert "c++" not in where.libraries


def test_what_is_compiled_is_code() -> None:
    assert {Path("operators/tables.h"), Path("operators/fused.cpp")} <= set(code_files(["operators"]))
