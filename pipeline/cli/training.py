"""Commands that train and evaluate models.

What they need is imported when they run: it takes seconds, and nodes that only make data need not have it.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from pipeline.cli.options import AsJson, ConfigFile, Sets
from pipeline.cli.report import report
from pipeline.config import read_config
from schemas.errors import UnretouchError
from schemas.jobs.train_renderer import TrainRendererConfig

_EXTRA = {
    *("accelerate", "kornia", "onnxscript", "peft", "safetensors", "tensorboard", "timm", "tokenizers"),
    *("transformers", "trl"),
}

Renderer = Annotated[Path, typer.Argument(metavar="MODEL", help="A renderer that `unretouch train` finished.")]


class ExtraMissingError(UnretouchError):
    """A library that training needs is not installed."""

    exit_code = 2


def train(config: ConfigFile, sets: Sets = None, as_json: AsJson = False) -> None:
    """Train a renderer on a finished data set. Run the same command again to resume."""
    settings = read_config(config, TrainRendererConfig, sets or ())
    if settings.ray is not None:
        report(import_extra("pipeline.training.ray_train").train_on_ray(settings), as_json)
        return
    report(import_extra("pipeline.training.train_renderer").train(settings), as_json)


def evaluate(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A renderer or predictor, or a folder of pictures named by keys.")
    ],
    data: Annotated[str, typer.Argument(metavar="DATA", help="OUT of a data set, or a CSV or Parquet list of pairs.")],
    out: Annotated[Path, typer.Option(help="Folder that receives the table, a row a sample, and a page.")],
    split: Annotated[str, typer.Option(help="Split of the data set to evaluate on.")] = "test",
    most: Annotated[int, typer.Option(min=1, help="Most pairs of the split, spread evenly.")] = 200,
    lpips: Annotated[
        bool, typer.Option("--lpips", help="Measure LPIPS too. Its weights must be on this machine.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare a model's pictures with those wanted, beside unchanged inputs, automatic levels and recipes."""
    report(import_extra("pipeline.training.evaluate").run(model, data, out, split, most, lpips), as_json)


def cube(
    model: Renderer,
    to: Annotated[Path, typer.Option(metavar="FILE", help="The .cube file to write.")],
    recipe: Annotated[
        Path | None, typer.Option(help="The edit: an .xmp or .lrtemplate preset, or JSON of values by name.")
    ] = None,
    before: Annotated[str | None, typer.Option(help="The edit as a pair: a photo before it. Needs --after.")] = None,
    after: Annotated[str | None, typer.Option(help="The same photo after it.")] = None,
    points: Annotated[int, typer.Option(min=2, max=129, help="Points a side.")] = 33,
    as_json: AsJson = False,
) -> None:
    """Bake an edit by a trained renderer into a 3D LUT, for any program that reads .cube files."""
    if (before is None) != (after is None) or (before is None) == (recipe is None):
        raise typer.BadParameter("give --recipe, or --before and --after")
    pair = (before, after) if before is not None and after is not None else None
    import_extra("pipeline.training.looks").write_look(model, to, recipe, pair, points)
    report({"file": str(to), "points": points}, as_json)


def onnx(
    model: Renderer,
    to: Annotated[Path, typer.Option(metavar="DIR", help="Folder that receives encoder.onnx and decoder.onnx.")],
    as_json: AsJson = False,
) -> None:
    """Write a trained renderer as ONNX, for programs without PyTorch."""
    report(
        {"files": [str(path) for path in import_extra("pipeline.training.onnx_export").write_onnx(model, to)]}, as_json
    )


def import_extra(module: str) -> ModuleType:
    """Import a module that needs the extra `training`.

    Raises:
        ExtraMissingError: the extra is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        raise ExtraMissingError(f"{error.name} is not installed: pip install 'unretouch[training]'") from error
