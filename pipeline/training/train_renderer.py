"""Training of the retouch renderer: the same function on one processor, on one GPU, and in each of many processes."""

import logging
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor
from torch.optim.swa_utils import AveragedModel
from torchvision.utils import make_grid

from operators.resize import resize
from pipeline.training.checkpoints import Progress, load_checkpoint, save_checkpoint
from pipeline.training.claim import claim
from pipeline.training.color_loss import color_loss
from pipeline.training.compare import Closeness
from pipeline.training.examples import example_loader, render_pair
from pipeline.training.framing import framed
from pipeline.training.pairs import hold_out, spread
from pipeline.training.reader import PairDataset
from pipeline.training.renderer import RetouchRenderer, save_renderer
from schemas.errors import UnretouchError
from schemas.jobs.train_renderer import OptimizerConfig, TrainRendererConfig

logger = logging.getLogger(__name__)

MODEL = "renderer.safetensors"
"""File in `out` that receives the model, with averaged weights."""

_FREE = {"dataset", "out", "workers", "ray", "validation", "checkpoint"}
"""Fields of a config that may differ when a training is resumed: they do not change the weights."""

_LOGGED = 10
"""Steps between logged losses."""

_SHOWN = 4
"""Pairs in a logged grid."""


class UnevenBatchError(UnretouchError):
    """A batch cannot be shared evenly by the processes that train."""

    exit_code = 2


def train(config: TrainRendererConfig) -> dict[str, float]:
    """Train a renderer, or go on with a training that was stopped; write it to `config.out`.

    A training that goes on ends with the same bits as one that was never stopped, on the same machine.

    Returns:
        `psnr`, `ssim` and `de00` of the last validation, and the same of unchanged inputs as `identity_psnr` and so on.

    Raises:
        SelectionError: there is nothing to train on, or to validate on.
        AnotherTrainingError: `config.out` holds a training of another config, or on other pairs.
        UnevenBatchError: the processes cannot share a batch evenly.
        SpatialProcessError: groups are to be left out, and the process cannot render single pixels.
        NoDataSetError, DamagedError: the data set cannot be read, or is not finished.
    """
    logging.getLogger("accelerate").setLevel(logging.WARNING)  # it reports every file of every checkpoint
    accelerator = Accelerator(mixed_precision=config.precision, log_with="tensorboard", project_dir=config.out)
    if accelerator.is_main_process:
        prepare_folder(config, accelerator.num_processes)
    accelerator.wait_for_everyone()
    pairs, held_out = _parts(config)
    set_seed(config.seed)
    model = RetouchRenderer(config.model, pairs.process)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=config.optimizer.rate, weight_decay=config.optimizer.weight_decay
    )
    averaged = AveragedModel(model, device=accelerator.device, multi_avg_fn=_averaging(config.average))
    average = cast(RetouchRenderer, averaged.module)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _rate_factor(config))
    progress = Progress(pairs.fingerprint)
    prepared, optimizer = accelerator.prepare(model, optimizer)
    accelerator.register_for_checkpointing(averaged, schedule, progress)
    load_checkpoint(accelerator, config)
    accelerator.init_trackers("tensorboard")
    measured: dict[str, float] = {}
    for batch in _batches(pairs, config, progress.step, accelerator):
        prepared.train()
        rendered = prepared(batch["control"], batch["mask"], batch["colors"])
        loss = color_loss(rendered, batch["wanted"], config.difference_weight)
        optimizer.zero_grad()
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(prepared.parameters(), config.optimizer.largest_gradient)
        optimizer.step()
        schedule.step()
        averaged.update_parameters(model)
        progress.step += 1
        if progress.step % _LOGGED == 0:
            accelerator.log({"loss": loss.item(), "rate": schedule.get_last_lr()[0]}, progress.step)
        if _due(progress.step, config.validation.every, config):
            measured = _validated(accelerator, average, held_out, progress.step)
        if _due(progress.step, config.checkpoint.every, config):
            save_checkpoint(accelerator, config, progress.step)
    if not measured:  # the training was complete before
        measured = _validated(accelerator, average, held_out, progress.step)
    if accelerator.is_main_process:
        save_renderer(average, Path(config.out) / MODEL)
    accelerator.end_training()
    return measured


def prepare_folder(config: TrainRendererConfig, processes: int) -> None:
    """Claim the folder of a training for its config.

    Raises:
        AnotherTrainingError: it holds a training of another config.
        UnevenBatchError: so many processes cannot share a batch evenly.
    """
    if config.batch % processes:
        raise UnevenBatchError(f"a batch of {config.batch} cannot be shared evenly by {processes} processes")
    claim(Path(config.out), config, _FREE)


def _parts(config: TrainRendererConfig) -> tuple[PairDataset, PairDataset]:
    """Pairs to train on, and pairs to validate on."""
    pairs = PairDataset(config.dataset, config.split, config.where)
    if config.validation.sources is not None:
        pairs, held_out = hold_out(pairs, config.validation.sources)
    else:
        held_out = PairDataset(config.dataset, config.validation.split, config.where)
    return pairs, spread(held_out, config.validation.pairs)


def _batches(
    pairs: PairDataset, config: TrainRendererConfig, start: int, accelerator: Accelerator
) -> Iterator[dict[str, Tensor]]:
    """Batches on the device."""
    for found in example_loader(pairs, config, start, accelerator.process_index, accelerator.num_processes):
        batch = {name: tensor.to(accelerator.device, non_blocking=True) for name, tensor in found.items()}
        if config.model.control == "reference":
            batch["control"] = framed(batch["control"], batch["frame"])
        yield batch


def _validated(accelerator: Accelerator, model: RetouchRenderer, pairs: PairDataset, step: int) -> dict[str, float]:
    """Measure and log a model on held-out pairs, of which each process renders its part."""
    model.eval()
    found: list[list[Closeness]] = [[], []]
    rows: list[Tensor] = []
    for number in range(accelerator.process_index, len(pairs), accelerator.num_processes):
        pair = pairs.pair(number)
        rendered = render_pair(model, pair)
        for column, picture in zip(found, (rendered, pair.input), strict=True):
            column.append(Closeness.of(picture, pair.target))
        if len(rows) < 3 * _SHOWN:
            rows += [_square(picture) for picture in (pair.input, rendered, pair.target)]
    here = torch.tensor(found, dtype=torch.float32).view(2, -1, len(Closeness._fields))
    sums = torch.cat([here.sum(1), torch.full((2, 1), here.shape[1])], dim=1)
    everywhere = accelerator.reduce(sums.to(accelerator.device)).cpu()
    ours, identity = (Closeness(*(row[:-1] / row[-1]).tolist()) for row in everywhere)
    measured = ours._asdict() | {f"identity_{name}": value for name, value in identity._asdict().items()}
    accelerator.log({f"validation/{name}": value for name, value in measured.items()}, step)
    if accelerator.is_main_process:
        grid = make_grid(torch.stack(rows), nrow=3)[None]
        tracker = accelerator.get_tracker("tensorboard")
        tracker.log_images({"input, ours, target": grid.numpy()}, step=step, dataformats="NCHW")
        logger.info("step %d: %.2f dB, CIEDE2000 %.2f; unchanged %.2f dB", step, ours.psnr, ours.de00, identity.psnr)
    return measured


def _square(picture: Tensor, side: int = 256) -> Tensor:
    """A picture in the corner of a black square, uint8 (3, side, side)."""
    small = resize(picture, side)
    square = small.new_zeros(3, side, side)
    square[:, : small.shape[1], : small.shape[2]] = small
    return square


def _due(step: int, every: int, config: TrainRendererConfig) -> bool:
    return step % every == 0 or step == config.steps


def _rate_factor(config: TrainRendererConfig) -> Any:
    """The rate of each step as a factor: a linear warm-up, then half a cosine."""

    def factor(step: int) -> float:
        return rate_factor(step, config.steps, config.optimizer)

    return factor


def rate_factor(step: int, steps: int, optimizer: OptimizerConfig) -> float:
    """The learning rate of a step, from 0 on, as a share of `optimizer.rate`, in (0, 1]."""
    warm = max(round(steps * optimizer.warmup), 1)
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(steps - warm, 1)))


def _averaging(share: float) -> Any:
    """A running average that keeps `share` of its old value, and less while it is young."""

    def update(averages: list[Tensor], weights: list[Tensor], updates: Tensor | int) -> None:
        young = (1 + float(updates)) / (10 + float(updates))
        torch._foreach_lerp_(averages, weights, 1 - min(share, young))

    return update
