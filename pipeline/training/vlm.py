"""Supervised fine-tuning of a VLM on a finished data set, by transformers' Trainer."""

from pathlib import Path
from typing import Any

import accelerate
import peft
import torch
import transformers
from torch import Tensor, nn
from transformers.trainer_utils import get_last_checkpoint

from pipeline.training.claim import claim
from pipeline.training.vlm_data import Collator, VlmDataset, pairs_of
from pipeline.training.vlm_model import DECODER, with_decoder
from pipeline.training.vlm_tiny import tiny_model
from pipeline.training.vlm_tokens import SPECIAL_TOKENS
from schemas.jobs.train_dapo import TrainDapoConfig
from schemas.jobs.train_vlm import TINY, LoraSection, TrainVlmConfig

CHECKPOINTS = "checkpoints"
MODEL = "model"


class RetouchTrainer(transformers.Trainer):
    """Cross-entropy of the answer, plus the weighted L1 distances of pixels and of parameters.

    Args:
        pixel_weight: of the mean distance between rendered and target pixels.
        parameter_weight: of the mean distance between the shares that were predicted and those of the recipe. Where
            inputs leave open whether a slider moves, their median is the best answer to an L1 distance, and for most
            sliders of most photos that is exactly neutral; of a squared distance it is the mean, a bit of everything.
    """

    loss_is_scaled_for_ga = False  # it is a mean over the batch, so accumulation has to divide it

    def __init__(self, *arguments: Any, pixel_weight: float, parameter_weight: float, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._pixel_weight, self._parameter_weight = pixel_weight, parameter_weight
        self._parts: dict[str, list[Tensor]] = {}

    def compute_loss(self, model: Any, inputs: dict[str, Tensor], *_: Any, **__: Any) -> Tensor:
        """The loss of a batch, whose parts are logged apart."""
        after, shares = inputs.pop("after"), inputs.pop("shares")
        outputs = model(**inputs)
        pixels = (outputs["rendered"] - after).abs().mean()
        parameters = (outputs["shares"] - shares).abs().mean()
        for name, part in (("cross_entropy", outputs.loss), ("pixel_l1", pixels), ("parameter_l1", parameters)):
            self._parts.setdefault(name, []).append(part.detach())
        loss: Tensor = outputs.loss + self._pixel_weight * pixels + self._parameter_weight * parameters
        return loss

    def log(self, logs: dict[str, float], *arguments: Any) -> None:
        """Add the means of the parts since the last log."""
        means = {name: torch.stack(parts).mean().item() for name, parts in self._parts.items()}
        self._parts.clear()
        super().log({**logs, **means}, *arguments)


def train(config: TrainVlmConfig, callbacks: list[Any] | None = None) -> Path:
    """Train, or go on where a killed training with the same config left its last checkpoint.

    A training that is killed and resumed ends at the weights of an undisturbed one.

    Args:
        config: what to train, on what, and how.
        callbacks: of transformers' Trainer.

    Returns:
        The folder of the finished model and its processor, `OUT/model`.

    Raises:
        NoDataSetError, DamagedError, SelectionError: the data cannot be used.
        UnusableModelError: the checkpoint to start from cannot be used.
        AnotherTrainingError: `out` holds a training with another config.
    """
    out = begin(config)
    transformers.set_seed(config.seed)
    pairs = pairs_of(config)
    process = pairs.process.name
    if config.model == TINY:
        said = map(pairs.labels, range(len(pairs)))
        texts = (text for one in said for text in (one.instruction, one.answer))
        model, processor = tiny_model(texts, process, config.side, config.seed)
    else:
        model, processor = with_decoder(config.model, config.model_class, process, config.side)
    _freeze(model, config.frozen)
    if config.lora is not None:
        model = _adapted(model, processor, config.lora, config.frozen)
    trainer = RetouchTrainer(
        model,
        _arguments(config, out / CHECKPOINTS),
        Collator(processor.tokenizer.pad_token_id),
        VlmDataset(pairs, processor, config.side, config.pixels, config.seed, _items(config)),
        optimizers=(_optimizer(model, config), None),
        callbacks=callbacks,
        pixel_weight=config.pixel_weight,
        parameter_weight=config.parameter_weight,
    )
    trainer.train(resume_from_checkpoint=last_checkpoint(out / CHECKPOINTS))
    model = trainer.accelerator.unwrap_model(trainer.model)
    if config.lora is not None:
        model = model.merge_and_unload()
    if trainer.is_world_process_zero():
        model.save_pretrained(out / MODEL)
        processor.save_pretrained(out / MODEL)
    return out / MODEL


def begin(config: TrainVlmConfig | TrainDapoConfig) -> Path:
    """Claim the folder of a training for its config, and set the number of threads.

    Raises:
        AnotherTrainingError: the folder belongs to another config.
    """
    out = Path(config.out)
    claim(out, config, {"out"})
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    return out


def last_checkpoint(checkpoints: Path) -> str | None:
    """The newest checkpoint in a folder of them, or None."""
    found: str | None = get_last_checkpoint(str(checkpoints)) if checkpoints.is_dir() else None
    return found


def _freeze(model: nn.Module, frozen: list[str]) -> None:
    for name, parameter in model.named_parameters():
        if set(frozen) & set(name.split(".")):
            parameter.requires_grad_(False)


def _adapted(model: Any, processor: Any, lora: LoraSection, frozen: list[str]) -> Any:
    """The model with adapters. The decoder is trained in full, and so are the embeddings of the new tokens."""
    tokens = processor.tokenizer.convert_tokens_to_ids(list(SPECIAL_TOKENS))
    names = {id(module): name.rpartition(".")[2] for name, module in model.named_modules()}
    tables = [model.get_input_embeddings()]
    if not model.config.get_text_config().tie_word_embeddings:
        tables.append(model.get_output_embeddings())
    adapters = peft.LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=lora.targets,
        exclude_modules=rf"(.*\.)?({'|'.join(frozen)})\..*" if frozen else None,
        modules_to_save=[DECODER],
        trainable_token_indices={names[id(table)]: tokens for table in tables},
    )
    return peft.get_peft_model(model, adapters)


def _optimizer(model: nn.Module, config: TrainVlmConfig) -> torch.optim.Optimizer:
    trained = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    head = [parameter for name, parameter in trained if DECODER in name.split(".")]
    body = [parameter for name, parameter in trained if DECODER not in name.split(".")]
    groups = [
        {"params": body, "lr": config.learning_rate},
        {"params": head, "lr": config.head_learning_rate},
    ]
    return torch.optim.AdamW(groups, weight_decay=config.weight_decay)


def _items(config: TrainVlmConfig) -> int:
    processes: int = accelerate.PartialState().num_processes
    return config.steps * config.batch * config.accumulation * processes


def _arguments(config: TrainVlmConfig, folder: Path) -> Any:
    return transformers.TrainingArguments(
        output_dir=str(folder),
        max_steps=config.steps,
        per_device_train_batch_size=config.batch,
        gradient_accumulation_steps=config.accumulation,
        learning_rate=config.learning_rate,
        warmup_steps=config.warmup,
        lr_scheduler_type=config.schedule,
        bf16=config.precision == "bfloat16",
        use_cpu=config.device == "cpu",
        dataloader_num_workers=config.workers,
        train_sampling_strategy="sequential",  # the data set has the order
        remove_unused_columns=False,
        save_steps=config.save_every,
        save_total_limit=2,
        logging_steps=config.log_every,
        report_to=["tensorboard"],
        disable_tqdm=True,
        seed=config.seed,
    )
