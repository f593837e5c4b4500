"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG", help="Run config, a YAML file.")]
Sources = Annotated[
    list[str] | None, typer.Option("--source", help="Source to use instead of the config's; repeatable.")
]
Out = Annotated[str | None, typer.Option("--out", help="Where the data set goes, instead of the config's `out`.")]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="FIELD=VALUE", help="Set any field of the config, as in image.quality=90; repeatable."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else, on standard output.")]
ProcessName = Annotated[str, typer.Option("--process", help="Process whose parameters are wanted.")]
Root = Annotated[str, typer.Argument(metavar="OUT", help="Folder or s3:// prefix of a data set.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="Key of a pair.")]
