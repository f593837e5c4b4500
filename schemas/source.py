"""Sources: what is known of each expert photo before any pair is planned."""

from typing import Final, Literal, get_args

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from schemas.errors import UnretouchError

ContentIssue = Literal["blurred", "blown", "dark", "monochrome", "screenshot", "collage", "border", "text"]
"""What may be wrong with the content of a source that can be decoded."""

SourceReason = (
    Literal[
        "unreadable", "unreachable", "unsupported_format", "not_an_image", "too_large", "too_small", "near_duplicate",
        "corrupt",
    ]
    | ContentIssue
)  # fmt: skip
"""Why a source is not used."""

UNREACHABLE: Final = "unreachable"
"""The reason that says nothing of a file: it could not be fetched."""


class ListingError(UnretouchError):
    """The sources of a config, or a list of them, cannot be listed."""

    exit_code = 2


class SourceError(Exception):
    """A source cannot be used.

    Attributes:
        reason: the reason that the source's record gives.
        detail: one sentence for a person.
    """

    def __init__(self, reason: SourceReason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


class FetchError(UnretouchError):
    """The bytes of a source cannot be fetched now. The file may be sound, so this is no reason to reject it.

    Args:
        uri: uri of the source.
        detail: why, for a person.
    """

    def __init__(self, uri: str, detail: str) -> None:
        super().__init__(uri, detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.args[0]} cannot be fetched: {self.detail}"


class SourceItem(BaseModel):
    """A source as it was listed, before it is opened. Only `uri` is required; a source list may give the rest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    uri: str
    """Path, s3:// address, or hf:// address of a row, see `pipeline.storage.hugging_face`."""
    licence: str | None = None
    author: str | None = None
    group: str | None = None
    """Sources of one group stay in one split."""
    before: str | None = None
    """Uri of the original: the same picture before it was retouched. Source and original make a fitted pair."""


class Content(BaseModel):
    """How much a source is like each issue, in [0, 1]; `quality.content` has what each score is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    blurred: float
    """All over: a subject in focus is enough not to be."""
    blown: float
    dark: float
    monochrome: float
    screenshot: float
    collage: float
    border: float
    text: float
    """On or in the picture: a watermark, a date, a sign."""


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
    content: Content | None = None
    issues: list[ContentIssue] = []
    """Issues whose score reaches its limit. `ContentConfig.reject` says which of them are reasons."""
    before_sha256: str | None = None
    before_reason: SourceReason | None = None
    """Why the original cannot be used; the source itself is still used. Null where the original is sound or missing."""
    before_detail: str | None = None
    split: str | None = None
    reason: SourceReason | None = None
    detail: str | None = None
    """One sentence for a person: what is wrong, or which source this source repeats."""

    @property
    def undecided(self) -> bool:
        """Whether it, or its original, could not be fetched."""
        return UNREACHABLE in (self.reason, self.before_reason)


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
        ("content", pa.struct([(issue, pa.float64()) for issue in get_args(ContentIssue)])),
        ("issues", pa.list_(pa.string())),
        ("before_sha256", pa.string()),
        ("before_reason", pa.string()),
        ("before_detail", pa.string()),
        ("split", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)
"""Arrow schema of `OUT/sources/*.parquet`, one row a source."""
