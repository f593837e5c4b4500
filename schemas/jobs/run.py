"""The config of a run: a data set's config, and where and how it is made."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas.config import ConfigSection, DatasetConfig, Positive
from schemas.jobs.estimate import EstimateConfig
from schemas.jobs.vlm import VlmServerConfig

Unreachable = Literal["stop", "reject"]


class ComputeConfig(ConfigSection):
    """Where the work runs."""

    workers: Positive = 1
    """Shards rendered at a time."""
    memory: Positive = 2 << 30
    """Bytes of memory that Ray reserves for each shard in work. A shard whose process is killed for memory is tried
    again with twice as much, then with all that a machine has."""
    stuck_after: Positive = 300
    """Seconds after which a process that still works on one source is killed, as one that will never end."""
    address: str | None = None
    """Ray cluster to join, as in "ray://head:10001" or "auto"; null starts Ray on this machine."""
    scorers: Positive = 1
    """Scoring actors, where `scores.device` is cuda."""
    scorer_gpus: Annotated[float, Field(gt=0)] = 1
    """GPUs of each scoring actor; a fraction shares one."""


class RealismConfig(ConfigSection):
    """Photographs that the report of a finished data set compares it with."""

    reference: str | None = None
    """Real unedited photos to compare inputs with: a folder or another source; null compares nothing."""
    experts: str | None = None
    """Finished photos to compare rendered inputs with."""

    @model_validator(mode="after")
    def _reference_first(self) -> "RealismConfig":
        if self.experts is not None and self.reference is None:
            raise ValueError("experts needs a reference too")
        return self


class RunConfig(DatasetConfig):
    """What a YAML file may say. The fields of this class change no byte of the data set, but for the sources that
    `unreachable` rejects; those it inherits may."""

    out: str
    """Folder or s3://bucket/prefix that receives the data set."""
    allowed_paths: Sequence[str] = ()
    """Folders from which CSV and Parquet lists may name files, beside the folder that a list lies in."""
    unreachable: Unreachable = "stop"
    """What to do with sources that cannot be fetched: plan nothing until another run can, or reject them."""
    compute: ComputeConfig = ComputeConfig()
    realism: RealismConfig = RealismConfig()
    estimate: EstimateConfig = EstimateConfig()
    vlm_server: VlmServerConfig | None = None
    """Who serves the model of `words.vlm`; null asks nobody, where all answers are kept below OUT."""

    def dataset(self) -> DatasetConfig:
        """The part of the config that the data set is a function of."""
        return DatasetConfig.model_validate(self.model_dump(include=set(DatasetConfig.model_fields)))
