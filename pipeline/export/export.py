"""Export of a finished data set for other trainers. Pictures keep their stored bytes: nothing is coded again.

A folder by the name that was asked for is a whole export: it is written under another name beside it, and renamed last.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from pipeline.dataset.selected import Selected
from pipeline.export.folders import write_folders
from pipeline.export.messages import write_messages
from pipeline.export.pairs import Splits, pairs_by_split
from pipeline.export.recipes import write_recipes
from pipeline.export.tables import write_triplets, write_trl
from schemas.errors import UnretouchError

Format = Literal["messages", "trl", "triplets", "folders", "recipes"]

Writer = Callable[[Splits, Path, Selected], None]
"""Writes the pairs of each split to a folder, which is empty."""

WRITERS: Mapping[Format, Writer] = {
    "messages": write_messages,
    "trl": write_trl,
    "triplets": write_triplets,
    "folders": write_folders,
    "recipes": write_recipes,
}


class ExportError(UnretouchError):
    """The folder of an export cannot be used."""

    exit_code = 2


def export_pairs(
    root: str, format_: Format, to: Path, split: str | None = None, where: str | None = None
) -> dict[str, int]:
    """Write the accepted pairs of a finished data set, and remove what a killed export to the same folder has left.

    Args:
        root: folder, `s3://` prefix or `http(s)://` address of the data set.
        format_: what to write.
        to: folder that receives it, new or empty.
        split: a split; None takes all.
        where: SQL condition on the manifest; see `pipeline.dataset.index.sample_index`.

    Returns:
        Number of pairs of each split.

    Raises:
        ExportError: `to` is not empty, no folder, or one that cannot be replaced.
        NoDataSetError, DamagedError, SelectionError: as `sample_index`; DamagedError also where a sample is broken.
    """
    selected = Selected(root, split, where, columns=("split",))
    to = to.resolve()
    unfinished = to.with_name(f"{to.name}.unfinished-export")
    _clear(to, unfinished)
    counts: Counter[str] = Counter()
    WRITERS[format_](pairs_by_split(selected, counts), unfinished, selected)
    unfinished.rename(to)
    return dict(counts)


def _clear(to: Path, unfinished: Path) -> None:
    """Make an empty folder to write to, and see before the work begins that it can be renamed.

    Raises:
        ExportError: it cannot.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise ExportError(f"--to {to} is not an empty folder; give another")
    try:
        if to.exists():
            to.rmdir()
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(parents=True)
    except OSError as error:  # a mount, for one, cannot be replaced
        raise ExportError(f"--to {to} cannot be written: {error.strerror}; give a folder inside of it") from error
