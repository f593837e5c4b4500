"""The config of a training of the retouch renderer."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.config import ConfigSection, Positive, Share


class RendererConfig(ConfigSection):
    """The model."""

    control: Literal["parameters", "reference"] = "parameters"
    """What tells the edit: the values of the process's parameters, or a pair of one photo before and after it."""
    latent: Positive = 896
    """Width of each of the three latents."""
    hidden: Annotated[tuple[Positive, ...], Field(min_length=1)] = (128, 256, 512)
    """Widths of the decoder's layers."""
    side: Annotated[int, Field(ge=32)] = 512
    """The reference encoder sees pairs reduced to squares of this many pixels."""


class OptimizerConfig(ConfigSection):
    """AdamW with a linear warm-up and a cosine decay."""

    rate: Annotated[float, Field(gt=0)] = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    warmup: Share = 0.05
    """Share of the steps in which the rate rises."""
    largest_gradient: Annotated[float, Field(gt=0)] = 1.0
    """Gradients of a larger norm are scaled down."""


class ValidationConfig(ConfigSection):
    """What the model is tested on while it is trained."""

    split: str = "validation"
    sources: Positive | None = None
    """Hold out so many sources of the training split instead, for a data set that is too small for a split."""
    every: Positive = 1000
    """Steps between validations; the last step is followed by one too."""
    pairs: Positive = 64
    """Most pairs that are rendered, spread evenly over the split."""


class CheckpointConfig(ConfigSection):
    """What is kept to resume from."""

    every: Positive = 1000
    """Steps between checkpoints."""
    keep: Positive = 2


class RayConfig(ConfigSection):
    """Processes of a Ray cluster that train together. Every node must see `dataset` and `out` by the same names."""

    workers: Positive = 1
    """How many; they share the batch evenly. Each has a GPU if the cluster has any."""
    address: str | None = None
    """Cluster to join, as in "ray://head:10001" or "auto"; null starts Ray on this machine."""


class TrainRendererConfig(ConfigSection):
    """What a YAML file may say."""

    dataset: str
    """Folder, s3:// prefix or http(s):// address of a finished data set."""
    out: str
    """Folder that receives checkpoints, curves and the model."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    split: str = "train"
    """The split that is trained on."""
    where: str | None = None
    """SQL condition on the manifest, as in "task = 'auto'", on the pairs to train on and to validate on."""
    steps: Positive
    batch: Positive = 16
    """Pairs a step, of all processes together."""
    pixels: Positive = 4096
    """Pixels of each pair that a step renders, drawn at random."""
    group_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.25
    """How often a group that moves is left out: its latent is off, and the process renders what is wanted without it.
    It decouples the latents. A spatial process cannot render single pixels and needs 0."""
    difference_weight: Annotated[float, Field(ge=0)] = 0.0
    """Weight of a mean CIEDE2000 of 100 beside the mean absolute difference of encoded sRGB in [0, 1]."""
    precision: Literal["no", "bf16", "fp16"] = "no"
    """Mixed precision of Accelerate."""
    average: Annotated[float, Field(ge=0, lt=1)] = 0.999
    """Share of the running average of weights that a step keeps. The averaged model is validated and saved."""
    workers: Annotated[int, Field(ge=0)] = 0
    """Processes that decode pictures, for each process that trains."""
    ray: RayConfig | None = None
    """Train by Ray Train; null trains in this process, or in those of `accelerate launch`."""
    model: RendererConfig = RendererConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    validation: ValidationConfig = ValidationConfig()
    checkpoint: CheckpointConfig = CheckpointConfig()
