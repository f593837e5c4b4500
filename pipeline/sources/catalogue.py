"""The final step over all sources together: unwanted ones and near-duplicates are rejected, all others get a split."""

from collections.abc import Collection, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.sources.near_duplicates import Hashes, find_near_duplicates
from pipeline.sources.splits import assign_split
from quality.content.check import LIMITS
from schemas.source import ContentIssue


def settle(sources: pa.Table, splits: Mapping[str, float], unwanted: Collection[ContentIssue] = ()) -> pa.Table:
    """Reject what is unwanted and near-duplicates, and assign splits. Sources that have a reason stay as they are.

    Of sources that look alike, the first in the listing is used; the others are rejected and name it. Edits of one
    original look alike too: all of them are used, except for edits in another group than the first, which could be in
    another split. Sources of one group share a split. Sources without a group share a split if they have the same
    original, and also with that original if it is itself a source. The result for a source depends only on sources that
    were listed earlier, so adding sources at the end changes no other source.

    Args:
        sources: table of `SOURCE_SCHEMA` in listing order, as `inspect_sources` returns it.
        splits: shares by name, which add up to 1.
        unwanted: issues for which a source is rejected. What repeats a source that is rejected may still be used.

    Returns:
        The table with `split`, `reason` and `detail` filled in.

    Raises:
        ValueError: a usable source has no SHA-256.
    """
    sources = _without(sources, unwanted)
    usable = np.flatnonzero(sources["reason"].is_null().to_numpy())
    found = sources.select(["sha256", "before_sha256", "group", "phash"]).take(pa.array(usable))
    if found["sha256"].null_count:
        unknown = usable[found["sha256"].is_null().to_numpy()]
        raise ValueError(f"{sources['uri'][unknown[0]]}: a usable source must have a SHA-256")
    leaders = find_near_duplicates(_hashes(found["phash"]))
    identities = pc.coalesce(found["group"], found["before_sha256"], found["sha256"])
    leads = (leaders == np.arange(len(leaders))) | _other_edits(found, identities, leaders)
    used = {"split": [assign_split(identity.as_py(), splits) for identity in identities.filter(pa.array(leads))]}
    followers = np.flatnonzero(~leads)
    named = sources.select(["uri", "sha256"])
    repeats, originals = (named.take(pa.array(usable[which])) for which in (followers, leaders[followers]))
    repeated = {"reason": ["near_duplicate"] * len(followers), "detail": _details(repeats, originals)}
    for where, columns in ((usable[leads], used), (usable[followers], repeated)):
        for name, values in columns.items():
            sources = _put(sources, name, where, values)
    return sources


def _without(sources: pa.Table, unwanted: Collection[ContentIssue]) -> pa.Table:
    """Reject the sources that have an unwanted issue."""
    places, reasons, details = [], [], []
    found = zip(*(sources[name].to_pylist() for name in ("reason", "issues")), strict=True)
    for place, (reason, issues) in enumerate(found):
        if reason is None and (chosen := [issue for issue in issues or () if issue in unwanted]):
            content = sources["content"][place].as_py()
            places.append(place)
            reasons.append(chosen[0])
            details.append(
                "; ".join(f"{issue}: {content[issue]:.2f}, where {LIMITS[issue]:g} is too much" for issue in chosen)
            )
    for name, values in (("reason", reasons), ("detail", details)):
        sources = _put(sources, name, np.array(places, dtype=np.int64), values)
    return sources


def _other_edits(
    found: pa.Table, identities: pa.ChunkedArray, leaders: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Mask of the sources that are other edits of the same original as the source that they look like, in its split.

    Of edits with the same bytes, only the first counts.
    """

    def as_leader(column: pa.ChunkedArray) -> pa.ChunkedArray:
        return pc.fill_null(pc.equal(column, column.take(pa.array(leaders))), False)

    together = pc.and_(as_leader(found["before_sha256"]), as_leader(identities))
    candidates = np.flatnonzero(pc.and_not(together, as_leader(found["sha256"])).to_numpy())
    _, first = np.unique(found["sha256"].take(pa.array(candidates)).to_numpy(), return_index=True)
    edits = np.zeros(len(leaders), dtype=bool)
    edits[candidates[first]] = True
    return edits


def _hashes(phashes: pa.ChunkedArray) -> Hashes:
    """Convert hex digits to numbers. A missing hash counts as zero."""
    digits = "".join(phash.zfill(16) for phash in phashes.fill_null("").to_pylist())
    return np.frombuffer(bytes.fromhex(digits), dtype=">u8").astype(np.uint64)


def _details(repeats: pa.Table, used: pa.Table) -> list[str]:
    same = pc.equal(repeats["sha256"], used["sha256"]).to_pylist()
    return [
        f"{'has the same bytes as' if equal else 'looks like'} {uri}"
        for equal, uri in zip(same, used["uri"].to_pylist(), strict=True)
    ]


def _put(table: pa.Table, name: str, where: np.ndarray[tuple[int], np.dtype[np.int64]], values: list[str]) -> pa.Table:
    """Replace the values of a text column at some rows, which are given in ascending order."""
    mask = np.zeros(len(table), dtype=bool)
    mask[where] = True
    column = table[name].combine_chunks()
    replaced = pc.replace_with_mask(column, pa.array(mask), pa.array(values, type=column.type))
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), replaced)
