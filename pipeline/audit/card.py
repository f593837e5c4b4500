"""The data-set card: the README.md of a data set."""

from collections.abc import Sequence

from schemas.dataset import CommitRecord, DatasetRecord
from schemas.plan import ORIGINS
from schemas.rewrite import Rewrites
from schemas.sample import member_names
from schemas.scores import ScorerCard


def card(record: DatasetRecord, done: Sequence[CommitRecord]) -> str:
    """The card in Markdown, with the front matter that data hubs read. It is a pure function of the records.

    Args:
        record: the finished record of the data set.
        done: the commit records of all shards.
    """
    counts = record.counts
    names = member_names(record.config.image.format)
    tars = {split: [c.tar.name for c in done if c.split == split and c.accepted] for split in record.splits}
    files = "\n".join(
        f"  - split: {split}\n    path:\n" + "\n".join(f"    - {name}" for name in names)
        for split, names in tars.items()
        if names
    )
    splits = "\n".join(
        f"| {split} | {len(names)} | {sum(c.accepted for c in done if c.split == split)} |"
        for split, names in tars.items()
    )
    rewrites = sum((c.rewrites for c in done if c.rewrites is not None), Rewrites())
    vlm = record.config.words.vlm
    words = (
        f"The VLM `{vlm.model}` rewrote the words of {rewrites.vlm} pairs; {rewrites.grammar} kept those of the\n"
        "grammar (column `rewrite`).\n\n"
        if vlm is not None
        else ""
    )
    styles = (
        f"The style task follows {len(record.styles)} presets and LUTs, which `dataset.json` lists; a pair's is\n"
        "named in column `style` of the manifest.\n\n"
        if record.styles
        else ""
    )
    origins = "\n".join(
        f"| {origin} | {ORIGINS[origin]} | {sum(c.origins.get(origin, 0) for c in done)} |"
        for origin in sorted({origin for c in done for origin in c.origins})
    )
    scores = "\n".join(_score_line(card, record) for card in record.scorers)
    rejected = "\n".join(f"| {reason} | {count} |" for reason, count in (counts.rejected or {}).items())
    return f"""---
pretty_name: Photo retouching pairs
task_categories:
- image-to-image
configs:
- config_name: default
  data_files:
{files}
---
# Photo retouching pairs

Made by unretouch {record.version} with process `{record.process}`, seed {record.config.seed}.
Fingerprint `{record.fingerprint}`.

Each sample holds an `{names.input}`, the `{names.target}` that a recipe turns it into, and a `{names.json}` with the
recipe, the words and the scores. Rendering the recipe on the stored input gives the stored target up to the residual
under `measures`. `manifest/` has one row for every planned pair, rejected ones with their reasons.

{styles}{words}{counts.planned} pairs were planned from {counts.sources} sources; {counts.accepted} were accepted.

| split | shards | samples |
|---|---|---|
{splits}

| origin | what the input is | samples |
|---|---|---|
{origins}

| rejected because of | pairs |
|---|---|
{rejected}

| score | computed by | weights | better | noise | target preferred | neither | input preferred |
|---|---|---|---|---|---|---|---|
{scores}

A difference of two scores within the noise says nothing: pictures differ by as much when they are coded again, or
scored in another batch. `dataset.json` has all that decides a score, under `scorers`. Compare scores of two data sets
only if it says the same there.

Licences of the source photos are in the column `licence` of the manifest.
"""


def _score_line(card: ScorerCard, record: DatasetRecord) -> str:
    votes = (record.preferences or {}).get(card.name)
    total = votes.input + votes.target + votes.neither if votes else 0
    counts = (votes.target, votes.neither, votes.input) if votes and total else ()
    cells = [
        f"`{card.name}`",
        f"{card.model} of {card.library} {card.version}",
        f"`{card.weights_sha256[:12]}`" if card.weights_sha256 else "none",
        card.better,
        "not measured" if card.noise is None else f"{card.noise:.2g}",
        *([f"{100 * count / total:.0f} %" for count in counts] or ["", "", ""]),
    ]
    return f"| {' | '.join(cells)} |"
