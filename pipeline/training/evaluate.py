"""The evaluation of a model on a data set or on a list of real pairs, from files to files."""

from pathlib import Path

from pipeline.training.evaluation import baselines, evaluate, listed_pairs, model_of, stored_pairs
from pipeline.training.evaluation_page import PAGE, write_evaluation
from pipeline.training.pairs import mean_recipe, spread
from pipeline.training.reader import PairDataset


def run(model: Path, data: str, out: Path, split: str, most: int) -> dict[str, object]:
    """Evaluate, and write the results.

    Args:
        model: see `pipeline.training.evaluation.model_of`.
        data: folder, s3:// prefix or http(s):// address of a data set, or a CSV or Parquet list of pairs.
        out: folder that receives the results.
        split: split of the data set.
        most: most pairs of the split.

    Returns:
        The page's path, and figures of each method on all pairs, for a report.

    Raises:
        ModelFileError, PredictionError: the model cannot be used, or does not fit the pairs.
        SelectionError, NoDataSetError, DamagedError, ListingError, SourceError: the pairs cannot be read.
    """
    ours = model_of(model)
    if data.lower().endswith((".csv", ".parquet")):
        pairs = listed_pairs(data)
        others = baselines("aether/1", None, stored=False)
    else:
        stored = spread(PairDataset(data, split), most)
        pairs = stored_pairs(stored)
        others = baselines(stored.process.name, mean_recipe(data, "train"), stored=True)
    evaluation = evaluate(pairs, {"ours": ours, **others})
    write_evaluation(evaluation, pairs, ours, out)
    figures = {
        method: f"{found.psnr:.2f} dB, SSIM {found.ssim:.4f}, CIEDE2000 {found.de00:.2f}"
        for (method, part), found in evaluation.closeness.items()
        if part == "all"
    }
    return {"pairs": len(pairs), **figures, "page": str(out / PAGE)}
