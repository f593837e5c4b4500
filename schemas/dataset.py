"""Records of a data set as a whole: what it is a function of, what was committed, what it holds."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.config import DatasetConfig
from schemas.plan import Origin
from schemas.rewrite import Rewrites
from schemas.scores import Preferences, ScorerCard
from schemas.style import Style


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_bytes(self) -> bytes:
        """Indented JSON with keys in a fixed order: equal records give equal bytes."""
        return (self.model_dump_json(indent=2) + "\n").encode()


class FileRecord(_Record):
    """A file of the data set, by its name below OUT."""

    name: str
    bytes: int
    sha256: str


class CommitRecord(_Record):
    """`OUT/commits/N.json`, written last for each shard. Readers trust the files that it names."""

    shard: int
    split: str
    fingerprint: str
    tar: FileRecord
    manifest: FileRecord
    offsets: FileRecord | None = None
    """Where each sample lies in the tar; null in data sets of 0.1.0."""
    planned: int
    accepted: int
    origins: dict[Origin, int]
    """Accepted pairs by origin."""
    rejected: dict[str, int]
    """Rejected pairs by reason; a pair with two reasons counts under both."""
    answers: FileRecord | None = None
    """Answers of the VLM that rewrote words; null where none did."""
    rewrites: Rewrites | None = None
    """What became of the words; null likewise."""

    @property
    def files(self) -> list[FileRecord]:
        """The files that it names."""
        return [file for file in (self.tar, self.manifest, self.offsets, self.answers) if file is not None]

    @model_validator(mode="after")
    def _names_its_own_files(self) -> "CommitRecord":
        number = f"{self.shard:06d}"
        files = {
            f"shards/{number}.tar": self.tar,
            f"manifest/{number}.parquet": self.manifest,
            f"offsets/{number}.parquet": self.offsets,
            f"answers/{number}.parquet": self.answers,
        }
        for name, file in files.items():
            if file is not None and file.name != name:
                raise ValueError(f"it names {file.name[:100]!r} instead of {name}")
        return self


class Platform(_Record):
    """What the last bit of a pixel can depend on, apart from config and code."""

    processor: str | None
    """Null where the data set has the same bytes on any x86-64 processor."""
    python: str
    libraries: dict[str, str]


class Counts(_Record):
    """Sources and pairs of a data set."""

    sources: int
    sources_rejected: dict[str, int]
    shards: Annotated[int, Field(ge=0, le=1_000_000)]
    """Names of files have six digits."""
    planned: int
    accepted: int | None = None
    rejected: dict[str, int] | None = None


class DatasetRecord(_Record):
    """`OUT/dataset.json`. `counts.accepted` and `counts.rejected` are null until every shard is committed."""

    format: Literal[2] = 2
    name: str = "unretouch"
    version: str
    code_sha256: str
    process: str
    config: DatasetConfig
    sources_sha256: str
    recipes_sha256: str | None
    """Hash of the expert bank, the sampler and the styles that recipes come from; null where they come from no file."""
    scorers: list[ScorerCard] = []
    """What computes the scores, in the order of the manifest. Their noise is null until the data set is finished."""
    preferences: dict[str, Preferences] | None = None
    """Which picture of a pair each no-reference score prefers, by the name of its card: of the accepted pairs of eight
    shards. Null until the data set is finished."""
    styles: list[Style] = []
    """The styles under `config.recipes.styles` that the data set uses."""
    platform: Platform
    fingerprint: str
    splits: dict[str, list[int]]
    """Shards of each split: the first, and one past the last."""
    counts: Counts

    @model_validator(mode="after")
    def _splits_have_shards(self) -> "DatasetRecord":
        if foreign := self.splits.keys() - self.config.shards.splits.keys():
            raise ValueError(f"config.shards has no split {min(foreign)[:100]!r}")
        for split, ends in self.splits.items():
            if len(ends) != 2 or not 0 <= ends[0] <= ends[1] <= self.counts.shards:
                raise ValueError(f"split {split[:100]!r} has no first and last shard")
        return self
