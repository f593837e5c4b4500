"""The commands of the command line."""

import typer

from pipeline.cli.datasets import gc, plan, realism, replay, run, show, status, verify
from pipeline.cli.exports import export, xmp
from pipeline.cli.recipes import fit, presets, sampler
from pipeline.cli.training import cube, evaluate, onnx, train
from pipeline.cli.vlm import retouch, train_dapo, train_vlm

COMMANDS = (
    *(plan, run, status, verify, gc, replay, show, realism, export, xmp, fit, sampler, presets),
    *(train, train_vlm, train_dapo, evaluate, retouch, cube, onnx),
)

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Make training data for photo retouching.")
for command in COMMANDS:
    app.command()(command)
