"""An expert bank finds the pair that looks like the photo, and gives its recipe with a little noise."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from torch import Tensor

from operators.catalogue import AETHER_1
from pipeline.recipes.bank import JITTER, NEIGHBOURS, BankError, bank_sha256, load_bank
from quality.descriptor import describe_histogram
from schemas.fit import bank_schema

EXPOSURES = {"astronaut": 0.5, "chelsea": 1.0, "china": 1.5, "coffee": -0.5, "flower": 2.0, "rocket": 3.9}


def write_bank(folder: Path, photos: Mapping[str, Tensor], reasons: Mapping[str, str] | None = None) -> Path:
    """A bank with one pair for each photo, whose recipe is an exposure of its own and 10 of contrast."""
    rows = [
        {
            "key": name,
            "process": "aether/1",
            "recipe": {**AETHER_1.neutral, "Exposure2012": EXPOSURES[name], "Contrast2012": 10.0},
            "edit": {"strength": 9.0, "lightness": 5.0, "contrast": 1.0, "chroma": 0.3},
            "after_descriptor": describe_histogram(photo).tolist(),
            "reason": (reasons or {}).get(name),
        }
        for name, photo in photos.items()
    ]
    (folder / "fits").mkdir(parents=True, exist_ok=True)
    pq.write_table(
        pa.Table.from_pylist(rows, schema=bank_schema(list(AETHER_1.index))), folder / "fits" / "000000.parquet"
    )
    return folder


def drawn_from(values: Mapping[str, float]) -> Sequence[str]:
    """The photos whose pair a drawn exposure can be from."""
    return [name for name, ev in EXPOSURES.items() if abs(values["Exposure2012"] - ev) <= 2 * JITTER * 5 + 0.01]


def test_the_nearest_pair_is_the_photos_own(photos: dict[str, Tensor], tmp_path: Path) -> None:
    bank = load_bank(str(write_bank(tmp_path, photos)), AETHER_1)
    for name, photo in photos.items():
        darker = (photo.float() * 0.95).byte()
        assert bank.keys[bank.nearest(darker)[0]] == name
        assert len(bank.nearest(darker)) == NEIGHBOURS
        assert name not in {bank.without([name]).keys[row] for row in bank.without([name]).nearest(darker)}


def test_draws_come_from_all_neighbours_and_leave_alone_what_the_expert_did(
    photos: dict[str, Tensor], tmp_path: Path
) -> None:
    bank = load_bank(str(write_bank(tmp_path, photos)), AETHER_1)
    nearest = bank.nearest(photos["china"])
    neighbours = {bank.keys[row] for row in nearest}
    seen: set[str] = set()
    for seed in range(60):
        recipe = bank.draw(nearest, seed, limit=0.8)
        AETHER_1.check(recipe)
        assert recipe == bank.draw(nearest, seed, limit=0.8)
        moved = {name for name, value in recipe.values.items() if value}
        assert moved <= {"Exposure2012", "Contrast2012"}
        assert recipe.values["Contrast2012"] == pytest.approx(10, abs=2 * JITTER * 100 + 0.5)
        sources = set(drawn_from(recipe.values))
        assert sources & neighbours
        seen |= sources & neighbours
    assert seen == neighbours


def test_no_value_lies_beyond_the_limit(photos: dict[str, Tensor], tmp_path: Path) -> None:
    bank = load_bank(str(write_bank(tmp_path, {"rocket": photos["rocket"]})), AETHER_1)
    values = [bank.draw([0], seed, limit=0.5).values["Exposure2012"] for seed in range(20)]
    assert set(values) == {2.5}


def test_rejected_pairs_are_left_out(photos: dict[str, Tensor], tmp_path: Path) -> None:
    bank = load_bank(str(write_bank(tmp_path, photos, {"coffee": "local_edit"})), AETHER_1)
    assert set(bank.keys) == set(photos) - {"coffee"}


def test_unusable_banks_are_named(photos: dict[str, Tensor], tmp_path: Path) -> None:
    with pytest.raises(BankError, match="holds no fits"):
        load_bank(str(tmp_path / "missing"), AETHER_1)
    none = write_bank(tmp_path / "none", photos, dict.fromkeys(photos, "poor_fit"))
    with pytest.raises(BankError, match="no fitted pair"):
        load_bank(str(none), AETHER_1)
    other = tmp_path / "other"
    (other / "fits").mkdir(parents=True)
    pq.write_table(pa.table({"key": ["a"]}), other / "fits" / "a.parquet")
    with pytest.raises(BankError, match="not part of a bank"):
        load_bank(str(other), AETHER_1)
    (other / "fits" / "a.parquet").write_bytes(b"no parquet")
    with pytest.raises(BankError, match="not part of a bank"):
        load_bank(str(other), AETHER_1)


def test_a_bank_of_another_process_is_refused(photos: dict[str, Tensor], tmp_path: Path) -> None:
    folder = write_bank(tmp_path, photos)
    table = pq.read_table(folder / "fits" / "000000.parquet")
    column = table.schema.get_field_index("process")
    pq.write_table(
        table.set_column(column, "process", pa.array(["exposure/1"] * len(table))), folder / "fits" / "000000.parquet"
    )
    with pytest.raises(BankError, match="exposure/1"):
        load_bank(str(folder), AETHER_1)


def test_a_bank_of_damaged_rows_is_refused(photos: dict[str, Tensor], tmp_path: Path) -> None:
    folder = write_bank(tmp_path, photos)
    table = pq.read_table(folder / "fits" / "000000.parquet")
    for name in ("edit", "after_descriptor"):
        column = table.schema.get_field_index(name)
        nulls = pa.nulls(len(table), table.schema.field(name).type)
        pq.write_table(table.set_column(column, name, nulls), folder / "fits" / "000000.parquet")
        with pytest.raises(BankError, match="cannot be used with process aether/1"):
            load_bank(str(folder), AETHER_1)


def test_the_hash_is_of_the_content(photos: dict[str, Tensor], tmp_path: Path) -> None:
    one, other = (str(write_bank(tmp_path / name, photos)) for name in ("one", "other"))
    assert bank_sha256(one) == bank_sha256(other)
    write_bank(tmp_path / "other", photos, {"coffee": "poor_fit"})
    assert bank_sha256(one) != bank_sha256(other)
