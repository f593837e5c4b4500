"""A data set as expert photos and recipes, for `pipeline.training.recipe_reader`: each photo once, nothing else.

What is written:

    dataset.json  commits/  manifest/       as they are
    photos/SHA256-OF-THE-SOURCE.jpg         the photo of each source, as it is stored
"""

from pathlib import Path

from pipeline.dataset.record import RECORD, finished_commits
from pipeline.dataset.selected import Selected
from pipeline.export.pairs import Splits
from pipeline.shards.commit import commit_name
from pipeline.storage.store import open_files


def write_recipes(splits: Splits, to: Path, selected: Selected) -> None:
    """Write photos and recipes; a `Writer`. Fitted pairs bring no photo, for no recipe makes their inputs."""
    files = open_files(selected.root)
    done = finished_commits(files, selected.record)
    for name in [RECORD, *(commit_name(one.shard) for one in done), *(one.manifest.name for one in done)]:
        path = to / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(files.read(name))
    (to / "photos").mkdir()
    for _, pairs in splits:
        for pair in pairs:
            path = to / photo_name(pair.row["source_sha256"], selected.suffix)
            if pair.row["origin"] != "fitted" and not path.exists():
                path.write_bytes(pair.target if pair.row["origin"] == "unrendered" else pair.input)


def photo_name(source_sha256: str, suffix: str) -> str:
    """Name of the photo of a source, below the folder."""
    return f"photos/{source_sha256}{suffix}"
