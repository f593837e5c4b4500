"""Commands that train models. What they need is imported when they run: it takes seconds, and nodes that only make data
need not have it."""

from importlib import import_module
from types import ModuleType

from pipeline.cli.options import AsJson, ConfigFile, Sets
from pipeline.cli.report import report
from pipeline.config import read_config
from schemas.errors import UnretouchError
from schemas.jobs.train_renderer import TrainRendererConfig


class ExtraMissingError(UnretouchError):
    """A library that training needs is not installed."""

    exit_code = 2


def train(config: ConfigFile, sets: Sets = None, as_json: AsJson = False) -> None:
    """Train a renderer on a finished data set. Run the same command again to resume."""
    settings = read_config(config, TrainRendererConfig, sets or ())
    report(import_extra("pipeline.training.train_renderer").train(settings), as_json)


def import_extra(module: str) -> ModuleType:
    """Import a module that needs the extra `training`.

    Raises:
        ExtraMissingError: the extra is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ExtraMissingError(f"{error.name} is not installed: pip install 'unretouch[training]'") from error
