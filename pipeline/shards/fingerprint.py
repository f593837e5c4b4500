"""The fingerprint of a data set: one hash of config, sources, recipes, code and platform.

The hash of the code covers `DATASET_FOLDERS`, the folders whose code can change a byte of a data set, and nothing else.
It does not cover jobs, the command line, audit, training and curation, which may change while a data set is being made.
"The line" in `docs/architecture.md` has the reasons.
"""

import hashlib
import json
import platform
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

from operators.kernels import fused_library
from operators.native import compiler_of
from quality.compiled_metrics import metric_libraries
from schemas.config import DatasetConfig, Engine
from schemas.dataset import Platform
from schemas.source import SourceRecord

_LIBRARIES = (
    *("imagecodecs", "numpy", "pillow", "pillow-heif", "pillow-jxl-plugin", "pyarrow", "pyiqa", "rawpy", "simplejpeg"),
    *("torch", "webdataset"),
)
"""Libraries that can change pixels, scores, or the files that hold them."""

FIT_FOLDERS = ("schemas", "operators", "quality", "pipeline/images", "pipeline/fitting")
"""Folders whose code can change a fit, each without its subfolders."""

DATASET_FOLDERS = (
    *FIT_FOLDERS,
    *("quality/scorers", "quality/text", "pipeline/words", "pipeline/presets", "pipeline/recipes"),
    *("pipeline/pairs", "pipeline/shards"),
)
"""Folders whose code can change a byte of a data set, each without its subfolders.

`pipeline/storage` is not listed although these folders use it: hashes check the bytes that it carries, those of sources
against the plan and those of shards against their commit records. The listing and the inspection of sources count by
their result, `DatasetRecord.sources_sha256`."""


def fingerprint(
    config: DatasetConfig, sources_sha256: str, recipes_sha256: str | None, code_sha256: str, where: Platform
) -> str:
    """Hex SHA-256 of everything that a data set is a function of.

    Args:
        config: the data set's config.
        sources_sha256: hash of the source records; see `sources_sha256`.
        recipes_sha256: hash of the files that recipes depend on; None if they depend on no file.
        code_sha256: hash of the code of `DATASET_FOLDERS`.
        where: the platform that plans the data set.
    """
    text = json.dumps(
        [config.model_dump(mode="json"), sources_sha256, recipes_sha256, code_sha256, where.model_dump()],
        sort_keys=True,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def sources_sha256(records: Iterable[SourceRecord]) -> str:
    """Hex SHA-256 over the records of all sources, used or rejected."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(record.model_dump_json().encode())
    return digest.hexdigest()


def code_files(folders: Sequence[str]) -> list[Path]:
    """Code files (.py and .cpp) directly in the folders, relative to the installation, sorted."""
    root = _root()
    found = (path for folder in folders for path in (root / folder).iterdir() if path.suffix in {".py", ".cpp"})
    return sorted(path.relative_to(root) for path in found)


@cache
def code_sha256(folders: Sequence[str] = DATASET_FOLDERS) -> str:
    """Hex SHA-256 of the names and the content of the code files directly in the folders."""
    digest = hashlib.sha256()
    for path in code_files(folders):
        digest.update(path.as_posix().encode())
        digest.update((_root() / path).read_bytes())
    return digest.hexdigest()


def this_platform(engine: Engine) -> Platform:
    """The processor and the library versions of this machine, and its compilers if the engine is compiled.

    Raises:
        NoCompilerError: the engine is compiled, and there is no compiler.
    """
    libraries = {name: version(name) for name in _LIBRARIES}
    if engine == "compiled":
        libraries["c++"] = ", ".join(sorted({compiler_of(made) for made in (fused_library(), *metric_libraries())}))
    return Platform(processor=_processor(), python=platform.python_version(), libraries=libraries)


def _root() -> Path:
    return Path(__file__).parent.parent.parent


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return f"{platform.machine()} {line.partition(':')[2].strip()}"
    return f"{platform.machine()} {platform.processor()}".strip()
