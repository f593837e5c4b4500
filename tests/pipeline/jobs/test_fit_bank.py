"""A list of pairs becomes a bank: every pair a row, nothing made twice, the bank readable where it is used."""

import csv
import hashlib
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image
from rich.console import Console
from torch import Tensor

from operators.catalogue import AETHER_1
from pipeline.cli.recipes import fit_files
from pipeline.fitting.pair import render
from pipeline.jobs.fit_bank import fit_bank, list_pairs
from pipeline.recipes.bank import load_bank
from schemas.fit import BankRecord, FitConfig
from schemas.jobs.run import ComputeConfig
from schemas.recipe import Recipe
from schemas.source import ListingError

pytestmark = pytest.mark.ray

CONSOLE = Console(stderr=True)
CONFIG = FitConfig(pixels=500)


@pytest.fixture(scope="module")
def pairs(photos: dict[str, Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list of four pairs: two edits, one that is no picture, one of two different photos."""
    folder = tmp_path_factory.mktemp("pairs")
    vector = AETHER_1.vector([Recipe(process="aether/1", values={"Exposure2012": 0.8, "Saturation": 20})])
    small = {name: photo[:, :200:2, :300:2].contiguous() for name, photo in photos.items()}
    for name in ("coffee", "chelsea"):
        save(folder / f"{name}.png", small[name])
        save(folder / f"{name}-after.png", render(AETHER_1, small[name], vector))
    save(folder / "china.png", small["china"])
    (folder / "broken.png").write_bytes(b"this is no picture")
    with (folder / "pairs.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["before", "uri", "licence"])
        writer.writerow(["coffee.png", "coffee-after.png", "CC0"])
        writer.writerow(["chelsea.png", "chelsea-after.png", ""])
        writer.writerow(["coffee.png", "broken.png", ""])
        writer.writerow(["coffee.png", "china.png", ""])
    return folder / "pairs.csv"


def save(path: Path, picture: Tensor) -> None:
    Image.fromarray(picture.permute(1, 2, 0).numpy()).save(path)


def contents(folder: Path) -> dict[str, tuple[str, int]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in files
        if path.suffix == ".parquet"
    }


def fitted(pairs: Path, out: Path, config: FitConfig = CONFIG) -> BankRecord:
    return fit_bank(list_pairs(str(pairs)), str(out), AETHER_1, config, ComputeConfig(), CONSOLE)


@pytest.fixture(scope="module")
def bank(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BankRecord]:
    """The fitted list. Read only."""
    out = tmp_path_factory.mktemp("bank")
    return out, fitted(pairs, out)


def test_every_pair_has_a_row(bank: tuple[Path, BankRecord]) -> None:
    out, record = bank
    assert (record.pairs, record.fitted) == (4, 2)
    assert record.rejected == {"different_pictures": 1, "unreadable": 1}
    assert BankRecord.model_validate_json((out / "bank.json").read_bytes()) == record
    rows = pq.read_table(out / "fits").to_pylist()
    assert [row["licence"] for row in rows] == ["CC0", None, None, None]
    assert len({row["key"] for row in rows}) == 4
    assert rows[0]["recipe"]["Exposure2012"] == pytest.approx(0.8, abs=0.15)
    assert list(rows[0]["recipe"]) == list(AETHER_1.index)
    assert rows[0]["residual"]["psnr"] > 40
    assert rows[2]["recipe"] is None
    assert "broken.png" in rows[2]["detail"]
    assert rows[2]["before_descriptor"] is None
    assert rows[3]["before_descriptor"] == rows[0]["before_descriptor"]


def test_a_bank_is_read_where_it_is_used(bank: tuple[Path, BankRecord]) -> None:
    assert len(load_bank(str(bank[0]), AETHER_1).keys) == 2


def test_a_second_run_does_nothing(bank: tuple[Path, BankRecord], pairs: Path) -> None:
    out, record = bank
    before = contents(out)
    assert fitted(pairs, out) == record
    assert contents(out) == before


def test_what_is_missing_is_made_again_to_the_same_bytes(
    bank: tuple[Path, BankRecord], pairs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "bank"
    assert fitted(pairs, out) == bank[1]
    digests = [{name: digest for name, (digest, _) in contents(folder).items()} for folder in (bank[0], out)]
    assert digests[0] == digests[1]


def test_another_config_replaces_the_fits(bank: tuple[Path, BankRecord], pairs: Path, tmp_path: Path) -> None:
    out = tmp_path / "bank"
    shutil.copytree(bank[0], out)
    record = fitted(pairs, out, FitConfig(pixels=500, min_psnr=101))  # more than equal pictures have
    assert record.rejected["poor_fit"] == 2
    assert not contents(bank[0]).keys() & contents(out).keys()
    assert len(contents(out)) == 1


def test_pairs_that_are_a_little_off_are_aligned(photos: dict[str, Tensor], tmp_path: Path) -> None:
    photo = photos["coffee"]
    save(tmp_path / "before.png", photo[:, :-2, 3:].contiguous())
    save(tmp_path / "after.png", photo[:, 2:, :-3].contiguous())
    found = fit_files(str(tmp_path / "before.png"), str(tmp_path / "after.png"), "aether/1")
    assert found["reason"] is None
    assert found["residual"]["psnr"] >= 60


def test_lists_without_pairs_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ListingError, match=r"photos\.txt is no list of pairs"):
        list_pairs("photos.txt")
    with pytest.raises(ListingError, match="does not exist"):
        list_pairs(str(tmp_path / "missing.csv"))
    single = tmp_path / "single.csv"
    single.write_text("uri\na.png\n")
    with pytest.raises(ListingError, match=r"a\.png has no `before`"):
        list_pairs(str(single))
