"""An exported recipe is the preset that Camera Raw would write, and comes back exactly."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.catalogue import AETHER_1
from pipeline.dataset.reader import KeyNotFoundError
from pipeline.export.xmp import export_xmp
from pipeline.presets.export import to_xmp
from pipeline.presets.preset import PresetError
from pipeline.presets.xmp import parse_xmp, read_xmp
from pipeline.storage.store import open_store
from schemas.manifest import ManifestRow, manifest_schema, manifest_table
from schemas.recipe import Recipe

CRS = "{http://ns.adobe.com/camera-raw-settings/1.0/}"
RECIPES = st.fixed_dictionaries(
    {},
    optional={
        spec.name: st.one_of(
            st.floats(spec.minimum, spec.maximum), st.integers(int(spec.minimum), int(spec.maximum)).map(float)
        )
        for spec in AETHER_1.parameters
    },
).map(lambda values: Recipe(process="aether/1", values=values))


def attributes(recipe: Recipe) -> dict[str, str]:
    root = ET.fromstring(to_xmp(recipe, "n"))  # noqa: S314  it is our own
    description = root[0][0]
    return {name.removeprefix(CRS): text for name, text in description.attrib.items()}


@given(RECIPES)
def test_round_trip_is_exact(recipe: Recipe) -> None:
    preset = parse_xmp(to_xmp(recipe, "n"), Path("n.xmp"))
    moved = {name: value for name, value in recipe.values.items() if value != 0}
    assert preset.recipe == Recipe(process="aether/1", values=moved)
    assert preset.ignored == {}


XML_TEXT = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=100)


@given(XML_TEXT.filter(lambda text: text == " ".join(text.split())))
def test_names_come_back(name: str) -> None:
    preset = parse_xmp(to_xmp(Recipe(process="aether/1", values={}), name), Path("n.xmp"))
    assert preset.name == name
    assert preset.tags == ("unretouch",)


def test_values_are_written_as_adobe_writes_them() -> None:
    values = {"Exposure2012": 0.5, "Contrast2012": -12.0, "Vibrance": 7.0, "Saturation": 1.25, "Whites2012": -0.0}
    written = attributes(Recipe(process="aether/1", values=values | {"HueAdjustmentRed": 1e-5}))
    assert written["Exposure2012"] == "+0.50"
    assert written["Contrast2012"] == "-12"
    assert written["Vibrance"] == "+7"
    assert written["Saturation"] == "+1.25"
    assert written["Whites2012"] == "0"
    assert written["HueAdjustmentRed"] == "+0.00001"
    assert attributes(Recipe(process="aether/1", values={}))["Exposure2012"] == "0.00"


def test_the_preset_says_what_other_programs_look_for() -> None:
    written = attributes(Recipe(process="aether/1", values={"IncrementalTint": 3.0}))
    assert set(AETHER_1.index) <= set(written)
    assert written["ProcessVersion"] == "11.0"
    assert written["HasSettings"] == "True"
    assert written["PresetType"] == "Normal"
    assert written["WhiteBalance"] == "Custom"
    assert (written["ParametricShadowSplit"], written["ParametricHighlightSplit"]) == ("25", "75")
    assert len(written["UUID"]) == 32
    assert attributes(Recipe(process="aether/1", values={"Vibrance": 3.0}))["WhiteBalance"] == "As Shot"


def test_presets_have_ids_of_their_own_and_the_same_each_time() -> None:
    recipes = [Recipe(process="aether/1", values={"Vibrance": value}) for value in (1.0, 2.0)]
    first, second = (attributes(recipe)["UUID"] for recipe in recipes)
    assert first != second
    assert to_xmp(recipes[0], "a") == to_xmp(recipes[0], "a")
    assert to_xmp(recipes[0], "a") != to_xmp(recipes[0], "b")


@pytest.mark.parametrize(
    ("recipe", "name", "problem"),
    [
        (Recipe(process="exposure/1", values={}), "n", "not 'aether/1'"),
        (Recipe(process="aether/1", values={"Exposure2012": 9.0}), "n", "Exposure2012"),
        (Recipe(process="aether/1", values={}), "a\x00b", "characters that XML does not have"),
        (Recipe(process="aether/1", values={}), "a\ud800b", "characters that XML does not have"),
    ],
)
def test_what_cannot_be_a_preset_is_refused(recipe: Recipe, name: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        to_xmp(recipe, name)


def test_a_pair_of_a_data_set_is_exported_by_its_key(tmp_path: Path) -> None:
    planned = {"shard": 0, "split": "train", "source": "a.jpg", "source_sha256": "a", "variant": 0, "seed": 1}
    recipe = Recipe(process="aether/1", values={"Exposure2012": -0.35, "Vibrance": 12.0})
    rows = [
        ManifestRow(**planned, task="auto", key="kept-0", status="accepted", reasons=[], recipe=recipe),
        ManifestRow(**planned, task="auto", key="lost-0", status="rejected", reasons=["corrupt"]),
    ]
    store = open_store(str(tmp_path))
    with store.staged("manifest/000000.parquet") as path:
        pq.write_table(manifest_table(rows, manifest_schema(tuple(AETHER_1.index), ()), AETHER_1.neutral), path)

    export_xmp(store, "kept-0", tmp_path / "kept.xmp")
    preset = read_xmp(tmp_path / "kept.xmp")
    assert (preset.name, preset.recipe) == ("kept-0", recipe)
    with pytest.raises(PresetError, match="'lost-0' has no recipe; it was rejected: corrupt"):
        export_xmp(store, "lost-0", tmp_path / "lost.xmp")
    with pytest.raises(KeyNotFoundError):
        export_xmp(store, "none-0", tmp_path / "none.xmp")
    with pytest.raises(PresetError, match="cannot be written"):
        export_xmp(store, "kept-0", tmp_path / "missing" / "kept.xmp")
