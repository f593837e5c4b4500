"""The evaluation of a model on a data set or on a list of real pairs, from files to files, pair by pair."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from pipeline.jobs.fit_bank import list_pairs
from pipeline.training.comparison import Comparison
from pipeline.training.evaluation import baselines, model_of, real_pairs, stored_pairs
from pipeline.training.evaluation_page import Page
from pipeline.training.pairs import mean_recipe, spread
from pipeline.training.reader import PairDataset
from quality.scorers.pyiqa_metrics import PyiqaScorer

_ROWS = 4096
"""Rows of a row group of `samples.parquet`."""

_ANY_SIDE = 2**31 - 1
"""LPIPS sees pictures at their own size."""


def run(model: Path, data: str, out: Path, split: str, most: int, lpips: bool = False) -> dict[str, object]:
    """Evaluate, and write `samples.parquet`, `table.json` and a page with pictures.

    Args:
        model: see `pipeline.training.evaluation.model_of`.
        data: folder, s3:// prefix or http(s):// address of a data set, or a CSV or Parquet list of pairs.
        out: folder that receives the results.
        split: split of the data set.
        most: most pairs of the split.
        lpips: whether to measure LPIPS (Zhang et al., 2018) too, by pyiqa.

    Returns:
        The page's path, and figures of each method on all pairs, for a report.

    Raises:
        ModelFileError, PredictionError: the model cannot be used, or does not fit the pairs.
        ScorerUnavailableError: LPIPS is wanted, and its weights are not on this machine.
        SelectionError, NoDataSetError, DamagedError, ListingError, SourceError: the pairs cannot be read.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    comparison = Comparison(PyiqaScorer(["lpips"], _ANY_SIDE, device, "compiled") if lpips else None)
    ours = model_of(model)
    if data.lower().endswith((".csv", ".parquet")):
        items = list_pairs(data)
        count, pairs = len(items), real_pairs(items)
        others = baselines("aether/1", None, stored=False)
    else:
        stored = spread(PairDataset(data, split), most)
        count, pairs = len(stored), stored_pairs(map(stored.pair, range(len(stored))))
        others = baselines(stored.process.name, mean_recipe(data, "train"), stored=True)
    page, schema = Page(out, count), _schema(comparison.measures)
    rows: list[dict[str, object]] = []
    with pq.ParquetWriter(out / "samples.parquet", schema) as samples:
        for number, pair in enumerate(pairs):
            pictures = {name: method(pair) for name, method in {"ours": ours, **others}.items()}
            rows += comparison.add(pair, pictures)
            page.add(number, pair, pictures["ours"])
            if len(rows) >= _ROWS:
                samples.write_table(pa.Table.from_pylist(rows, schema))
                rows.clear()
        samples.write_table(pa.Table.from_pylist(rows, schema))
    table = comparison.table()
    figures = {str(row["method"]): _figures(row) for row in table if row["part"] == "all"}
    return {"pairs": count, **figures, "page": str(page.write(table))}


def _schema(measures: Sequence[str]) -> pa.Schema:
    names = ("key", "task", "groups", "method")
    return pa.schema([(name, pa.string()) for name in names] + [(name, pa.float64()) for name in measures])


def _figures(row: dict[str, object]) -> str:
    lpips = f", LPIPS {row['lpips']:.4f}" if "lpips" in row else ""
    return f"{row['psnr']:.2f} dB, SSIM {row['ssim']:.4f}{lpips}, CIEDE2000 {row['de00']:.2f}"
