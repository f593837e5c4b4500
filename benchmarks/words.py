"""How true and how human the words of a data set are: `python -m benchmarks.words OUT [--sample N] [--to FILE.json]`.

OUT is a finished data set. Nothing that writes or checks its words is used: sentences are read by
`benchmarks.words_reader`, pixels by `benchmarks.words_pixels`. The JSON file also lists every lie with its key, to be
looked at with `unretouch show`.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.report import wide_console, write_report
from benchmarks.words_lies import LIES, Count, Pair, count_lies
from benchmarks.words_people import request_statistics, text_statistics
from benchmarks.words_pixels import difference, measure
from benchmarks.words_table import lies_table, requests_table, texts_table
from operators.catalogue import PROCESSES
from operators.process import Process
from operators.renderer import Renderer
from pipeline.dataset.selected import Selected
from pipeline.images.codec import decode

HUMAN = Path(__file__).with_name("human_requests.json")


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", metavar="OUT", help="a finished data set")
    parser.add_argument("--sample", type=int, metavar="N", help="count N pairs, spread evenly; all by default")
    parser.add_argument("--to", type=Path, metavar="FILE.json", help="write figures and lies")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    counts = {name: Count() for name in LIES}
    texts: list[tuple[str, str, str]] = []
    mistyped: set[int] = set()
    for pair in read_pairs(arguments.dataset, arguments.sample):
        count_lies(pair, counts)
        if "typo" in pair.traits:
            mistyped.add(len(texts))
        texts.append((pair.task, pair.instruction, pair.answer))
    written = text_statistics([(instruction, answer) for _, instruction, answer in texts], mistyped)
    requests = {task: _requests(texts, task) for task in ("auto", "style", "professional")}
    requests["all"] = request_statistics([instruction for _, instruction, _ in texts])
    human = json.loads(HUMAN.read_text())
    console = wide_console()
    console.print(f"{len(texts)} pairs of {arguments.dataset}")
    for table in (lies_table(counts), texts_table(written), requests_table(requests, human["figures"])):
        console.print(table)
    if arguments.to:
        lies = {name: {**vars(count), "share": count.share} for name, count in counts.items()}
        write_report(
            arguments.to, {"pairs": len(texts), "lies": lies, "texts": written, "requests": requests, "human": human}
        )


def read_pairs(root: str, most: int | None = None) -> Iterator[Pair]:
    """The pairs of a data set as they are counted, at most so many, spread evenly."""
    selected = Selected(root, columns=("words", "recipe"))
    if most is not None and most < len(selected):
        selected = selected.subset(np.arange(most) * len(selected) // most)
    process = PROCESSES[selected.record.process]
    renderer, image_format = Renderer(process), selected.record.config.image.format
    for number, row in enumerate(selected.rows.to_pylist()):
        before, after = (
            decode(bytes(member), image_format) for member in selected.members(number, ("input", "target"))
        )
        recipe = torch.tensor([row["recipe"][name] for name in process.index])
        yield Pair(
            key=selected.key(number),
            task=row["words"]["task"],
            instruction=row["words"]["instruction"],
            answer=row["words"]["answer"],
            traits=tuple(row["words"]["traits"]),
            pixels=measure(_pixels(before), _pixels(after)),
            groups=group_differences(renderer, before, recipe),
        )


def group_differences(renderer: Renderer, picture: Tensor, recipe: Tensor) -> dict[str, float]:
    """What each group of sliders that a recipe moves does: mean CIEDE2000 between renders with and without it.

    Both are renders, since the target that is stored also differs by the coding of both pictures.

    Args:
        renderer: renders the recipe's process.
        picture: uint8 (3, H, W), the input.
        recipe: (P,) values.
    """
    groups = _moved(renderer.process, recipe)
    if not groups:
        return {}
    rows = recipe.repeat(len(groups) + 1, 1)
    neutral = torch.tensor(list(renderer.process.neutral.values()))
    for row, columns in zip(rows[1:], groups.values(), strict=True):
        row[columns] = neutral[columns]
    step = 3  # a ninth of the pixels is plenty for a mean
    full, *without = renderer.render(picture[None, :, ::step, ::step].expand(len(rows), -1, -1, -1).contiguous(), rows)
    return {group: difference(_pixels(full), _pixels(other)) for group, other in zip(groups, without, strict=True)}


def _moved(process: Process, recipe: Tensor) -> dict[str, list[int]]:
    """Columns of each group that moves."""
    found: dict[str, list[int]] = {}
    for column, spec in enumerate(process.parameters):
        found.setdefault(spec.group, []).append(column)
    neutral = torch.tensor(list(process.neutral.values()))
    return {group: columns for group, columns in found.items() if (recipe[columns] != neutral[columns]).any()}


def _pixels(picture: Tensor) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = picture.permute(1, 2, 0).numpy()
    return pixels


def _requests(texts: Sequence[tuple[str, str, str]], task: str) -> dict[str, float]:
    return request_statistics([instruction for of, instruction, _ in texts if of == task])


if __name__ == "__main__":
    main()
