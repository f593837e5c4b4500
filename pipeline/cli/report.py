"""The output of commands: reports on standard output, progress and messages on standard error."""

import json
from collections.abc import Iterable
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table


def messages() -> Console:
    """The console for progress and messages: standard error."""
    return Console(stderr=True)


def report(content: dict[str, Any], as_json: bool) -> None:
    """Print a report on standard output, as a table or as one JSON object."""
    if as_json:
        typer.echo(json.dumps(content))
        return
    table = Table(show_header=False, box=None)
    for name, value in content.items():
        table.add_row(name, escape(_text(value)))  # values come from files, and must not be read as markup
    Console().print(table)


def lines(content: Iterable[str]) -> None:
    """Print lines as they are on standard output, for other programs."""
    for line in content:
        typer.echo(line)


def _text(value: object) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{name}: {item}" for name, item in value.items() if item not in (None, {}, [])) or "none"
    if isinstance(value, list):
        return "\n".join(str(item) for item in value) or "none"
    return str(value)
