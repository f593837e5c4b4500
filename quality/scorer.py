"""What a scorer is, and what all scorers share: the pinned size, and weights that are only read from this machine."""

import contextlib
import os
import pickle
import struct
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn, Protocol
from unittest import mock

import torch
from safetensors import SafetensorError
from torch import Tensor
from torch.nn import functional as F

from schemas.errors import UnretouchError

Scores = dict[str, float | None]
"""Scores of a pair by name; None is a score that could not be computed."""


class ScorerUnavailableError(UnretouchError):
    """A score that the config asks for cannot be computed here. The message says what is missing and how to get it."""

    exit_code = 2


LOAD_ERRORS = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError, TypeError),
    *(ValueError, pickle.UnpicklingError, struct.error, SafetensorError),
)
"""What model libraries raise at weights that are missing, broken, unsafe or of another model."""


class Scorer(Protocol):
    """Computes some scores of the pairs of one source."""

    def score(self, inputs: Tensor, target: Tensor, instructions: Sequence[str]) -> list[Scores]:
        """Score the variants of one target.

        Args:
            inputs: (B, 3, H, W) uint8.
            target: (3, H, W) uint8.
            instructions: B texts.

        Returns:
            B scores, each with the same names.
        """


def reduce(image: Tensor, long_side: int) -> Tensor:
    """Reduce uint8 pictures (B, 3, H, W) to a longer side of at most `long_side`, antialiased, in 8 bits."""
    height, width = image.shape[2:]
    scale = long_side / max(height, width)
    if scale >= 1:
        return image
    size = (max(round(height * scale), 1), max(round(width * scale), 1))
    channels_last = image.permute(0, 2, 3, 1)
    if not channels_last.is_contiguous():
        # Torch is three times as fast where the channels come last, and quicker to stack them there than to move them.
        channels_last = torch.stack(image.unbind(1), dim=3)
    # A batch of one may have any stride; by the one that fits, torch sees that the channels come last.
    image = channels_last.view(channels_last.shape).permute(0, 3, 1, 2)
    return F.interpolate(image, size=size, mode="bilinear", antialias=True)


@contextlib.contextmanager
def local_weights() -> Iterator[None]:
    """While this lasts, model libraries neither download weights nor run code that a weight file holds.

    A data set must not depend on what a server sends on the day, and workers must not fetch the same file at once.
    Downloads of urllib (torch.hub, pyiqa, open_clip) raise FileNotFoundError with the address; those of Hugging Face
    raise an OSError of theirs. What libraries print goes to standard error. To be used while a process starts, not from
    several threads.
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
