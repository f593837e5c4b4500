"""What a data set is a function of, as one hash, and the difference between two of them."""

import hashlib
import json
import platform
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from operators.kernels import fused_library
from operators.native import compiler_of
from quality.compiled_metrics import metric_libraries
from schemas.config import ComputeConfig, Engine, RealismConfig, RunConfig
from schemas.dataset import Platform
from schemas.source import SourceRecord

_LIBRARIES = ("numpy", "pillow", "pyiqa", "rawpy", "simplejpeg", "torch")
"""Libraries that touch pixels or scores."""

_ROOMS = ("schemas", "operators", "quality", "pipeline")


def essential(config: RunConfig) -> RunConfig:
    """The config without what changes no pair: where they go, where they are computed, what they are compared with."""
    return config.model_copy(update={"out": "", "compute": ComputeConfig(), "realism": RealismConfig()})


def fingerprint(
    config: RunConfig, sources_sha256: str, recipes_sha256: str | None, code_sha256: str, where: Platform
) -> str:
    """Hex SHA-256 of all that a data set is a function of."""
    text = json.dumps(
        [essential(config).model_dump(mode="json"), sources_sha256, recipes_sha256, code_sha256, where.model_dump()],
        sort_keys=True,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def sources_sha256(records: Iterable[SourceRecord]) -> str:
    """One hash over every source's record, used or not."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(record.model_dump_json().encode())
    return digest.hexdigest()


@cache
def code_sha256() -> str:
    """Hash of the source code of the rooms that make a data set."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    files = (path for room in _ROOMS for path in (root / room).rglob("*") if path.suffix in {".py", ".cpp"})
    for path in sorted(files):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def this_platform(engine: Engine) -> Platform:
    """Processor and library versions of this machine, and the compiler where the engine has things compiled.

    Raises:
        NoCompilerError: they cannot be compiled.
    """
    libraries = {name: version(name) for name in _LIBRARIES}
    if engine == "compiled":
        libraries["c++"] = ", ".join(sorted({compiler_of(made) for made in (fused_library(), *metric_libraries())}))
    return Platform(processor=_processor(), python=platform.python_version(), libraries=libraries)


def differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Lines that say where two JSON values differ, as in "recipes.sigma_scale: 1.0 -> 0.5"."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            yield from differences(old.get(name), new.get(name), f"{path}.{name}" if path else name)
    elif old != new:
        yield f"{path}: {json.dumps(old)} -> {json.dumps(new)}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return f"{platform.machine()} {line.partition(':')[2].strip()}"
    return f"{platform.machine()} {platform.processor()}".strip()
