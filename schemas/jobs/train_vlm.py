"""The config of a training of the VLM. Unknown keys and impossible values are refused."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas.config import ConfigSection, Positive

Rate = Annotated[float, Field(gt=0, le=1)]

TINY = "tiny"
"""Name of the model that is made on the spot, with random weights."""


class LoraSection(ConfigSection):
    """Low-rank adapters of the language model. They are merged into the weights when training ends."""

    rank: Positive = 16
    alpha: Positive = 32
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    targets: list[str] = Field(
        ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"], min_length=1
    )
    """Names of the linear layers that get an adapter, wherever they stand outside of the frozen parts."""


class TrainVlmConfig(ConfigSection):
    """What is trained, on what, and how."""

    data: str
    """Folder, s3:// prefix or http(s):// address of a finished data set."""
    split: str = "train"
    where: str | None = None
    """SQL condition on the manifest, as in "scores.ssim > 0.9", on the pairs to use."""
    samples: Positive | None = None
    """Use this many of them, the first ones; null uses all."""
    out: str
    """Folder that receives `checkpoints/` while training runs and `model/` when it is done."""
    model: str = "KamilaMila/FastVLM-0.5B"
    """Folder or hub name of a checkpoint in transformers' format; "tiny" makes a small one with random weights."""
    model_class: str | None = None
    """Name of the model's class in transformers; null takes the one that the checkpoint names."""
    frozen: list[str] = Field(["vision_tower", "vision_model", "visual"])
    """Modules that are not trained, by a part of their dotted names. FastVLM's tower comes with its normalisation
    folded into its convolutions, and must stay frozen."""
    lora: LoraSection | None = None
    """Null trains all weights that are not frozen."""
    side: Annotated[int, Field(ge=32, le=4096)] = 1024
    """The model sees photos reduced to this long side, on a black square. Its processor scales that to its own size, if
    it has another: FastVLM's is 1024."""
    pixels: Positive = 4096
    """Pixels of each picture on which the loss compares the render with the target, drawn anew each epoch."""
    pixel_weight: Annotated[float, Field(ge=0)] = 3.0
    """Factor on the L1 distance of the rendered pixels, which is added to the cross-entropy of the answer."""
    parameter_weight: Annotated[float, Field(ge=0)] = 10.0
    """Factor on the L1 distance of the recipe's parameters, each as a share of the way from neutral to the end of its
    range. At 0, pixels alone count, and any of the many recipes that make them will do: all sliders move a little."""
    steps: Positive = 10_000
    batch: Positive = 4
    """Samples a step on each device, before accumulation."""
    accumulation: Positive = 1
    """Batches whose gradients are added up before a step."""
    learning_rate: Rate = 1e-5
    head_learning_rate: Rate = 1e-4
    """Of the head that turns hidden states into parameters, which starts from nothing."""
    warmup: Annotated[int, Field(ge=0)] = 0
    """Steps over which learning rates rise from 0."""
    schedule: Literal["constant_with_warmup", "linear", "cosine"] = "cosine"
    weight_decay: Annotated[float, Field(ge=0, lt=1)] = 0.0
    precision: Literal["float32", "bfloat16"] = "float32"
    device: Literal["auto", "cpu"] = "auto"
    """"auto" uses GPUs where there are any."""
    threads: Positive | None = None
    """Of torch, on the processor; null leaves the number alone. A tiny model is fastest on one."""
    workers: Annotated[int, Field(ge=0)] = 0
    """Processes that decode pictures beside the training."""
    save_every: Positive = 500
    """Steps from one checkpoint to the next; the last two are kept."""
    log_every: Positive = 10
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0

    @model_validator(mode="after")
    def _warm_in_time(self) -> "TrainVlmConfig":
        if self.warmup >= self.steps:
            raise ValueError(f"warmup = {self.warmup} must be below steps = {self.steps}")
        return self
