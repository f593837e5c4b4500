"""The config of DAPO-AE, which trains a fine-tuned VLM on by rewards. Unknown keys are refused."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.config import ConfigSection, Positive
from schemas.jobs.train_vlm import Rate


class AestheticsSection(ConfigSection):
    """The reward of how a retouched photo looks, for the auto task alone."""

    metric: str
    """A no-reference metric of pyiqa."""
    weight: float
    """Factor on how much the render scores more than the input; negative where less is better."""
    long_side: Annotated[int, Field(ge=64)] = 512
    """Pictures are reduced to this before they are scored."""


class TrainDapoConfig(ConfigSection):
    """What is trained, on what, and how."""

    data: str
    """Folder, s3:// prefix or http(s):// address of a finished data set."""
    split: str = "train"
    where: str | None = None
    """SQL condition on the manifest, as in "scores.ssim > 0.9", on the pairs to use."""
    samples: Positive | None = None
    """Use this many of them, the first ones; null uses all."""
    model: str
    """Folder of a model that `unretouch train-vlm` finished."""
    out: str
    """Folder that receives `checkpoints/` while training runs and `model/` when it is done."""
    trained: list[str] = Field(["language_model"], min_length=1)
    """Modules that are trained, by a part of their dotted names. The vision tower, its projection and the decoder of a
    FastVLM stay as they are by default."""
    frozen: list[str] = Field(["vision_tower", "vision_model", "visual"])
    """Modules inside of those that are not."""
    aesthetics: AestheticsSection | None = None
    """Null rewards format and similarity alone."""
    reward_side: Annotated[int, Field(ge=32)] = 512
    """Renders are compared with targets at this long side."""
    prompts: Positive = 4
    """Samples a step."""
    answers: Annotated[int, Field(ge=2)] = 8
    """Answers drawn for each; their rewards are compared with each other."""
    redraws: Annotated[int, Field(ge=0)] = 3
    """How often the prompts of a step whose answers all got the same reward are replaced by others."""
    longest: Positive = 1024
    """Tokens of an answer at most; a longer one is cut, and then does not follow the format."""
    temperature: Annotated[float, Field(gt=0)] = 1.0
    clip_low: Annotated[float, Field(gt=0, lt=1)] = 0.2
    clip_high: Annotated[float, Field(gt=0, lt=1)] = 0.28
    """How far the probability of a token may move in a step, as a share: down, and up (DAPO's "clip higher")."""
    steps: Positive = 1000
    learning_rate: Rate = 1e-6
    precision: Literal["float32", "bfloat16"] = "float32"
    device: Literal["auto", "cpu"] = "auto"
    threads: Positive | None = None
    save_every: Positive = 100
    log_every: Positive = 1
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
