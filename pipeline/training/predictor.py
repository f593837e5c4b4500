"""A small model that looks at a picture and predicts the recipe that retouches it, trained through the process itself.

It is small enough to be trained in minutes on a processor, so that data sets can be compared by what they teach. The
loss is taken on rendered pixels, not on recipes: many recipes make one picture look alike.
"""

import copy
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from kornia.augmentation import RandomHorizontalFlip, RandomResizedCrop
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from operators.catalogue import PROCESSES
from operators.process import Process
from pipeline.training.color_loss import color_loss
from pipeline.training.weights import ModelFileError, read_weights
from quality.color_difference import srgb_to_lab

SIDE = 64
"""The model sees a picture reduced to this many pixels on each side."""

LIMIT = 0.8
"""Share of a slider's range that is predicted: what recipes are drawn from."""

_AVERAGE = 0.98
"""Share of the running average of weights that a step keeps. Single states differ by a decibel on pictures of another
kind; their average does not."""

_QUANTILES = torch.linspace(0.02, 0.98, 13)
_STEEPNESS = 4.0


class Pairs(NamedTuple):
    """Pairs as the model is trained on them: N reduced inputs, and pixels of inputs and of targets at equal places.

    Attributes:
        pictures: uint8 (N, 3, SIDE, SIDE).
        inputs: uint8 (N, 3, M).
        targets: uint8 (N, 3, M).
    """

    pictures: Tensor
    inputs: Tensor
    targets: Tensor

    def at(self, indices: Tensor) -> "Pairs":
        """Some of the pairs."""
        return Pairs(self.pictures[indices], self.inputs[indices], self.targets[indices])


class Predictor(nn.Module):
    """From a picture to the values of a process's parameters.

    Args:
        process: what the parameters are of.
    """

    def __init__(self, process: Process) -> None:
        super().__init__()
        self.process = process
        widths = [3, 16, 32, 64, 64]
        blocks: list[nn.Module] = []
        for narrow, wide in itertools.pairwise(widths):
            blocks += [nn.Conv2d(narrow, wide, 3, stride=2, padding=1), nn.GroupNorm(4, wide), nn.GELU()]
        self.convolutions = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        features = widths[-1] + len(_QUANTILES) + 6
        last = nn.Linear(128, len(process.parameters))
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.head = nn.Sequential(nn.LayerNorm(features), nn.Dropout(0.1), nn.Linear(features, 128), nn.GELU(), last)
        neutral = torch.tensor([spec.neutral for spec in process.parameters])
        low = torch.tensor([spec.minimum for spec in process.parameters])
        high = torch.tensor([spec.maximum for spec in process.parameters])
        for name, bound in {"neutral": neutral, "below": neutral - low, "above": high - neutral}.items():
            self.register_buffer(name, bound, persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """(B, 3, SIDE, SIDE) uint8 to (B, P) values in their units."""
        features = [self.convolutions(pictures / 127.5 - 1), color_statistics(pictures)]
        share = LIMIT * torch.tanh(self.head(torch.cat(features, dim=1)) / _STEEPNESS)
        neutral, below, above = (self.get_buffer(name) for name in ("neutral", "below", "above"))
        return neutral + share * torch.where(share >= 0, above, below)


def color_statistics(pictures: Tensor) -> Tensor:
    """Quantiles of L*, mean and spread of a* and b*, the mean chroma and the spread of L*: uint8 (B, 3, H, W) to
    (B, 19), each about in [-1, 1]."""
    lab = srgb_to_lab(pictures).flatten(2) / 100
    tones = torch.quantile(lab[:, 0], _QUANTILES.to(lab), dim=1).T * 2 - 1
    chroma = lab[:, 1:].square().sum(1).sqrt().mean(1, keepdim=True)
    return torch.cat([tones, lab[:, 1:].mean(2), lab[:, 1:].std(2), chroma, lab[:, :1].std(2)], dim=1)


def reduced(picture: Tensor) -> Tensor:
    """What the model sees of a picture: uint8 (3, H, W) to uint8 (3, SIDE, SIDE)."""
    small = F.interpolate(picture[None].float(), size=(SIDE, SIDE), mode="area")[0]
    return small.round().byte()


def gather_pairs(pairs: Sequence[tuple[Tensor, Tensor]], pixels: int, seed: int) -> Pairs:
    """Reduce pairs, and draw the pixels of each that the loss is taken on.

    Args:
        pairs: input and target, uint8 (3, H, W) each.
        pixels: how many of each pair.
        seed: determines the pixels.
    """
    generator = torch.Generator().manual_seed(seed)
    rows = []
    for picture, target in pairs:
        places = torch.randint(picture[0].numel(), (pixels,), generator=generator)
        rows.append((reduced(picture), picture.flatten(1)[:, places], target.flatten(1)[:, places]))
    return Pairs(*(torch.stack(column) for column in zip(*rows, strict=True)))


def train_predictor(
    process: Process, training: Pairs, validation: Pairs, steps: int, seed: int, batch: int = 32, pixels: int = 256
) -> Predictor:
    """Train a model, and keep the running average of its weights that was best on the pairs for validation.

    The model sees another part of each picture in every step, so that it cannot know photos again.

    Args:
        process: what is rendered; pointwise.
        training: pairs to learn from.
        validation: pairs of other photos.
        steps: optimisation steps; the model is validated twenty times.
        seed: determines the start, the order, the pixels and the parts.
        batch: pairs a step.
        pixels: pixels of each pair that a step renders.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Predictor(process)
        average = AveragedModel(model, avg_fn=lambda mean, weight, _: torch.lerp(mean, weight, 1 - _AVERAGE))
        parts = nn.Sequential(RandomResizedCrop((SIDE, SIDE), scale=(0.3, 1), ratio=(1, 1)), RandomHorizontalFlip())
        optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
        best, kept = float("inf"), copy.deepcopy(model.state_dict())
        for step in range(1, steps + 1):
            model.train()
            chosen = training.at(torch.randint(len(training.pictures), (batch,)))
            places = torch.randint(training.inputs.shape[-1], (pixels,))
            seen = parts(chosen.pictures / 255).mul(255).round().byte()
            loss = _loss(process, model, Pairs(seen, chosen.inputs[..., places], chosen.targets[..., places]))
            optimizer.zero_grad()
            torch.autograd.backward([loss])
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            average.update_parameters(model)
            if step % max(steps // 20, 1) == 0:
                average.eval()
                with torch.no_grad():
                    error = float(_loss(process, average.module, validation))
                if error < best:
                    best, kept = error, copy.deepcopy(average.module.state_dict())
    model.load_state_dict(kept)
    return model.eval()


def save_predictor(model: Predictor, path: Path) -> None:
    """Write a model as safetensors, with the name of its process in the metadata."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(model.state_dict(), path, {"predictor": model.process.name})


def load_predictor(path: Path) -> Predictor:
    """Read a model that `save_predictor` wrote.

    Raises:
        ModelFileError: the file cannot be read, or holds something else.
    """
    metadata, weights = read_weights(path)
    if metadata.get("predictor") not in PROCESSES:
        raise ModelFileError(f"{path} holds no predictor of a process that this version knows")
    model = Predictor(PROCESSES[metadata["predictor"]])
    model.load_state_dict(weights)
    return model.eval()


def predict(model: Predictor, picture: Tensor) -> Tensor:
    """The recipe of a picture, uint8 (3, H, W) to (1, P)."""
    with torch.no_grad():
        values: Tensor = model(reduced(picture)[None])
    return values


def _loss(process: Process, model: nn.Module, pairs: Pairs) -> Tensor:
    rendered = process.render(pairs.inputs[..., None] / 255, model(pairs.pictures))[..., 0]
    return color_loss(rendered, pairs.targets / 255, difference_weight=1.0)
