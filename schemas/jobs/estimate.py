"""What a run will take: an estimate from a sample, and the prices and limits that it counts with."""

from typing import Annotated

from pydantic import Field

from schemas.config import ConfigSection

Price = Annotated[float, Field(ge=0)]
Rate = Annotated[float, Field(gt=0)]


class PricesConfig(ConfigSection):
    """Prices, in any one currency; 0 is not counted."""

    core_hour: Price = 0
    gpu_hour: Price = 0
    million_reads: Price = 0
    """A million requests that read, as GET."""
    million_writes: Price = 0
    """A million requests that write or list, as PUT and LIST."""
    gigabyte_month: Price = 0
    """Storing 10^9 bytes for a month. The data set is counted for one month."""


class LimitsConfig(ConfigSection):
    """What an object store can take; the defaults are those of one S3 prefix."""

    reads_a_second: Rate = 5500
    writes_a_second: Rate = 3500
    gigabytes_a_second: Rate = 12.5
    """Traffic of all nodes together with the store, in 10^9 bytes a second."""


class EstimateConfig(ConfigSection):
    """What `unretouch plan` counts with."""

    prices: PricesConfig = PricesConfig()
    limits: LimitsConfig = LimitsConfig()


class Sample(ConfigSection):
    """What making some pairs of a plan has taken, for each pair.

    `core_seconds` is time in a task but for that in which it waits for a scoring actor; `gpu_seconds` is that time.
    """

    pairs: int
    accepted_share: float
    core_seconds: float
    gpu_seconds: float
    stored_bytes: float
    """Of tars, offsets and manifests."""


class Estimate(ConfigSection):
    """What making a whole plan will take."""

    sample: Sample
    pairs: int
    accepted: int
    core_hours: float
    gpu_hours: float
    hours: float
    """From the first task to the last, with the workers of the config."""
    stored_gigabytes: float
    read_requests: int
    write_requests: int
    money: float
    limits: dict[str, float]
    """The number of workers from which on each thing is what limits the rate, in the order in which they do."""
