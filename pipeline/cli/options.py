"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG", help="Config of the run, a YAML file.")]
Sources = Annotated[
    list[str] | None, typer.Option("--source", help="Source that replaces the config's `sources`. Repeatable.")
]
Out = Annotated[str | None, typer.Option("--out", help="Folder or s3:// prefix that replaces the config's `out`.")]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="FIELD=VALUE", help="Set any field of the config, as in image.quality=90. Repeatable."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output, and nothing else.")]
ProcessName = Annotated[str, typer.Option("--process", help="Process of the recipes.")]
Root = Annotated[str, typer.Argument(metavar="OUT", help="Folder or s3:// prefix of a data set.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="Key of a pair.")]
