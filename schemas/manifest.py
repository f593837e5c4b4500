"""Manifest rows: one for every planned pair, accepted or rejected, and their Arrow schema."""

from collections.abc import Mapping, Sequence
from typing import Literal

import pyarrow as pa
from pydantic import ConfigDict, Field

from schemas.plan import PLAN_SCHEMA, PlannedPair
from schemas.recipe import Draw, Recipe
from schemas.rewrite import Rewrite
from schemas.sample import Measures, Words


class ManifestRow(PlannedPair):
    """What became of a planned pair, and all that is needed to make it again.

    `reasons` is empty for an accepted pair. Fields are null where the pair failed before the stage that fills them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Literal["accepted", "rejected"]
    reasons: list[str]
    detail: str | None = None
    width: int | None = None
    height: int | None = None
    style: str | None = None
    """Name of the style whose recipe this is, see `DatasetRecord.styles`; null where the recipe is no style's."""
    input_sha256: str | None = None
    target_sha256: str | None = None
    recipe: Recipe | None = None
    draw: Draw | None = None
    """How the recipe was drawn; null where it is a style's or was fitted."""
    effects: dict[str, float] | None = None
    """Mean CIEDE2000 over a grid of the input when one slider alone returns to neutral, for each slider of the recipe
    that is not neutral."""
    words: Words | None = None
    rewrite: Rewrite | None = None
    """Whether a VLM has rewritten the words; null where it was not to, or where there is no pair."""
    measures: Measures | None = None
    scores: dict[str, float | None] = Field(default_factory=dict)

    def to_member(self) -> bytes:
        """The `json` member of the pair's sample: the row without what only concerns how it was made."""
        without = dict.fromkeys(("shard", "source", "before", "status", "reasons", "detail"), True)
        return self.model_dump_json(exclude={**without, "rewrite": {"asked", "refused"}}).encode()


_WORDS = {"traits": pa.list_(pa.string())}
"""Types of the fields of words that are no strings."""


def manifest_schema(parameters: Sequence[str], scores: Sequence[str]) -> pa.Schema:
    """Arrow schema of `OUT/manifest/*.parquet` for a process's parameter names and a config's score names.

    Recipes, effects, words, measures and scores are structs, so SQL reads `recipe.Exposure2012` or `scores.ssim`. The
    effect of a neutral slider is null.
    """
    return pa.schema(
        [
            *PLAN_SCHEMA,
            ("status", pa.string()),
            ("reasons", pa.list_(pa.string())),
            ("detail", pa.string()),
            ("width", pa.int32()),
            ("height", pa.int32()),
            ("style", pa.string()),
            ("input_sha256", pa.string()),
            ("target_sha256", pa.string()),
            ("process", pa.string()),
            ("recipe", _struct(parameters, pa.float64())),
            (
                "draw",
                pa.struct(
                    [("kind", pa.string()), ("redraws", pa.int32()), ("negated", pa.bool_()), ("factor", pa.float64())]
                ),
            ),
            ("effects", _struct(parameters, pa.float64())),
            ("words", pa.struct([(name, _WORDS.get(name, pa.string())) for name in Words.model_fields])),
            (
                "rewrite",
                pa.struct(
                    [
                        *(("source", pa.string()), ("model", pa.string()), ("asked", pa.int32())),
                        ("refused", pa.list_(pa.string())),
                    ]
                ),
            ),
            ("measures", _struct(list(Measures.model_fields), pa.float64())),
            ("scores", _struct(scores, pa.float64())),
        ]
    )


def manifest_table(rows: Sequence[ManifestRow], schema: pa.Schema, neutral: Mapping[str, float]) -> pa.Table:
    """Rows as an Arrow table. `neutral` fills in the parameters that a recipe does not name."""
    return pa.Table.from_pylist([_flat(row, neutral) for row in rows], schema=schema)


def manifest_rows(table: pa.Table) -> list[ManifestRow]:
    """The inverse of `manifest_table`."""
    rows = []
    for record in table.to_pylist():
        process, values = record.pop("process"), record["recipe"]
        record["recipe"] = None if values is None else {"process": process, "values": values}
        record["scores"] = record["scores"] or {}
        if record["effects"] is not None:
            record["effects"] = {name: effect for name, effect in record["effects"].items() if effect is not None}
        rows.append(ManifestRow.model_validate(record))
    return rows


def _flat(row: ManifestRow, neutral: Mapping[str, float]) -> dict[str, object]:
    record = row.model_dump()
    record["scores"] = row.scores or None  # so that a pair without scores reads back as one
    record["process"] = row.recipe.process if row.recipe else None
    record["recipe"] = (
        {name: row.recipe.values.get(name, value) for name, value in neutral.items()} if row.recipe else None
    )
    return record


def _struct(names: Sequence[str], kind: pa.DataType) -> pa.StructType:
    # Parquet cannot hold a struct without fields. Without scores, it gets one that is always null.
    return pa.struct([(name, kind) for name in names] or [("none", kind)])
