"""How a data set compares with real edits, and what its labels are worth: `python -m benchmarks.data OUT... --pairs P`.

Each OUT is a finished data set with its shards and manifests in a folder. PAIRS is a list as `unretouch fit --list`
takes it, or a folder of NAME_before.EXT and NAME_after.EXT.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from rich.table import Table
from torch import Tensor

from benchmarks.fit import find_pairs
from benchmarks.report import wide_console
from operators.catalogue import PROCESSES
from pipeline.dataset.reader import members, shard_rows
from pipeline.dataset.record import commits, load_record
from pipeline.fitting.files import read_pictures
from pipeline.images.codec import decode
from pipeline.storage.store import Store, open_store
from quality.edits import measure_edit
from quality.measures import psnr
from schemas.fit import Edit
from schemas.manifest import ManifestRow
from schemas.sample import member_names


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="*", type=Path, metavar="OUT")
    parser.add_argument("--pairs", type=Path, nargs="*", default=[], help="real pairs")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    edits, labels = _edit_table(), _label_table()
    real = [measured(*read_pictures(*uris)) for path in arguments.pairs for uris in find_pairs(path)]
    if real:
        _add_edits(edits, "real pairs", real)
    for path in arguments.datasets:
        store = open_store(str(path))
        rows = [row for commit in commits(store) for row in shard_rows(store, commit)]
        found = dict(_edits(store))
        _add_edits(edits, path.name, list(found.values()))
        for kind in sorted({row.draw.kind for row in rows if row.draw}):
            keys = [row.key for row in rows if row.draw and row.draw.kind == kind and row.key in found]
            _add_edits(edits, f"  {kind}", [found[key] for key in keys])
        _add_labels(labels, path.name, rows, PROCESSES[load_record(store).config.process].neutral)
    wide_console().print(edits)
    wide_console().print(labels)


def measured(before: Tensor, after: Tensor) -> tuple[Edit, float]:
    """How a pair differs, and its PSNR in dB; uint8 (3, H, W) each."""
    return measure_edit(before, after), float(psnr(before[None], after[None]))


def _edits(store: Store) -> Iterable[tuple[str, tuple[Edit, float]]]:
    record = load_record(store)
    names = member_names(record.config.image.format)
    for commit in commits(store):
        pictures: dict[str, Tensor] = {}
        for key, name, data in members(store, commit.tar.name):
            if name == names.input:
                pictures[key] = decode(data, record.config.image.format)
            elif name == names.target:
                yield key, measured(pictures.pop(key), decode(data, record.config.image.format))


def _edit_table() -> Table:
    return Table(
        *("pairs", "n", "CIEDE2000 p10 / p50 / p90", "PSNR", "ΔL*", "up > 2", "down > 2"),
        *("contrast up > 2", "chroma up > 0.2"),
        title="edits: input to target",
    )


def _add_edits(table: Table, name: str, edits: Sequence[tuple[Edit, float]]) -> None:
    if not edits:
        return
    difference, lightness, contrast, chroma = np.array([list(edit.model_dump().values()) for edit, _ in edits]).T
    decibels = np.median([decibels for _, decibels in edits])
    low, middle, high = np.quantile(difference, [0.1, 0.5, 0.9])
    shares = [(lightness > 2), (lightness < -2), (contrast > 2), (chroma > 0.2)]
    table.add_row(
        *(name, str(len(edits)), f"{low:.1f} / {middle:.1f} / {high:.1f}", f"{decibels:.1f}"),
        *(f"{np.median(lightness):+.1f}", *(f"{100 * share.mean():.0f} %" for share in shares)),
    )


def _label_table() -> Table:
    return Table(
        *("data set", "planned", "yield", "rejected", "sliders p10 / p50 / p90", "effect < 0.1", "effect < 0.3"),
        *("redrawn", "negated"),
        title="labels",
    )


def _add_labels(table: Table, name: str, rows: Sequence[ManifestRow], neutral: Mapping[str, float]) -> None:
    accepted = [row for row in rows if row.status == "accepted"]
    reasons = [reason for row in rows for reason in row.reasons]
    sizes = [sum(value != neutral[name] for name, value in row.recipe.values.items()) for row in accepted if row.recipe]
    effects = np.array([effect for row in accepted for effect in (row.effects or {}).values()])
    draws = [row.draw for row in accepted if row.draw]
    table.add_row(
        *(name, str(len(rows)), f"{100 * len(accepted) / len(rows):.1f} %"),
        ", ".join(f"{reasons.count(reason)} {reason}" for reason in sorted(set(reasons))) or "none",
        " / ".join(f"{size:.0f}" for size in np.quantile(sizes, [0.1, 0.5, 0.9])),
        *(f"{100 * (effects < bound).mean():.1f} %" for bound in (0.1, 0.3)),
        *(_share([draw.redraws > 0 for draw in draws]), _share([draw.negated for draw in draws])),
    )


def _share(flags: Sequence[bool]) -> str:
    return f"{100 * sum(flags) / len(flags):.0f} %" if flags else ""


if __name__ == "__main__":
    main()
