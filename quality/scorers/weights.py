"""Weights of scorers' models: read from this machine only, and never as code."""

import contextlib
import hashlib
import os
import pickle
import struct
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any, NoReturn
from unittest import mock

import numpy as np
import torch
from safetensors import SafetensorError

LOAD_ERRORS = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError, TypeError),
    *(ValueError, pickle.UnpicklingError, struct.error, SafetensorError),
)
"""What model libraries raise if weights are missing, broken, unsafe or of another model."""


@contextlib.contextmanager
def local_weights() -> Iterator[None]:
    """Keep model libraries from downloading weights, and from running code that a weight file holds.

    A data set must not depend on what a server sends on the day, and workers must not fetch the same file at once.
    Downloads by urllib (torch.hub, pyiqa, open_clip) raise FileNotFoundError with the address; downloads by Hugging
    Face raise an OSError. What libraries print goes to standard error. Not safe to use from several threads.
    """
    with (
        mock.patch.object(urllib.request.OpenerDirector, "open", _refuse),
        mock.patch("huggingface_hub.constants.HF_HUB_OFFLINE", True),
        mock.patch.dict(os.environ, {"TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1"}),
        contextlib.redirect_stdout(sys.stderr),
    ):
        yield


def weight_folders() -> str:
    """Where libraries keep the weights that they have downloaded, as part of a sentence."""
    home = os.environ.get("HF_HOME", "~/.cache/huggingface")
    return f"{torch.hub.get_dir()} and {home}"


def first_line(error: Exception) -> str:
    """What an error says, without the advice that libraries add."""
    return str(error).strip().partition("\n")[0].rstrip(".")


def _refuse(_: urllib.request.OpenerDirector, request: Any, *__: object, **___: object) -> NoReturn:
    raise FileNotFoundError(getattr(request, "full_url", request))


def weights_sha256(model: torch.nn.Module) -> str | None:
    """Hex SHA-256 over the names and values of a model's weights; None for a plain formula, which has none.

    Some models keep other models and fitted numbers in plain attributes; these count too, as do constant tables.
    """
    digest = hashlib.sha256()
    found = False
    for name, value in _weights(model, "", set()):
        found = True
        plain = value.detach().cpu().contiguous().reshape(-1)
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(plain.view(torch.uint8).numpy().data)
    return digest.hexdigest() if found else None


def _weights(value: object, name: str, seen: set[int]) -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        yield name, torch.from_numpy(np.ascontiguousarray(value))
    elif isinstance(value, torch.Tensor) and value.numel():
        yield name, value
    elif isinstance(value, torch.nn.Module) and id(value) not in seen:
        seen.add(id(value))
        for key, part in sorted(value.state_dict().items()):
            yield from _weights(part, f"{name}.{key}", seen)
        for key, part in (pair for module in value.modules() for pair in vars(module).items()):
            if not key.startswith("_"):
                yield from _weights(part, f"{name}.{key}", seen)
    elif isinstance(value, list | tuple):
        for i, part in enumerate(value):
            yield from _weights(part, f"{name}.{i}", seen)
