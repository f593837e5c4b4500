"""Source records: what is known of each expert photo before any pair is planned."""

from typing import Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

SourceReason = Literal[
    "unreadable", "unsupported_format", "not_an_image", "too_large", "too_small", "near_duplicate", "corrupt",
]  # fmt: skip
"""Why a source is not used."""


class SourceItem(BaseModel):
    """A source as it was listed, before it is opened. Only `uri` is needed; the rest comes from a source list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    uri: str
    """Path, s3:// address, or `hf://DATASET/SPLIT/ROW` for a row of a Hugging Face data set."""
    licence: str | None = None
    author: str | None = None
    group: str | None = None
    """Sources of one group stay in one split."""
    before: str | None = None
    """Uri of the same picture before it was retouched, where there is one: it makes a pair of its own."""


class SourceRecord(SourceItem):
    """A source after inspection. `reason` is null for a source that is used."""

    position: int
    """Rank in the order in which sources were listed."""
    bytes: int | None = None
    sha256: str | None = None
    """Hex digest of the file's bytes."""
    phash: str | None = None
    """64-bit perceptual hash, 16 hex digits."""
    width: int | None = None
    """Pixels, after the EXIF orientation is applied."""
    height: int | None = None
    format: str | None = None
    """Decoder that read it, as in "JPEG" or "RAW"."""
    camera: str | None = None
    before_sha256: str | None = None
    before_reason: SourceReason | None = None
    """Why the picture before cannot be used, where it cannot; the source itself is used all the same."""
    before_detail: str | None = None
    split: str | None = None
    reason: SourceReason | None = None
    detail: str | None = None
    """One sentence for a person: what is wrong, or which source this one repeats."""


SOURCE_SCHEMA = pa.schema(
    [
        ("uri", pa.string()),
        ("licence", pa.string()),
        ("author", pa.string()),
        ("group", pa.string()),
        ("before", pa.string()),
        ("position", pa.int64()),
        ("bytes", pa.int64()),
        ("sha256", pa.string()),
        ("phash", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("format", pa.string()),
        ("camera", pa.string()),
        ("before_sha256", pa.string()),
        ("before_reason", pa.string()),
        ("before_detail", pa.string()),
        ("split", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)
"""Arrow schema of `OUT/sources/*.parquet`, one row a source."""
