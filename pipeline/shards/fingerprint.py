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

import pyarrow as pa
import pyarrow.compute as pc

from quality.scorers.pyiqa_metrics import COMPILED
from schemas.config import DatasetConfig
from schemas.dataset import Platform
from schemas.scores import ScorerCard
from schemas.source import SourceRecord
from schemas.style import Style

_CODE = {".py", ".cpp", ".h", ".json", ".yaml", ".md"}

_LIBRARIES = (
    *("imagecodecs", "numpy", "pillow", "pillow-heif", "pillow-jxl-plugin", "pyarrow", "pyiqa", "rawpy", "simplejpeg"),
    *("torch", "webdataset"),
)
"""Libraries that can change pixels, scores, or the files that hold them."""

FIT_FOLDERS = ("schemas", "operators", "quality", "pipeline/images", "pipeline/fitting")
"""Folders whose code can change a fit, each without its subfolders."""

DATASET_FOLDERS = (
    *FIT_FOLDERS,
    *("quality/seen", "quality/scene", "quality/scorers", "quality/text", "quality/text/languages"),
    *("pipeline/words", "pipeline/words/languages/en", "pipeline/words/languages/zh", "pipeline/rewriting"),
    *("pipeline/presets", "pipeline/recipes"),
    *("pipeline/pairs", "pipeline/shards"),
)
"""Folders whose code can change a byte of a data set, each without its subfolders.

`pipeline/storage` is not listed although these folders use it: hashes check the bytes that it carries, those of sources
against the plan and those of shards against their commit records. The listing and the inspection of sources count by
their result, `DatasetRecord.sources_sha256`."""

_STEADY_MACHINES = {"x86_64", "AMD64"}
_STEADY_FORMATS = {"JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF"}
"""Formats whose decoders compute in integers, or with the same instructions on all processors of a kind."""


def fingerprint(
    config: DatasetConfig,
    sources_sha256: str,
    recipes_sha256: str | None,
    code_sha256: str,
    where: Platform,
    scorers: Sequence[ScorerCard] = (),
) -> str:
    """Hex SHA-256 of everything that a data set is a function of.

    Args:
        config: the data set's config.
        sources_sha256: hash of the source records; see `sources_sha256`.
        recipes_sha256: hash of the files that recipes depend on; None if they depend on no file.
        code_sha256: hash of the code of `DATASET_FOLDERS`.
        where: the platform that plans the data set.
        scorers: the cards of the config's scores; their noise does not count.
    """
    cards = [card.model_dump(exclude={"noise"}) for card in scorers]
    text = json.dumps(
        [config.model_dump(mode="json"), sources_sha256, recipes_sha256, code_sha256, where.model_dump(), cards],
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
    """Code files, and the data that code reads, directly in the folders, relative to the installation, sorted."""
    root = _root()
    found = (path for folder in folders for path in (root / folder).iterdir() if path.suffix in _CODE)
    return sorted(path.relative_to(root) for path in found)


@cache
def code_sha256(folders: Sequence[str] = DATASET_FOLDERS) -> str:
    """Hex SHA-256 of the names and the content of the code files directly in the folders."""
    digest = hashlib.sha256()
    for path in code_files(folders):
        digest.update(path.as_posix().encode())
        digest.update((_root() / path).read_bytes())
    return digest.hexdigest()


def depends_on_processor(config: DatasetConfig, sources: pa.Table, styles: Sequence[Style]) -> bool:
    """Whether some bytes of a data set may differ between x86-64 processors.

    What is compiled for aether/1 computes alike on all of them, and so does what surrounds it. Not so torch, whose sums
    and functions follow the length of vectors (`engine: eager`, other processes, fits of pairs and of LUTs), models
    that score, and the decoders of some formats.

    Args:
        config: the data set's config.
        sources: table of `SOURCE_SCHEMA`; sources that have a reason are not used.
        styles: the styles of the config.
    """
    used = sources.filter(pc.is_null(sources["reason"]))
    return (
        config.engine == "eager"
        or config.process != "aether/1"
        or not COMPILED.keys() >= set(config.scores.metrics)
        or config.scores.clip is not None
        or any(style.lut_psnr is not None for style in styles)
        or used["before"].null_count < len(used)
        or not set(used["format"].unique().to_pylist()) <= _STEADY_FORMATS
    )


def this_platform(with_processor: bool) -> Platform:
    """The library versions of this machine, and its processor.

    The C++ compiler is not part of it: IEEE 754 fixes the results of the operations that are compiled, and the compiler
    is told neither to fuse nor to reorder them.

    Args:
        with_processor: whether the data set depends on it. Only x86-64 processors are known to compute alike; any
            other one is named in any case.
    """
    named = with_processor or platform.machine() not in _STEADY_MACHINES
    return Platform(
        processor=_processor() if named else None,
        python=platform.python_version(),
        libraries={name: version(name) for name in _LIBRARIES},
    )


def _root() -> Path:
    return Path(__file__).parent.parent.parent


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return f"{platform.machine()} {line.partition(':')[2].strip()}"
    return f"{platform.machine()} {platform.processor()}".strip()
