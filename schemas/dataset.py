"""Records of a data set as a whole: what it is a function of, what was committed, what it holds."""

from pydantic import BaseModel, ConfigDict

from schemas.config import RunConfig
from schemas.plan import Origin
from schemas.style import Style


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_bytes(self) -> bytes:
        """Indented JSON with a fixed order of keys, so that equal records are equal bytes."""
        return (self.model_dump_json(indent=2) + "\n").encode()


class FileRecord(_Record):
    """A file of the data set, by its name below OUT."""

    name: str
    bytes: int
    sha256: str


class CommitRecord(_Record):
    """Written last for each shard: from then on readers trust the files that it names."""

    shard: int
    split: str
    fingerprint: str
    tar: FileRecord
    manifest: FileRecord
    planned: int
    accepted: int
    origins: dict[Origin, int]
    """Accepted pairs by origin."""
    rejected: dict[str, int]
    """Number of pairs by reason; a pair with two reasons counts under each."""


class Platform(_Record):
    """What the last bit of a pixel can depend on beside the config."""

    processor: str
    python: str
    libraries: dict[str, str]


class Counts(_Record):
    """Sources and pairs of a data set."""

    sources: int
    sources_rejected: dict[str, int]
    shards: int
    planned: int
    accepted: int | None = None
    rejected: dict[str, int] | None = None


class DatasetRecord(_Record):
    """`OUT/dataset.json`. `accepted` and `rejected` are null until every shard is committed."""

    format: int = 1
    name: str = "unretouch"
    version: str
    code_sha256: str
    process: str
    config: RunConfig
    """The config without `out` and with `compute` and `realism` at their defaults: none of them changes a pair."""
    sources_sha256: str
    recipes_sha256: str | None
    """Hash of the expert bank, the sampler and the styles that recipes come from; null where there are none."""
    styles: list[Style] = []
    """The styles that are used, of those under `config.recipes.styles`."""
    platform: Platform
    fingerprint: str
    splits: dict[str, list[int]]
    """Shards of each split: first and one past the last."""
    counts: Counts
