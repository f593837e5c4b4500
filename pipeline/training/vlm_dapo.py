"""DAPO-AE: a fine-tuned VLM is trained on by rewards, with trl's GRPO trainer and DAPO's loss (Yu et al., 2025)."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import trl
from datasets import Dataset
from PIL import Image
from torch import Tensor

from pipeline.training.reader import PairDataset
from pipeline.training.vlm import CHECKPOINTS, MODEL, begin, last_checkpoint
from pipeline.training.vlm_data import pairs_of, square
from pipeline.training.vlm_model import load
from pipeline.training.vlm_rewards import Rewards
from quality.scorers.pyiqa_metrics import PyiqaScorer
from quality.text.format import TASKS
from schemas.errors import UnretouchError
from schemas.jobs.train_dapo import TrainDapoConfig


class OneProcessError(UnretouchError):
    """The training was started on several processes."""

    exit_code = 2


class RedrawingTrainer(trl.GRPOTrainer):
    """GRPO that replaces groups of equal rewards, from which nothing can be learned, by groups of other prompts.

    That is DAPO's dynamic sampling. After `redraws` attempts the equal groups stay, with advantages of 0.
    """

    def __init__(self, *arguments: Any, redraws: int, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self.accelerator.num_processes > 1:
            raise OneProcessError("DAPO-AE runs on one process: groups drawn again would part the ranks")
        self._redraws = redraws
        self._draw = torch.Generator().manual_seed(self.args.seed)

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        batch: dict[str, Any] = super()._generate_and_score_completions(inputs)
        for _ in range(self._redraws if self.model.training else 0):
            equal = batch["advantages"].view(-1, self.num_generations).abs().amax(1) == 0
            if not equal.any():
                break
            chosen = torch.randint(len(self.train_dataset), (int(equal.sum()),), generator=self._draw).tolist()
            others = [row for at in chosen for row in [self.train_dataset[at]] * self.num_generations]
            new = super()._generate_and_score_completions(others)
            batch = replaced(batch, new, equal.repeat_interleave(self.num_generations), self._pad_id)
        return batch

    @property
    def _pad_id(self) -> int:
        found: int = self.processing_class.tokenizer.pad_token_id
        return found


def replaced(batch: dict[str, Any], new: dict[str, Any], rows: Tensor, pad_id: int) -> dict[str, Any]:
    """A batch of trl with other rows in some places.

    Args:
        batch: tensors whose first dimension counts rows, and scalars. Prompts are padded on the left, the rest on the
            right.
        new: as many rows as `rows` is true.
        rows: bool, one for each row of the batch.
        pad_id: what pads ids.
    """
    merged = dict(batch)
    for name, old in batch.items():
        other = new.get(name)
        if not (isinstance(old, Tensor) and isinstance(other, Tensor) and old.ndim and len(old) == len(rows)):
            continue
        both = [old, other]
        if old.ndim == 2 and old.shape[1] != other.shape[1]:
            width, fill = max(old.shape[1], other.shape[1]), pad_id if name.endswith("_ids") else 0
            both = [_padded(values, width, fill, name.startswith("prompt")) for values in both]
        merged[name] = both[0].clone()
        merged[name][rows] = both[1]
    if "num_items_in_batch" in merged:
        merged["num_items_in_batch"] = merged["completion_mask"].sum()
    return merged


def _padded(values: Tensor, width: int, fill: int, left: bool) -> Tensor:
    missing = width - values.shape[1]
    return torch.nn.functional.pad(values, (missing, 0) if left else (0, missing), value=fill)


def train_dapo(config: TrainDapoConfig, callbacks: list[Any] | None = None) -> Path:
    """Train, or go on from the last checkpoint of a training with the same config.

    Rewards are logged apart, as `rewards/format/mean`, `rewards/similarity/mean` and `rewards/aesthetics/mean`.

    Args:
        config: what to train, on what, and how.
        callbacks: of transformers' Trainer.

    Returns:
        The folder of the finished model and its processor, `OUT/model`.

    Raises:
        NoDataSetError, DamagedError, SelectionError: the data cannot be used.
        UnusableModelError: the model cannot be used.
        AnotherTrainingError: `out` holds a training with another config.
        ScorerUnavailableError: the metric of aesthetics cannot be computed.
        OneProcessError: there are several processes.
    """
    out = begin(config)
    pairs = pairs_of(config)
    model, processor = load(config.model)
    for name, parameter in model.named_parameters():
        parts = set(name.split("."))
        parameter.requires_grad_(bool(parts & set(config.trained)) and not parts & set(config.frozen))
    scorer, metric, weights = None, "", [1.0, 1.0]
    if config.aesthetics is not None:
        metric, weights = config.aesthetics.metric, [*weights, config.aesthetics.weight]
        scorer = PyiqaScorer([metric], config.aesthetics.long_side, "cpu", "compiled")
    rewards = Rewards(model, processor, pairs, config.reward_side, scorer, metric)
    trainer = RedrawingTrainer(
        model,
        [rewards.format, rewards.similarity, rewards.aesthetics][: len(weights)],
        _arguments(config, out / CHECKPOINTS, weights),
        _prompts(pairs, model.config.retouch["side"]),
        processing_class=processor,
        callbacks=callbacks,
        redraws=config.redraws,
    )
    trainer.train(resume_from_checkpoint=last_checkpoint(out / CHECKPOINTS))
    model.save_pretrained(out / MODEL)
    processor.save_pretrained(out / MODEL)
    return out / MODEL


def _prompts(pairs: PairDataset, side: int) -> Any:
    """A data set of one prompt a pair, which is read when it is asked for."""

    def fetch(rows: dict[str, list[int]]) -> dict[str, list[Any]]:
        some = [pairs.pair(at) for at in rows["at"]]
        seen = [square(pair.input, side).permute(1, 2, 0).contiguous() for pair in some]
        words = [f"{TASKS[pair.labels.task].token}{pair.labels.instruction}" for pair in some]
        return {
            "at": rows["at"],
            "prompt": [[{"role": "user", "content": text}] for text in words],
            "image": [Image.fromarray(picture.numpy()) for picture in seen],
        }

    return Dataset.from_dict({"at": np.arange(len(pairs))}).with_transform(fetch)


def _arguments(config: TrainDapoConfig, folder: Path, weights: list[float]) -> Any:
    return trl.GRPOConfig(
        output_dir=str(folder),
        loss_type="dapo",
        epsilon=config.clip_low,
        epsilon_high=config.clip_high,
        beta=0.0,
        reward_weights=weights,
        mask_truncated_completions=False,  # a cut answer breaks the format, and should learn so
        max_completion_length=config.longest,
        num_generations=config.answers,
        per_device_train_batch_size=config.prompts * config.answers,
        temperature=config.temperature,
        max_steps=config.steps,
        learning_rate=config.learning_rate,
        lr_scheduler_type="constant",
        bf16=config.precision == "bfloat16",
        use_cpu=config.device == "cpu",
        gradient_checkpointing=False,
        save_steps=config.save_every,
        save_total_limit=2,
        logging_steps=config.log_every,
        report_to=["tensorboard"],
        disable_tqdm=True,
        seed=config.seed,
    )
