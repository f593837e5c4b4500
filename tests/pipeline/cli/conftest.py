"""The command line in this process, as scripts see it."""

import logging
from collections.abc import Callable, Iterator
from typing import NamedTuple
from unittest.mock import patch

import pytest

from pipeline.cli.main import main


class Done(NamedTuple):
    """What a command left: its exit code, and its two outputs, each on one line of single spaces."""

    code: int
    output: str
    errors: str


@pytest.fixture
def unretouch(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Done]]:
    """`unretouch("status", out)` runs a command."""

    def call(*arguments: str) -> Done:
        code = 0
        capsys.readouterr()
        with patch("sys.argv", ["unretouch", *arguments]):
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 0
        output, errors = capsys.readouterr()
        return Done(code, " ".join(output.split()), " ".join(errors.split()))

    yield call
    for handler in logging.getLogger().handlers:
        if type(handler).__name__ == "RichHandler":
            logging.getLogger().removeHandler(handler)
