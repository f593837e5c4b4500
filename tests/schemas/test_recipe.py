import pyarrow as pa
import pytest

from schemas.manifest import ManifestRow, manifest_rows, manifest_schema, manifest_table
from schemas.recipe import ParameterSpec, Recipe

GAMMA = ParameterSpec("Gamma", "light", 0.25, 3.0, "factor", neutral=1.0)


@pytest.mark.parametrize(("value", "share"), [(1.0, 0.0), (3.0, 1.0), (2.0, 0.5), (0.25, -1.0), (0.625, -0.5)])
def test_normalized_measures_each_side_from_neutral(value: float, share: float) -> None:
    assert GAMMA.normalized(value) == share


@pytest.mark.parametrize(("value", "share"), [(0, 0.0), (100, 1.0), (-37, -0.37), (12.3456, 0.123)])
def test_normalized_slider_is_in_hundredths(value: float, share: float) -> None:
    assert ParameterSpec("Contrast2012", "light", -100.0, 100.0, "slider").normalized(value) == share


def test_normalized_where_neutral_is_an_end() -> None:
    share = ParameterSpec("BlackAndWhite", "color", 0.0, 1.0, "share")
    assert [share.normalized(value) for value in (0.0, 0.4, 1.0)] == [0.0, 0.4, 1.0]


@pytest.fixture
def row() -> ManifestRow:
    planned = {"key": "a-0", "shard": 0, "split": "train", "source": "a.jpg", "source_sha256": "a", "variant": 0}
    recipe = Recipe(process="p/1", values={"Exposure": 0.5})
    return ManifestRow(**planned, seed=1, task="auto", status="accepted", reasons=[], recipe=recipe)


def test_manifest_fills_in_neutral_values(row: ManifestRow) -> None:
    schema = manifest_schema(["Exposure", "Gamma"], [])
    table: pa.Table = manifest_table([row], schema, {"Exposure": 0.0, "Gamma": 1.0})
    assert table["recipe"].to_pylist() == [{"Exposure": 0.5, "Gamma": 1.0}]
    assert manifest_rows(table)[0].recipe == Recipe(process="p/1", values={"Exposure": 0.5, "Gamma": 1.0})
