"""Damaged configs, samplers and banks: what cannot be used is refused by its name."""

import io
import json
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from operators.catalogue import PROCESSES
from pipeline.config import load_config
from pipeline.recipes.bank import BankError, load_bank
from pipeline.recipes.sampler_file import EXPERTS, SamplerError, load_sampler
from schemas.errors import UnretouchError
from schemas.fit import Edit, bank_schema
from tests.fuzz.mutations import damaged
from tests.fuzz.values import altered, altered_table, json_values

QUICKSTART = Path(__file__).parents[2] / "configs" / "quickstart.yaml"
AETHER = PROCESSES["aether/1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where files are written."""
    return tmp_path_factory.mktemp("configs")


def _fits() -> pa.Table:
    edit = dict.fromkeys(Edit.model_fields, 1.0)
    row = {"process": AETHER.name, "recipe": AETHER.neutral, "edit": edit, "after_descriptor": [0.5] * 64}
    return pa.Table.from_pylist([{"key": key, **row} for key in "ab"], schema=bank_schema(list(AETHER.index)))


@given(number=st.integers(0, 2**32))
def test_damaged_configs(folder: Path, number: int) -> None:
    path = folder / "config.yaml"
    path.write_bytes(damaged([QUICKSTART.read_bytes()], number))
    with suppress(UnretouchError):
        load_config(path)


@given(data=st.data())
def test_configs_of_other_values(folder: Path, data: st.DataObject) -> None:
    values = yaml.safe_load(QUICKSTART.read_text())
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(data.draw(st.composite(lambda draw: altered(draw, values))())))
    field = data.draw(st.sampled_from(["image.quality", "recipes.draws.weak", "sources", "a.b", ".", "image", "="]))
    with suppress(UnretouchError):
        load_config(path, sets=[f"{field}={data.draw(json_values)!r}"])


@given(data=st.data())
def test_samplers(folder: Path, data: st.DataObject) -> None:
    path = folder / "sampler.json"
    values = json.loads(EXPERTS.read_bytes())
    path.write_text(json.dumps(data.draw(st.composite(lambda draw: altered(draw, values))())))
    try:
        load_sampler(str(path), AETHER)
    except SamplerError as error:
        assert str(path) in str(error)


@given(number=st.integers(0, 2**32))
def test_damaged_samplers(folder: Path, number: int) -> None:
    path = folder / "sampler.json"
    path.write_bytes(damaged([EXPERTS.read_bytes()], number))
    try:
        load_sampler(str(path), AETHER)
    except SamplerError as error:
        assert str(path) in str(error)


@given(data=st.data(), number=st.integers(0, 2**32))
def test_banks(folder: Path, data: st.DataObject, number: int) -> None:
    file = io.BytesIO()
    table = data.draw(st.composite(lambda draw: altered_table(draw, _fits()))())
    pq.write_table(table, file)
    path = folder / "bank" / "fits" / "000000.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(damaged([file.getvalue()], number) if number % 4 == 0 else file.getvalue())
    try:
        bank = load_bank(str(folder / "bank"), AETHER)
    except BankError as error:
        assert str(folder / "bank") in str(error)
    else:
        assert len(bank.keys) == len(bank.values) == len(bank.descriptors)
