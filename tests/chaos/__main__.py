"""All scenarios, on disk and on a faulty object store; prints a table of what happened to the data sets.

    python -m tests.chaos            # or: make chaos; takes most of an hour

The object store is a real S3 server on loopback, behind a proxy that fails, slows down, cuts short and resets 5 % of
all requests each, and refuses 1 %: what is refused is not tried again, so that most runs end early by themselves.
"""

import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, get_args

import boto3
import typer
from rich.console import Console

from benchmarks.s3_server import s3_server
from tests.chaos.scenarios import Outcome, Scenarios
from tests.chaos.table import INTRODUCTION, STEPS, table
from tests.chaos.world import World, photos
from tests.faulty_s3 import Fault, Trouble, faulty_s3

_SHARES = {"refuse": 0.01}
_SHARE = 0.05
"""How many requests meet each kind of trouble."""
_BUCKET = "chaos"
_ON_S3 = (
    *("create lease.json", "stage sources/parts", "create dataset.json"),
    *("stage shards/", "stage manifest/", "create commits/", "remove scratch/"),
    *("write index.json", "write dataset.json"),
)
"""Steps at which drivers and clusters die there: not all, because a run takes a minute."""


logger = logging.getLogger(__name__)


def main(
    to: Annotated[Path | None, typer.Option(help="Markdown file that receives the table.")] = None,
    only: Annotated[str | None, typer.Option(help="Run one kind of store: disk or s3.")] = None,
) -> None:
    """Run every scenario, and print what happened. Exit with status 1 if anything was lost, doubled or different."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    with tempfile.TemporaryDirectory(prefix="unretouch-chaos-") as name:
        folder = Path(name)
        photos(folder / "photos")
        found: list[tuple[str, Outcome]] = []
        if only in (None, "disk"):
            found += [("disk", outcome) for outcome in on_disk(folder)]
        if only in (None, "s3"):
            with s3_server():
                found += [("S3, faulty", outcome) for outcome in on_s3(folder)]
    text = table(found)
    Console().print(text, markup=False, highlight=False)
    if to is not None:
        to.write_text(INTRODUCTION + text)
    if any(outcome.lost or outcome.doubled or not outcome.equal for _, outcome in found):
        raise typer.Exit(1)


def on_disk(folder: Path) -> Iterator[Outcome]:
    """All scenarios on disk."""
    base = World(str(folder / "photos"), str(folder / "disk" / "undisturbed"), folder)
    base.complete()
    scenarios = Scenarios(base, folder / "disk", lambda name, marks: World(base.source, str(marks / "out"), marks))
    yield from map(_told, _common(scenarios))
    for who in ("driver", "cluster"):
        yield _told(scenarios.deaths([who], STEPS, f"{who} dies"))
    steps = [step for step in STEPS if "lease" not in step]
    yield _told(scenarios.deaths(["full disk"], steps, "the disk is full"))
    yield from map(_told, scenarios.changing_sources())
    yield _told(scenarios.poison())


def on_s3(folder: Path) -> Iterator[Outcome]:
    """The scenarios that do not need a disk, on the S3 server of the environment, behind a proxy with faults."""
    client = boto3.client("s3")
    client.create_bucket(Bucket=_BUCKET)
    for photo in (folder / "photos").iterdir():
        client.put_object(Bucket=_BUCKET, Key=f"photos/{photo.name}", Body=photo.read_bytes())
    source = f"s3://{_BUCKET}/photos"
    base = World(source, f"s3://{_BUCKET}/undisturbed", folder)
    base.complete()
    with faulty_s3(os.environ["AWS_ENDPOINT_URL"]) as proxy:
        proxy.faults += [Fault("", trouble, share=_SHARES.get(trouble, _SHARE)) for trouble in get_args(Trouble)]
        env = {"AWS_ENDPOINT_URL": proxy.address}
        scenarios = Scenarios(
            base, folder / "s3", lambda name, marks: World(source, f"s3://{_BUCKET}/{name}", marks, env)
        )
        yield from map(_told, _common(scenarios))
        yield _told(scenarios.deaths(["driver", "cluster"], _ON_S3, "driver or cluster dies"))


def _common(scenarios: Scenarios) -> Iterator[Outcome]:
    for _ in range(3):
        yield scenarios.dying_workers()
    yield scenarios.any_moment(15)
    yield scenarios.two_drivers(3)


def _told(outcome: Outcome) -> Outcome:
    logger.info(
        "%s: %d troubles in %d runs, %d lost, %d doubled, equal: %s",
        outcome.name, outcome.struck.total(), outcome.runs, outcome.lost, outcome.doubled, outcome.equal,
    )  # fmt: skip
    return outcome


if __name__ == "__main__":
    typer.run(main)
