"""Parquet tables that hold their pictures, with the schema by which `datasets` knows them: `load_dataset(DIR)`.

    data/SPLIT-00000.parquet

TRL gets prompt, completion and image; diffusers' InstructPix2Pix gets input_image, edit_prompt and edited_image.
"""

from collections.abc import Callable, Mapping
from itertools import count, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.dataset.selected import Selected
from pipeline.export.pairs import ExportPair, Splits

_ROWS = 512
"""Most rows of a file. Memory holds the pictures of one."""

Row = Callable[[ExportPair, str], Mapping[str, Any]]
"""A row of the table, from a pair and the suffix of its pictures."""


def write_trl(splits: Splits, to: Path, selected: Selected) -> None:
    """Write conversations for TRL; a `Writer`. The text has no `<image>`: TRL puts the picture first by itself."""
    import datasets  # noqa: PLC0415  loads slowly

    messages = [{"role": datasets.Value("string"), "content": datasets.Value("string")}]
    features = datasets.Features({"prompt": messages, "completion": messages, "image": datasets.Image()})
    _write(splits, to, selected, features.arrow_schema, _conversation)


def write_triplets(splits: Splits, to: Path, selected: Selected) -> None:
    """Write input, instruction and target; a `Writer`."""
    import datasets  # noqa: PLC0415  loads slowly

    picture, text = datasets.Image(), datasets.Value("string")
    features = datasets.Features({"input_image": picture, "edit_prompt": text, "edited_image": picture})
    _write(splits, to, selected, features.arrow_schema, _triplet)


def _conversation(pair: ExportPair, suffix: str) -> Mapping[str, Any]:
    return {
        "prompt": [{"role": "user", "content": pair.words.prompt.removeprefix("<image>\n")}],
        "completion": [{"role": "assistant", "content": pair.words.answer}],
        "image": {"bytes": pair.input, "path": f"{pair.key}{suffix}"},
    }


def _triplet(pair: ExportPair, suffix: str) -> Mapping[str, Any]:
    return {
        "input_image": {"bytes": pair.input, "path": f"{pair.key}.input{suffix}"},
        "edit_prompt": pair.words.instruction,
        "edited_image": {"bytes": pair.target, "path": f"{pair.key}.target{suffix}"},
    }


def _write(splits: Splits, to: Path, selected: Selected, schema: pa.Schema, row: Row) -> None:
    (to / "data").mkdir()
    for split, pairs in splits:
        rows = (row(pair, selected.suffix) for pair in pairs)
        for number in count():
            batch = list(islice(rows, _ROWS))
            if not batch:
                break
            table = pa.Table.from_pylist(batch, schema=schema)
            pq.write_table(table, to / "data" / f"{split}-{number:05d}.parquet", row_group_size=64)
