"""Reading the config of a run or of another job: a YAML file, then the overrides of the command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from operators.catalogue import PROCESSES
from operators.process import Process
from quality.scorers.build import score_names
from schemas.config import ConfigSection, DatasetConfig
from schemas.errors import UnretouchError
from schemas.jobs.run import RunConfig
from schemas.jobs.vlm import SECRET

Config = TypeVar("Config", bound=ConfigSection)


class ConfigError(UnretouchError):
    """The config cannot be used; the message names each field, the value that it got and the values that it takes."""

    exit_code = 2


def load_config(path: Path, sources: Sequence[str] = (), out: str | None = None, sets: Sequence[str] = ()) -> RunConfig:
    """Read a config, override some of its fields, and check all of it.

    Args:
        path: YAML file.
        sources: sources that replace the file's `sources`; an empty sequence replaces nothing.
        out: replaces the file's `out`, unless it is None.
        sets: assignments such as "image.quality=90"; values are YAML.

    Raises:
        ConfigError: the file, a key or a value cannot be used, or a gate bounds a score that is not computed.
        ScorerUnavailableError: a metric is unknown.
    """
    values = _read(path)
    for assignment in sets:
        _assign(values, assignment)
    if sources:
        values["sources"] = list(sources)
    if out is not None:
        values["out"] = out
    config = _checked(path, RunConfig, values)
    process_named(config.process)
    check_gates(config)
    return config


def read_config(path: Path, kind: type[Config], sets: Sequence[str] = ()) -> Config:
    """Read the config of another job from a YAML file, override some of its fields, and check all of it.

    Raises:
        ConfigError: the file, a key or a value cannot be used.
    """
    values = _read(path)
    for assignment in sets:
        _assign(values, assignment)
    return _checked(path, kind, values)


def with_gates(config: DatasetConfig, sets: Sequence[str]) -> DatasetConfig:
    """The config of a data set with other gates.

    Args:
        config: the config.
        sets: assignments to fields of its gates, such as "gates.clipped.max=0.1"; values are YAML.

    Raises:
        ConfigError: an assignment is to another field, its value cannot be used, or it bounds a score that is not
            computed.
    """
    values = config.model_dump(mode="json")
    for assignment in sets:
        if not assignment.startswith("gates."):
            raise ConfigError(
                f"--set {assignment}: with other gates, the same pairs are accepted or rejected anew, so only gates.* "
                "may be set; anything else takes a new run"
            )
        _assign(values, assignment)
    found = _checked("--set", DatasetConfig, values)
    check_gates(found)
    return found


def process_named(name: str) -> Process:
    """The process with a name.

    Raises:
        ConfigError: there is no such process; the message lists those that exist.
    """
    if name not in PROCESSES:
        raise ConfigError(f"process: got {name!r}, takes one of {sorted(PROCESSES)}")
    return PROCESSES[name]


def check_gates(config: DatasetConfig) -> None:
    """Check that every score with a bound is computed.

    Raises:
        ConfigError: a score with a bound is not computed; the message lists the scores that are.
        ScorerUnavailableError: a metric is unknown.
    """
    names = score_names(config.scores)
    if unknown := [name for name in config.gates.scores if name not in names]:
        raise ConfigError(
            f"gates.scores: {', '.join(unknown)} is not among the scores that are computed "
            f"({', '.join(names) or 'none'}); add its metric to scores.metrics or remove the bound"
        )


def _read(path: Path) -> dict[str, Any]:
    try:
        values = _parsed(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path} must hold a mapping of fields, such as `out: folder`")
    return values


def _parsed(text: str) -> Any:
    """The value of a YAML text without aliases, which can make a few lines as long as one likes."""
    if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
        raise yaml.YAMLError("aliases such as *name are not read; write the value itself")
    return yaml.safe_load(text)


def _checked(path: Path | str, kind: type[Config], values: dict[str, Any]) -> Config:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"{path} cannot be used:\n" + "\n".join(_lines(error))) from error


def _assign(values: dict[str, Any], assignment: str) -> None:
    name, equals, text = assignment.partition("=")
    if not equals or not name:
        raise ConfigError(f"--set takes FIELD=VALUE, as in image.quality=90; got {assignment!r}")
    *sections, field = name.split(".")
    target = values
    for section in sections:
        if target.get(section) is None:  # missing, or null: an optional section that is not used
            target[section] = {}
        target = target[section]
        if not isinstance(target, dict):
            raise ConfigError(f"--set {assignment}: {section} is not a section")
    try:
        target[field] = _parsed(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {assignment}: the value is not YAML: {error}") from error


def _lines(error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors():
        field = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            lines.append(f"  {field}: there is no such field")
        elif problem["type"] == "missing":
            lines.append(f"  {field}: is missing")
        elif problem["type"] == SECRET:
            lines.append(f"  {field}: {problem['msg']}")
        else:
            lines.append(f"  {field}: got {problem['input']!r}; {problem['msg'][0].lower()}{problem['msg'][1:]}")
    return lines
