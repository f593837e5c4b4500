"""Samplers by name: built in, or a file that `unretouch sampler` writes."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from operators.catalogue import AETHER_1
from operators.process import Process
from pipeline.recipes.gaussian import Gaussian, fitted_gaussian, table_gaussian
from schemas.errors import UnretouchError
from schemas.sampler import EditSampler, GaussianSampler

AETHER = "aether"
"""Names AetherRetouch's independent Gaussians, in place of a file."""

EXPERTS = Path(__file__).with_name("experts_1.json")
"""Statistics of experts' edits with aether/1. Its `fitted_to` says how it was made; another file is another version."""

_SAMPLER: TypeAdapter[EditSampler | GaussianSampler] = TypeAdapter(EditSampler | GaussianSampler)


class SamplerError(UnretouchError):
    """A sampler file cannot be used; the message says why."""

    exit_code = 2


def load_sampler(name: str | None, process: Process) -> EditSampler | Gaussian:
    """The sampler that `recipes.gaussian` names.

    Args:
        name: path of a file, `AETHER`, or None for what is built in: `EXPERTS` for aether/1, Gaussians for others.
        process: the process of the recipes.

    Raises:
        SamplerError: the file cannot be read, is not a sampler, or is one of another process.
    """
    if name == AETHER or (name is None and process != AETHER_1):
        return table_gaussian(process)
    path = Path(name) if name else EXPERTS
    try:
        sampler = _SAMPLER.validate_json(sampler_bytes(path))
    except ValidationError as error:
        raise SamplerError(f"recipes.gaussian: {path} is no sampler: {error}") from error
    if sampler.process != process.name or [slider.name for slider in sampler.sliders] != list(process.index):
        raise SamplerError(f"recipes.gaussian: {path} is a sampler for process {sampler.process}, not {process.name}")
    return sampler if isinstance(sampler, EditSampler) else fitted_gaussian(sampler)


def sampler_bytes(path: Path) -> bytes:
    """The content of a sampler file.

    Raises:
        SamplerError: the file cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise SamplerError(f"recipes.gaussian: {path} cannot be read: {error.strerror}") from error
