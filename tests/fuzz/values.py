"""Values where other values are expected."""

from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["", ".", "../x"])
)

json_values: st.SearchStrategy[Any] = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
"""Anything that JSON or YAML can say."""

_COLUMNS = (
    *(pa.nulls(2), pa.array([1, -1]), pa.array([1e300, None]), pa.array(["a", None]), pa.array([b"\xff", b""])),
    *(
        pa.array([[1], []]),
        pa.array([{"a": 1}, None]),
        pa.array(["x", "y"]).dictionary_encode(),
        pa.array([True, None]),
    ),
    pa.array([0, 1], pa.timestamp("us")),
)


def altered(draw: st.DrawFn, value: Any) -> Any:
    """A JSON value with one part of it, at any depth, replaced, left out or doubled."""
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        name = draw(st.sampled_from(sorted(value)))
        action = draw(st.sampled_from(["inside", "inside", "inside", "drop", "rename"]))
        rest = {key: kept for key, kept in value.items() if key != name}
        if action == "drop":
            return rest
        return rest | {(draw(st.text(max_size=8)) if action == "rename" else name): altered(draw, value[name])}
    if isinstance(value, list) and value and draw(st.integers(0, 5)):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], altered(draw, value[at]), *value[at + draw(st.integers(0, 1)) :]]
    return draw(json_values)


def altered_table(draw: st.DrawFn, table: pa.Table) -> pa.Table:
    """A table with another column in the place of one, or without it, with its rows repeated or left out."""
    at = draw(st.integers(0, table.num_columns - 1))
    action = draw(st.sampled_from(["replace", "drop", "null", "rows", "double", "rename"]))
    name = table.column_names[at]
    if action == "replace":
        column = draw(st.sampled_from(_COLUMNS))
        repeated = pa.concat_arrays([column] * (len(table) // 2 + 1)).slice(0, len(table))
        return table.set_column(at, name, repeated)
    if action == "null":
        return table.set_column(at, name, pa.nulls(len(table), table.schema.field(at).type))
    if action == "drop":
        return table.remove_column(at)
    if action == "double":
        return table.append_column(name, table.column(at))
    if action == "rename":
        return table.rename_columns(
            [*table.column_names[:at], draw(st.text(max_size=8)), *table.column_names[at + 1 :]]
        )
    return draw(st.sampled_from([table.slice(0, 0), pa.concat_tables([table, table])]))
