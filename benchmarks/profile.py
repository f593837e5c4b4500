"""Where each millisecond of a pair goes: one worker's work on one shard, without Ray, function by function.

python -m benchmarks.profile [--photos FOLDER]
"""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from benchmarks.photos import find_photos, write_turned
from benchmarks.report import wide_console, write_report
from benchmarks.runs import plan_dataset
from benchmarks.stages import Clock, Stage, timing
from pipeline.dataset.record import load_record
from pipeline.jobs.shard_task import settle_worker
from pipeline.recipes.provider import recorded_recipes
from pipeline.shards.shard import make_shard
from pipeline.storage.store import Store, open_store
from quality.scorers.build import task_scorers
from schemas.manifest import ManifestRow

_PAIRS = "pipeline.pairs.make."
_PHOTO = "pipeline.pairs.photo."
_UNRENDERED = "pipeline.pairs.unrendered."
_SHARD = "pipeline.shards.shard."

STAGES = (
    Stage("make the pairs of a source", _SHARD + "make_pairs"),
    Stage("photo in the scratch", "pipeline.shards.scratch.Scratch.find"),
    Stage("decode target", _PHOTO + "decode"),
    Stage("encode inputs", _UNRENDERED + "encode"),
    Stage("decode inputs", _UNRENDERED + "decode_all"),
    Stage("recipes", "pipeline.recipes.provider.RecipeProvider.draw"),
    Stage("unrender", "operators.renderer.Renderer.unrender"),
    Stage("render", "operators.renderer.Renderer.render"),
    Stage("measures", _PAIRS + "measure_pair"),
    Stage("evidence", _PAIRS + "gather"),
    Stage("words", _PAIRS + "describe"),
    Stage("validators", _PAIRS + "validate_words"),
    Stage("scores", _PAIRS + "score_drafts"),
    Stage("reduce", "quality.scorers.pyiqa_metrics.resize"),
    Stage("score", "quality.scorers.pyiqa_metrics.score_rows", detail=0),
    Stage("gates", _PAIRS + "gate"),
    Stage("read plan", _SHARD + "read_shard_plan"),
    Stage("tar", _SHARD + "write_tar"),
    Stage("sample's JSON", "schemas.manifest.ManifestRow.to_member"),
    Stage("hashes of files", _SHARD + "_file_record"),
    Stage("manifest table", _SHARD + "manifest_table"),
    Stage("write Parquet", _SHARD + "pq.write_table"),
    Stage("flush to disk", "pipeline.storage.local._flush"),
    Stage("empty the scratch", _SHARD + "drop"),
)
"""Functions that `make_shard` calls, under the names by which it finds them."""


def main(
    photos: Annotated[Path | None, typer.Option(help="Folder of JPEG photos; the demo's by default.")] = None,
    out: Annotated[Path, typer.Option(help="JSON that receives the figures.")] = Path("benchmarks/out/profile.json"),
) -> None:
    """Time the stages of one shard and print them."""
    console = wide_console()
    settle_worker()
    with tempfile.TemporaryDirectory(prefix="unretouch-bench-") as name:
        scratch = Path(name)
        found = find_photos(photos, scratch)
        sources = write_turned(found, [1], scratch / "sources")
        clock, pairs = profile(sources, scratch / "out")
    console.print(f"{len(found)} photos, {pairs} pairs in one shard, one thread")
    console.print(table(clock, pairs))
    rows = [
        {"stage": " > ".join(path), "ms a pair": 1000 * seconds / pairs, "calls": clock.calls[path]}
        for path, seconds in clock.seconds.items()
    ]
    write_report(out, {"pairs": pairs, "stages": rows})
    console.print(f"figures: {out}")


def profile(sources: Path, out: Path) -> tuple[Clock, int]:
    """Plan a data set of one shard and make that shard twice: once to warm up, in a copy, and once on the clock.

    Returns:
        The clock, and the number of pairs of the shard.
    """
    plan_dataset(sources, out, 1, ["shards.pairs=1000000", "shards.splits={train: 1.0}"])
    copy = out.with_name("warm-up")
    shutil.copytree(out, copy)
    store = open_store(str(out))
    record = load_record(store)
    scorers = task_scorers(record.config.scores)
    recipes = recorded_recipes(record)

    def make(store: Store) -> int:
        return make_shard(store, 0, record.config, record.fingerprint, recipes, scorers, _ignore).planned

    make(open_store(str(copy)))
    clock = Clock()
    with timing(clock, STAGES), clock.running("shard"):
        pairs = make(store)
    return clock, pairs


def _ignore(rows: Sequence[ManifestRow]) -> None:
    """Nobody watches the progress."""


def table(clock: Clock, pairs: int) -> Table:
    """Own time of every function, in the order in which each is first called, indented by its callers."""
    total = sum(clock.seconds.values())
    shown = Table(title="own time: without that of the lines indented below")
    shown.add_column("stage")
    for name in ("calls a pair", "ms a pair", "%"):
        shown.add_column(name, justify="right")
    for path, seconds in sorted(clock.seconds.items(), key=lambda item: _order(clock, item[0])):
        shown.add_row(
            "  " * (len(path) - 1) + path[-1],
            f"{clock.calls[path] / pairs:.2f}",
            f"{1000 * seconds / pairs:.2f}",
            f"{100 * seconds / total:.1f}",
        )
    shown.add_section()
    shown.add_row("all", "", f"{1000 * total / pairs:.2f}", "100.0")
    return shown


def _order(clock: Clock, path: tuple[str, ...]) -> list[int]:
    """Rank of each of a path's prefixes by first call: sorts children behind their parent."""
    first = list(clock.seconds)
    return [first.index(path[: depth + 1]) for depth in range(len(path))]


if __name__ == "__main__":
    typer.run(main)
