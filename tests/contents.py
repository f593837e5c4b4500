"""What a data set holds, to compare data sets by."""

import hashlib
from pathlib import Path


def contents(root: str) -> dict[str, str]:
    """Hash of every file of a data set by its name."""
    files = sorted(path for path in Path(root).rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
