"""Examples: what a step trains on, as a function of seed, step and rank alone, so that training can be resumed."""

from collections.abc import Iterator
from typing import TypedDict

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from operators.process import Process
from operators.renderer import renderer_of
from pipeline.recipes.seeds import seed_of
from pipeline.training.encoders import GROUPS
from pipeline.training.framing import draw_frame
from pipeline.training.order import Drawn, EndlessOrder
from pipeline.training.pairs import normalized, with_groups
from pipeline.training.reader import PairDataset
from pipeline.training.renderer import RetouchRenderer
from pipeline.training.samples import PairSample
from schemas.errors import UnretouchError
from schemas.jobs.train_renderer import RendererConfig, TrainRendererConfig


class SpatialProcessError(UnretouchError):
    """A process cannot render single pixels, because they depend on their neighbours."""

    exit_code = 2


class Example(TypedDict):
    """A pair, or a batch of pairs, ready to train on: `RetouchRenderer.forward` explains the first three.

    `colors` and `wanted` are (3, N) encoded sRGB in [0, 1], pixels of input and target at equal places. `frame` is
    (4, 2), the part of a pair that the reference encoder is to see.
    """

    control: Tensor
    mask: Tensor
    colors: Tensor
    wanted: Tensor
    frame: Tensor


class Examples(Dataset[Example]):
    """Examples of pairs as an order draws them; another epoch draws other pixels, groups and frames.

    Where a group is left out, its latent is off, and what is wanted is the process's render of the recipe without it.
    So each latent learns to carry its own group and no other.

    Raises:
        SpatialProcessError: groups are to be left out, and the process cannot render single pixels.
    """

    def __init__(self, pairs: PairDataset, config: TrainRendererConfig) -> None:
        if config.group_dropout > 0 and pairs.process.spatial:
            raise SpatialProcessError(f"{pairs.process.name} cannot render single pixels; set group_dropout=0")
        self._pairs = pairs
        self._config = config

    def __getitem__(self, drawn: Drawn) -> Example:
        """Read a pair and draw its pixels."""
        pair = self._pairs.pair(drawn)
        generator = torch.Generator().manual_seed(seed_of(drawn.seed, pair.labels.key))
        places = torch.randint(pair.input[0].numel(), (self._config.pixels,), generator=generator)
        colors, wanted = (picture.flatten(1)[:, places] for picture in (pair.input, pair.target))
        mask = mask_of(pair) * (torch.rand(len(GROUPS), generator=generator) >= self._config.group_dropout)
        if not torch.equal(mask, mask_of(pair)):
            wanted = self._without_groups(colors, pair.labels.parameters, mask)
        control = control_of(pair, self._config.model, self._pairs.process)
        frame = draw_frame(generator)
        return {"control": control, "mask": mask, "colors": colors / 255, "wanted": wanted / 255, "frame": frame}

    def _without_groups(self, colors: Tensor, recipe: Tensor, mask: Tensor) -> Tensor:
        """What the process makes of colours, uint8 (3, N) to the same, by a recipe without the groups that are off."""
        renderer = renderer_of(self._pairs.process.name, "compiled")
        recipe = with_groups(self._pairs.process, recipe, mask)
        return renderer.render(colors[None, :, None], recipe[None])[0, :, 0]


class Batches(Sampler[list[Drawn]]):
    """The batches of the steps that remain. Step k takes the samples kB to (k + 1)B of an endless order.

    Args:
        order: the order.
        config: steps and B, the size of the batch.
        start: steps that are done.
        rank: number of this process.
        ranks: number of processes, each of which takes its part of every batch.

    Raises:
        ValueError: the processes cannot take equal parts.
    """

    def __init__(self, order: EndlessOrder, config: TrainRendererConfig, start: int, rank: int, ranks: int) -> None:
        if config.batch % ranks:
            raise ValueError(f"a batch of {config.batch} has no equal parts for {ranks} processes")
        self._order, self._config, self._start = order, config, start
        self._rank, self._ranks = rank, ranks

    def __len__(self) -> int:
        """Steps that remain."""
        return self._config.steps - self._start

    def __iter__(self) -> Iterator[list[Drawn]]:
        batch = self._config.batch
        for step in range(self._start, self._config.steps):
            yield [self._order[at] for at in range(step * batch + self._rank, (step + 1) * batch, self._ranks)]


def control_of(pair: PairSample, model: RendererConfig, process: Process) -> Tensor:
    """What tells a model the edit of a pair, whose recipe is one of the process."""
    if model.control == "parameters":
        return normalized(process, pair.labels.parameters)
    return reference(pair.input, pair.target, model.side)


def mask_of(pair: PairSample) -> Tensor:
    """(3,) 1 for each group that a pair's recipe moves, else 0."""
    return pair.labels.groups.float()


def render_pair(model: RetouchRenderer, pair: PairSample, mask: Tensor | None = None) -> Tensor:
    """Render a pair's input as its edit says, uint8 (3, H, W).

    Args:
        model: a renderer in evaluation mode, on any device.
        pair: the pair, on the processor.
        mask: (3,) which groups to render; those of the pair by default.
    """
    device = next(model.parameters()).device
    control, mask = control_of(pair, model.config, model.process), mask_of(pair) if mask is None else mask
    with torch.no_grad():
        latents = model.encode(control[None].to(device), mask[None].to(device))
    return model.render(pair.input.to(device), latents).cpu()


def reference(before: Tensor, after: Tensor, side: int) -> Tensor:
    """A pair of pictures, uint8 (3, H, W) each, as the reference encoder takes it: (6, side, side) in [-1, 1]."""
    both = torch.cat([before, after])[None] / 127.5 - 1
    return F.interpolate(both, size=(side, side), mode="bilinear", antialias=True, align_corners=False)[0]


def example_loader(
    pairs: PairDataset, config: TrainRendererConfig, start: int, rank: int, ranks: int
) -> DataLoader[Example]:
    """Batches of examples from a step on; `Batches` explains the arguments."""
    batches = Batches(EndlessOrder(pairs.shards, config.seed), config, start, rank, ranks)
    return DataLoader(Examples(pairs, config), batch_sampler=batches, num_workers=config.workers)
