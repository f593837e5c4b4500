"""Commands that make and examine data sets."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.audit.contact_sheet import CONTACT_SHEET
from pipeline.audit.pictures import pair_picture
from pipeline.audit.realism_report import measure_realism
from pipeline.audit.replay import replay as make_again
from pipeline.audit.replay import same, write_sample
from pipeline.audit.verify import verify as check
from pipeline.cli.options import AsJson, ConfigFile, Key, Out, Root, Sets, Sources
from pipeline.cli.report import messages, report
from pipeline.cli.spending import estimated, took
from pipeline.config import load_config, with_gates
from pipeline.dataset.reader import find_row, read_pictures
from pipeline.dataset.record import NoDataSetError, find_record, load_record, missing_shards, progress_of
from pipeline.jobs.cluster import cluster
from pipeline.jobs.estimate import estimate, find_estimate, forget_sample
from pipeline.jobs.inspection import forget_parts
from pipeline.jobs.lease import lease
from pipeline.jobs.planning import plan as make_plan
from pipeline.jobs.planning import survey
from pipeline.jobs.regate import regate as gate_again
from pipeline.jobs.run import run as make
from pipeline.jobs.scorer_actor import RemoteScorer, start_scorers
from pipeline.shards.answers import single_answers
from pipeline.storage.store import open_store
from quality.scorers.build import scorer_cards, task_scorers
from schemas.jobs.run import ComputeConfig


def plan(
    config: ConfigFile,
    source: Sources = None,
    out: Out = None,
    sets: Sets = None,
    sample: Annotated[
        int, typer.Option(min=0, help="Sources whose pairs each worker makes, to estimate the run. 0 makes none.")
    ] = 8,
    as_json: AsJson = False,
) -> None:
    """Inspect the sources, plan every pair, and estimate what making them takes. Nothing is made for good."""
    settings = load_config(config, source or (), out, sets or ())
    store, dataset = open_store(settings.out), settings.dataset()
    found = survey(store, dataset, settings.allowed_paths)
    expected = find_estimate(store)
    if found.existing is None or (sample and missing_shards(store, found.existing)):
        with lease(store):
            try:
                with cluster(settings.compute):
                    scorers = start_scorers(dataset, settings.compute)
                    every = [*task_scorers(dataset.scores, dataset.engine), *map(RemoteScorer, scorers[:1])]
                    record = make_plan(settings, found, messages(), scorers=scorer_cards(every, dataset.scores))
                    if sample:
                        expected = estimate(store, record, settings.compute, settings.estimate, scorers, sample)
            finally:
                store.clean()
    progress = progress_of(store, load_record(store))
    if dataset.words.vlm is not None:
        progress["VLM"] = f"{dataset.words.vlm.model}: its time, tokens and money are not estimated"
    report({**progress, "estimate": estimated(expected)} if expected else progress, as_json)


def run(
    config: ConfigFile, source: Sources = None, out: Out = None, sets: Sets = None, as_json: AsJson = False
) -> None:
    """Make a data set. Run the same command again to resume."""
    settings = load_config(config, source or (), out, sets or ())
    finished = make(settings, messages())
    progress = progress_of(open_store(settings.out), finished.record)
    taken = {"this run": took(finished)} if finished.made.pairs else {}
    report({**progress, **taken, "contact sheet": f"{settings.out}/{CONTACT_SHEET}"}, as_json)


def regate(
    root: Root,
    sets: Annotated[
        list[str],
        typer.Option("--set", metavar="GATE=VALUE", help="Gate to set, as in gates.clipped.max=0.1. Repeatable."),
    ],
    out: Annotated[str, typer.Option(metavar="NEW", help="Folder or s3:// prefix that receives the new data set.")],
    workers: Annotated[int, typer.Option(min=1, help="Shards to work on at a time.")] = 1,
    address: Annotated[str | None, typer.Option(help="Ray cluster to join. Default: start Ray here.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a finished data set anew with other gates, from what it holds. Run the same command again to resume."""
    config = with_gates(load_record(open_store(root)).config, sets)
    found = gate_again(root, out, config, ComputeConfig(workers=workers, address=address), messages())
    changes = {
        "accepted before": found.before,
        "newly accepted": found.accepted,
        "newly rejected": found.rejected,
        "newly rejected by reason": found.reasons,
        "shards packed again": found.packed,
        "shards linked or copied": found.taken,
    }
    report({**progress_of(open_store(out), found.record), **changes}, as_json)


def gc(out: Root, as_json: AsJson = False) -> None:
    """Remove what runs that were killed have left. No run may work on the data set."""
    store = open_store(out)
    record = find_record(store)
    if record is None and not store.names("sources/parts"):
        raise NoDataSetError(f"{out} holds no data set, and no part of one")
    with lease(store):
        finished = record is not None and not missing_shards(store, record)
        photos = store.names("scratch") if finished else []
        missing = set(missing_shards(store, record)) if record is not None else set()
        answers = single_answers(store, lambda shard: shard not in missing)  # those of others were paid for
        store.remove(*photos, *answers)
        parts = forget_parts(store) if record is not None else 0  # without a plan, they are what is known
        left = {
            "interrupted writes": store.clean(),
            "parts of the inspection": parts,
            "files of samples": forget_sample(store),
        }
        report({**left, "photos of the scratch": len(photos), "answers of the VLM": len(answers)}, as_json)


def status(out: Root, as_json: AsJson = False) -> None:
    """Print the progress of a data set."""
    store = open_store(out)
    report(progress_of(store, load_record(store)), as_json)


def verify(
    out: Root,
    sample: Annotated[int, typer.Option(min=0, help="Number of pairs to make again from their sources.")] = 8,
    workers: Annotated[int | None, typer.Option(min=1, help="Number of processes. Default: one for each core.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check the files, rows and samples of a data set. Exit with status 1 if a check fails."""
    store = open_store(out)
    found = check(store, load_record(store), sample, workers or os.cpu_count() or 1)
    report(found.model_dump(), as_json)
    if found.problems:
        raise typer.Exit(1)


def replay(
    out: Root,
    key: Key,
    to: Annotated[Path, typer.Option(help="Folder that receives the pair's files.")] = Path("replay"),
    as_json: AsJson = False,
) -> None:
    """Make one pair again from its source. Exit with status 1 if it differs from the stored pair."""
    store = open_store(out)
    record = load_record(store)
    row, pair = make_again(store, record, key)
    files = write_sample(pair, record.config.image.format, to)
    report({"key": key, "same": same(row, pair), "files": [str(path) for path in files]}, as_json)
    if not same(row, pair):
        raise typer.Exit(1)


def show(
    out: Root,
    key: Key,
    to: Annotated[Path | None, typer.Option(help="PNG file to write. Default: KEY.png.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draw a pair's pictures side by side, and print its row."""
    store = open_store(out)
    record = load_record(store)
    row = find_row(store, key)
    shown: dict[str, Any] = row.model_dump(mode="json")
    if row.status == "accepted":
        path = to or Path(f"{key}.png")
        pair_picture(row, *read_pictures(store, row, record.config.image.format)).save(path)
        shown["picture"] = str(path)
    report(shown, as_json)


def realism(
    out: Root,
    reference: Annotated[str, typer.Option(help="Real unedited photos: a folder or another source.")],
    experts: Annotated[
        str | None, typer.Option(help="Finished photos to compare rendered inputs with: a folder or another source.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how similar the inputs of a data set are to real unedited photos."""
    store = open_store(out)
    report(measure_realism(store, load_record(store), reference, experts).model_dump(), as_json)
