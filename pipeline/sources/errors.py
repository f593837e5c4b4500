"""The one exception of this folder."""

from schemas.source import SourceReason


class SourceError(Exception):
    """A source cannot be used.

    Attributes:
        reason: what the source's record says.
        detail: one sentence for a person.
    """

    def __init__(self, reason: SourceReason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"
