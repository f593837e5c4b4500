"""The run config: what a YAML file may say. Unknown keys and impossible values fail before any work starts."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.sample import Task

Share = Annotated[float, Field(ge=0, le=1)]
GroupCombination = Literal[
    "light", "color", "specific", "light+color", "light+specific", "color+specific", "all"
]  # fmt: skip
Positive = Annotated[int, Field(gt=0)]
Engine = Literal["compiled", "eager"]


def _check_weights(weights: Mapping[Any, float], name: str) -> None:
    if any(weight < 0 for weight in weights.values()) or sum(weights.values()) <= 0:
        raise ValueError(f"{name} needs weights of 0 or more, one of them above 0; got {dict(weights)}")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatasetSource(_Section):
    """A Hugging Face data set, as `datasets.load_dataset(dataset, name, split=split)` finds it."""

    dataset: str
    name: str | None = None
    split: str = "train"
    column: str = "image"


class ImageConfig(_Section):
    """Size and coding of the stored pictures."""

    long_side: Annotated[int, Field(ge=64, le=8192)] = 1024
    """Targets are reduced to this many pixels on their longer side; smaller sources keep their size."""
    min_short_side: Annotated[int, Field(ge=16)] = 256
    """Sources whose shorter side is below this are rejected."""
    max_pixels: Positive = 200_000_000
    """Sources with more pixels are rejected before they are decoded."""
    format: Literal["jpeg", "png", "webp"] = "jpeg"
    """`png` and `webp` are lossless."""
    quality: Annotated[int, Field(ge=50, le=100)] = 95
    """JPEG quality; the other formats do not use it."""
    subsampling: Literal["4:4:4", "4:2:2", "4:2:0"] = "4:4:4"
    """JPEG chroma subsampling; the other formats do not use it."""


class ComputeConfig(_Section):
    """Where the work runs. Nothing here changes a byte of the data set."""

    workers: Positive = 1
    """Shards rendered at a time."""
    address: str | None = None
    """Ray cluster to join, as in "ray://head:10001" or "auto"; null starts Ray on this machine."""
    scorer_gpus: Annotated[float, Field(ge=0)] = 0
    """GPUs given to each scoring actor; 0 scores in the shard's own task, on its processor."""
    scorers: Positive = 1
    """Scoring actors, where scorer_gpus is not 0."""


class RecipesConfig(_Section):
    """Where recipes come from: an expert bank for the auto task and styles for the style task, where there are any, and
    a Gaussian."""

    bank: str | None = None
    """Folder or s3:// prefix of an expert bank, as `unretouch fit --list` writes it."""
    gaussian: str | None = None
    """File of a fitted Gaussian, as `unretouch sampler` writes it; null is the built-in table."""
    styles: str | None = None
    """Folder or file of presets and LUTs (.xmp, .lrtemplate, .cube), whose recipes the style task uses as they are; at
    the same path on every node."""
    style_direction: Literal["unrender", "render"] = "unrender"
    """What a style is done to: "unrender" keeps the photo as target and undoes the style for the input; "render" keeps
    the photo as input, and the target is the photo in that style."""
    sigma_scale: Annotated[float, Field(gt=0, le=3)] = 1.0
    """Factor on the Gaussian's standard deviations."""
    limit: Annotated[float, Field(gt=0, lt=1)] = 0.8
    """Share of a slider's range beyond which no value lies, so that none sits at the rails."""
    groups: dict[GroupCombination, float] = {
        "light": 1, "color": 1, "specific": 1, "light+color": 1, "light+specific": 1, "color+specific": 1, "all": 4,
    }  # fmt: skip
    """Relative frequency of each combination of parameter groups."""

    @model_validator(mode="after")
    def _some_group(self) -> "RecipesConfig":
        _check_weights(self.groups, "groups")
        return self

    @model_validator(mode="after")
    def _some_style(self) -> "RecipesConfig":
        if self.style_direction == "render" and self.styles is None:
            raise ValueError("style_direction: render needs styles")
        return self


class RealismConfig(_Section):
    """Photographs that a finished data set is compared with, in its report. Changes no byte of its pairs."""

    reference: str | None = None
    """Real unedited photos, to compare inputs with: a folder or another source; null compares nothing."""
    experts: str | None = None
    """Finished photos, to compare rendered inputs with."""

    @model_validator(mode="after")
    def _reference_first(self) -> "RealismConfig":
        if self.experts is not None and self.reference is None:
            raise ValueError("experts needs a reference too")
        return self


class WordsConfig(_Section):
    """Instructions and answers."""

    tasks: dict[Task, float] = {"auto": 1, "style": 1, "professional": 1}
    """Relative frequency of the three tasks."""

    @model_validator(mode="after")
    def _some_task(self) -> "WordsConfig":
        _check_weights(self.tasks, "tasks")
        return self


class ClipConfig(_Section):
    """A CLIP model of open_clip: `pretrained` is a tag that open_clip knows or the path of a checkpoint."""

    model: str = "ViT-B-32"
    pretrained: str


class ScoresConfig(_Section):
    """What is measured of every pair beside the cycle. Each score is computed or the pair is rejected."""

    metrics: list[str] = ["psnr", "ssim", "piqe"]
    """Names of pyiqa metrics: full-reference ones compare input and target, the others judge both."""
    clip: ClipConfig | None = None
    """Image-image and image-text similarity, where given."""
    long_side: Annotated[int, Field(ge=64)] = 512
    """Scores are computed on pictures reduced to this size, which pins the preprocessing. PIQE of 670 pictures ranks
    them at 512 as at 1024 with a Spearman correlation of 0.84, at 384 with 0.74, and at 256 it no longer sees noise."""
    difference_stride: Annotated[int, Field(ge=1, le=16)] = 7
    """PSNR and CIEDE2000 are taken on every n-th pixel of every n-th row; 1 takes all. On 134 pairs of real photos at
    1024 pixels, 7 moves the cycle's PSNR by 0.07 dB on average and at most 0.41, its mean CIEDE2000 by 0.7 % and at
    most 3.1, and its 95th percentile by 1 % and at most 6.2; 5 by about two thirds of that, for twice the time. Odd
    strides meet every place in JPEG's 8 x 8 blocks; even ones err more."""

    @model_validator(mode="after")
    def _no_repeats(self) -> "ScoresConfig":
        if len(set(self.metrics)) < len(self.metrics):
            raise ValueError(f"metrics names one twice: {self.metrics}")
        return self


class Bounds(_Section):
    """Smallest and largest accepted value; null is no bound."""

    min: float | None = None
    max: float | None = None


class FittedGates(_Section):
    """The gates of the same names for pairs whose recipe was fitted to a real edit.

    They are wider: no process makes every edit, and the noise of coding counts twice, as neither picture is made from
    the stored other. On nine real pairs of 512 pixels JPEG costs 1 to 11 dB, most where dark pictures are brightened.
    What a fit cannot explain at all, `FitConfig` says, is rejected before it comes to them.
    """

    cycle_psnr: Bounds = Bounds(min=30)
    cycle_de00_p95: Bounds = Bounds(max=10)


class GatesConfig(_Section):
    """Rules that accept or reject. Each is enforced; a value that is missing rejects."""

    difference_de00: Bounds = Bounds(min=1.5, max=35)
    """Mean colour difference (CIEDE2000) of input and target: visible enough, not absurd."""
    cycle_psnr: Bounds = Bounds(min=34)
    """PSNR in dB between the recipe rendered on the stored input and the stored target."""
    cycle_de00_p95: Bounds = Bounds(max=6)
    """95th percentile of CIEDE2000 of the same two."""
    clipped: Bounds = Bounds(max=0.2)
    """Share of the input's pixels that left the gamut and were clipped."""
    fitted: FittedGates = FittedGates()
    """What counts instead for fitted pairs."""
    scores: dict[str, Bounds] = {}
    """Bounds on any score by its name in the manifest, as in `piqe_target: {max: 60}`."""


class ShardsConfig(_Section):
    """How pairs are laid out in shards."""

    pairs: Positive = 512
    """Planned pairs a shard, at most, but for a source that has more; a source's pairs stay together."""
    splits: dict[str, Share] = {"train": 0.9, "validation": 0.05, "test": 0.05}
    """Shares of the splits, which add up to 1. Near-duplicates and named groups never part."""

    @model_validator(mode="after")
    def _whole(self) -> "ShardsConfig":
        if abs(sum(self.splits.values()) - 1) > 1e-6:
            raise ValueError(f"splits must add up to 1, got {sum(self.splits.values())}")
        if bad := [name for name in self.splits if not name.isidentifier()]:
            raise ValueError(f"split names are letters, digits and underscores, got {bad}")
        return self


class RunConfig(_Section):
    """One data set: what it is made from and how."""

    sources: list[str | DatasetSource] = Field(min_length=1)
    """Folders, globs, files, CSV or Parquet lists (column `uri`; `schemas.source.SourceItem` has the others), or
    Hugging Face data sets."""
    out: str
    """Folder or s3://bucket/prefix that receives the data set."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    process: str = "aether/1"
    engine: Engine = "compiled"
    """How pixels are rendered and the default scores computed: by code that a C++ compiler makes once per machine, or
    operator by operator and by pyiqa, ten times slower. The two may differ by one 8-bit step in about a hundredth of
    the pixels."""
    pairs_per_source: Annotated[int, Field(gt=0, le=100)] = 4
    """Recipes drawn for each source. A source with a picture before has one more pair, whose recipe is fitted."""
    image: ImageConfig = ImageConfig()
    compute: ComputeConfig = ComputeConfig()
    recipes: RecipesConfig = RecipesConfig()
    words: WordsConfig = WordsConfig()
    scores: ScoresConfig = ScoresConfig()
    gates: GatesConfig = GatesConfig()
    shards: ShardsConfig = ShardsConfig()
    realism: RealismConfig = RealismConfig()

    @model_validator(mode="after")
    def _styles_are_asked_for(self) -> "RunConfig":
        if self.recipes.styles is not None and not self.words.tasks.get("style"):
            raise ValueError("recipes.styles is used by the style task alone, which words.tasks leaves out")
        return self
