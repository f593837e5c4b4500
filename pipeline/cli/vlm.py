"""Commands for the VLM: training it, and retouching photos with it. Its libraries are imported when one is run."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from operators.catalogue import PROCESSES
from pipeline.cli.options import AsJson, Sets
from pipeline.cli.report import messages, report
from pipeline.cli.training import import_extra
from pipeline.config import read_config
from schemas.errors import UnretouchError
from schemas.jobs.train_dapo import TrainDapoConfig
from schemas.jobs.train_vlm import TrainVlmConfig
from schemas.recipe import Recipe
from schemas.sample import Task


class OutputNameError(UnretouchError):
    """Retouched photos cannot be named."""

    exit_code = 2


def train_vlm(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="Config of the training, a YAML file.")],
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Train a VLM to retouch, or resume. The finished model is in the folder `model` of the config's `out`."""
    settings = read_config(config, TrainVlmConfig, sets or ())
    report({"model": str(import_extra("pipeline.training.vlm").train(settings))}, as_json)


def train_dapo(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="Config of the training, a YAML file.")],
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Train a finished VLM on by rewards (DAPO-AE), or resume. The model is in the folder `model` of `out`."""
    settings = read_config(config, TrainDapoConfig, sets or ())
    report({"model": str(import_extra("pipeline.training.vlm_dapo").train_dapo(settings))}, as_json)


def retouch(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Photos, of any supported format and size.")],
    model: Annotated[str, typer.Option(help="Folder of a model that `unretouch train-vlm` finished.")],
    out: Annotated[Path, typer.Option(help="Folder that receives the retouched photos as JPEG, with .xmp presets.")],
    task: Annotated[Task, typer.Option(help="What is asked for.")] = "auto",
    prompt: Annotated[
        str | None, typer.Option(help="The wish (style), or the sliders and their values (professional), in words.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Retouch photos, and print recipe and reasoning of each. Exit with status 1 if one could not be retouched.

    The recipe is what is rendered, in Lightroom's units, without sliders that do not show on the photo. The reasoning
    names no values. The values of a professional prompt are a wish that the model follows as well as it has learned to:
    the recipe says what it made of them.
    """
    _check_names(images, out)
    library = import_extra("pipeline.training.vlm_retouch")
    instruction = library.instruction_of(task, prompt)
    retoucher = library.Retoucher(model)
    out.mkdir(parents=True, exist_ok=True)
    done: list[dict[str, Any]] = []
    for image in images:
        try:
            found = retoucher.retouch_file(image, task, instruction, out)
            done.append({"photo": str(image), "recipe": _moved(found.recipe), "reasoning": found.sections})
        except UnretouchError as error:
            done.append({"photo": str(image), "error": str(error)})
        if not as_json:
            report(done[-1], as_json=False)
    if as_json:
        report({"retouched": done}, as_json=True)
    if failed := [entry for entry in done if "error" in entry]:
        messages().print(f"{len(failed)} of {len(done)} photos could not be retouched")
        raise typer.Exit(1)


def _moved(recipe: Recipe) -> dict[str, float]:
    neutral = PROCESSES[recipe.process].neutral
    return {name: value for name, value in recipe.values.items() if value != neutral[name]}


def _check_names(images: list[Path], out: Path) -> None:
    """Refuse photos that would overwrite each other, or what lies beside them: a RAW file's JPEG, or its sidecar."""
    if repeated := [stem for stem, count in Counter(image.stem for image in images).items() if count > 1]:
        raise OutputNameError(f"several photos would be written as {repeated[0]}.jpg; retouch them into two folders")
    for image in images:
        if out.resolve() == image.resolve().parent:
            raise OutputNameError(f"{image} lies in {out}, where files could be overwritten; give another --out")
