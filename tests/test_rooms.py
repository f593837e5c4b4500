"""Imports go one way: between rooms, between folders of the pipeline, and across the line of the fingerprint."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.shards.fingerprint import DATASET_FOLDERS, FIT_FOLDERS, code_files

ROOT = Path(__file__).parents[1]

ROOMS = ("schemas", "operators", "quality", "pipeline", "benchmarks")

PIPELINE = (
    *("storage", "images", "words", "rewriting", "fitting", "presets", "recipes", "pairs", "shards"),  # below the line
    *("sources", "dataset", "export", "audit", "jobs", "training", "config", "cli", "demo"),
)
"""Folders and modules of the pipeline; each may import those before it."""

CARRIER = "pipeline/storage"
"""What it carries is checked by hashes, so its code is not hashed although code below the line uses it."""


def modules() -> Iterator[Path]:
    """Every source file of ours, relative to the root."""
    for room in ROOMS:
        yield from (path.relative_to(ROOT) for path in sorted((ROOT / room).rglob("*.py")))


def imports(path: Path) -> Iterator[Path]:
    """The files of ours that a file imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names] + [str(node.module)]
        for name in names:
            found = Path(*name.split(".")).with_suffix(".py")
            if found.parts[0].removesuffix(".py") in ROOMS and (ROOT / found).is_file():
                yield found


def test_rooms_import_earlier_rooms_only() -> None:
    for path in modules():
        for found in imports(path):
            assert ROOMS.index(found.parts[0]) <= ROOMS.index(path.parts[0]), f"{path} imports {found}"


def test_folders_of_the_pipeline_import_earlier_folders_only() -> None:
    for path in modules():
        if path.parts[0] != "pipeline" or path.name == "__init__.py":
            continue
        for found in imports(path):
            if found.parts[0] == "pipeline":
                here, there = (PIPELINE.index(Path(file.parts[1]).stem) for file in (path, found))
                assert there <= here, f"{path} imports {found}"


@pytest.mark.parametrize("folders", [DATASET_FOLDERS, FIT_FOLDERS], ids=["data set", "fit"])
def test_nothing_below_the_line_imports_from_above(folders: tuple[str, ...]) -> None:
    below = set(code_files(folders))
    assert len(below) > 40
    for path in below:
        if path.suffix == ".py":
            outside = {found for found in imports(path) if found not in below and found.parent != Path(CARRIER)}
            assert not outside, f"{path} imports {sorted(map(str, outside))}"


def test_what_carries_bytes_imports_schemas_only() -> None:
    for path in modules():
        if path.parent == Path(CARRIER):
            assert {found.parts[0] for found in imports(path) if found.parent != Path(CARRIER)} <= {"schemas"}, path


def test_jobs_audit_and_command_line_are_above_the_line() -> None:
    below = {path.parent.as_posix() for path in code_files(DATASET_FOLDERS)}
    assert not below & {
        "pipeline/jobs",
        "pipeline/audit",
        "pipeline/cli",
        "pipeline/export",
        "pipeline",
        "schemas/jobs",
        "quality/realism",
    }
