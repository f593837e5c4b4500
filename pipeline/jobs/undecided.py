"""Sources that could not be fetched: nobody knows whether they can be used."""

import io

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from pipeline.storage.store import Store
from schemas.errors import UnretouchError
from schemas.jobs.run import Unreachable
from schemas.source import UNREACHABLE

UNDECIDED = "undecided.csv"
"""File in OUT that lists the sources that could not be fetched, while there are any."""

_SHOWN = 10


class UndecidedError(UnretouchError):
    """Some sources cannot be fetched, so that nothing is planned yet."""


def settle_undecided(store: Store, inspected: pa.Table, unreachable: Unreachable) -> None:
    """List the sources that could not be fetched, and refuse to go on; or forget the list.

    Args:
        store: the store at OUT.
        inspected: table of `SOURCE_SCHEMA`.
        unreachable: what becomes of such sources.

    Raises:
        UndecidedError: there are some, and `unreachable` is "stop".
    """
    itself, original = (_is_unreachable(inspected[name]) for name in ("reason", "before_reason"))
    undecided = inspected.filter(pc.or_(itself, original))
    if unreachable == "reject" or not len(undecided):
        store.remove(UNDECIDED)
        return
    details = pc.if_else(_is_unreachable(undecided["reason"]), undecided["detail"], undecided["before_detail"])
    listed = pa.table({"uri": undecided["uri"], "detail": details})
    buffer = io.BytesIO()
    pa.csv.write_csv(listed, buffer)
    store.write(UNDECIDED, buffer.getvalue())
    shown = "\n  ".join(f"{row['uri']}: {row['detail']}" for row in listed.slice(0, _SHOWN).to_pylist())
    raise UndecidedError(
        f"{len(undecided)} of {len(inspected)} sources cannot be fetched, so nothing is planned yet. "
        f"{store.root}/{UNDECIDED} lists them. Run again to ask for these alone, or give them up with "
        f"--set unreachable=reject:\n  {shown}"
    )


def _is_unreachable(reasons: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(pc.equal(reasons, UNREACHABLE), False)
