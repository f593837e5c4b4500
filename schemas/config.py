"""The config of a data set: all settings that may move a byte of it. Unknown keys and impossible values are refused."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.recipe import SampledKind
from schemas.sample import ImageFormat, Language, Task
from schemas.source import ContentIssue

Share = Annotated[float, Field(ge=0, le=1)]
GroupCombination = Literal[
    "light", "color", "specific", "light+color", "light+specific", "color+specific", "all"
]  # fmt: skip
Positive = Annotated[int, Field(gt=0)]
Engine = Literal["compiled", "eager"]


def _check_weights(weights: Mapping[Any, float], name: str) -> None:
    if any(weight < 0 for weight in weights.values()) or sum(weights.values()) <= 0:
        raise ValueError(f"{name} needs weights of 0 or more, one of them above 0; got {dict(weights)}")


class ConfigSection(BaseModel):
    """A part of a config: frozen, without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatasetSource(ConfigSection):
    """A Hugging Face data set, as `datasets.load_dataset(dataset, name, split=split)` finds it."""

    dataset: str
    name: str | None = None
    split: str = "train"
    column: str = "image"


class ImageConfig(ConfigSection):
    """Size and coding of the stored pictures."""

    long_side: Annotated[int, Field(ge=64, le=8192)] = 1024
    """Targets are reduced to this many pixels on their longer side; smaller sources keep their size."""
    min_short_side: Annotated[int, Field(ge=16)] = 256
    """Sources whose shorter side is below this are rejected."""
    max_pixels: Positive = 200_000_000
    """Sources with more pixels are rejected before they are decoded."""
    max_memory: Positive = 2 << 30
    """Sources whose decoding takes more bytes than this, beside the file itself, are rejected before they are decoded.
    It is estimated from the header: 7 bytes a pixel for JPEG, 8 for PNG and TIFF, 14 for RAW, up to 25 for others."""
    format: ImageFormat = "jpeg"
    """`png` and `webp` are lossless."""
    quality: Annotated[int, Field(ge=50, le=100)] = 95
    """JPEG quality; the other formats do not use it."""
    subsampling: Literal["4:4:4", "4:2:2", "4:2:0"] = "4:4:4"
    """JPEG chroma subsampling; the other formats do not use it."""


class ContentConfig(ConfigSection):
    """What sources must not be. Every issue is noted in `OUT/sources/*.parquet`, with its score."""

    reject: list[ContentIssue] = ["blurred", "blown", "dark", "screenshot", "border"]
    """Issues that reject a source. Of 67 finished photos, none has one of the default ones. "monochrome" finds black
    and white photos, "collage" also strict architecture, and "text" also signs."""


class Bounds(ConfigSection):
    """Smallest and largest accepted value; null is no bound."""

    min: float | None = None
    max: float | None = None


class SuitedBounds(ConfigSection):
    """What a pair must measure by the prediction from which its draw is suited to the photo.

    The bounds are a little narrower than those of the gates, because a prediction errs. They decide which recipes are
    drawn, and the gates do not: with other gates, the same pairs are made.
    """

    difference_de00: Bounds = Bounds(min=1.65, max=33.25)
    cycle_psnr: Bounds = Bounds(min=34.7)
    cycle_de00_p95: Bounds = Bounds(max=4.92)
    clipped: Bounds = Bounds(max=0.17)


class RecipesConfig(ConfigSection):
    """Where recipes come from.

    The auto task draws from an expert bank and the style task from styles, where the config names them. All other
    recipes are drawn from a sampler. Every draw is suited to its photo, see `pipeline.recipes.suiting`; styles are not.
    """

    bank: str | None = None
    """Folder or s3:// prefix of an expert bank, as `unretouch fit --list` writes it."""
    gaussian: str | None = None
    """The sampler: a file that `unretouch sampler` writes; null, the built-in statistics of experts' edits; or
    "aether", the independent Gaussians of AetherRetouch. A process without built-in statistics uses Gaussians for null
    too."""
    draws: dict[SampledKind, float] = {"expert": 0.7, "symmetric": 0.15, "weak": 0.15}
    """Relative frequency of edits as experts make them, of edits as strong whose sliders move in either direction, and
    of weak edits. Symmetric edits of the style and professional tasks are rendered on the photo, so that its target can
    be any look. Independent Gaussians ("aether") are drawn as they are."""
    styles: str | None = None
    """Folder or file of presets and LUTs (.xmp, .lrtemplate, .cube), which the style task uses unchanged. Every node
    must have it at the same path."""
    style_direction: Literal["unrender", "render"] = "unrender"
    """"unrender": the photo is the target, and the input is the photo with the style undone. "render": the photo is the
    input, and the target is the photo in the style."""
    sigma_scale: Annotated[float, Field(gt=0, le=3)] = 1.0
    """Factor on the standard deviations of a Gaussian, and on the strength of edits."""
    limit: Annotated[float, Field(gt=0, lt=1)] = 0.8
    """Share of a slider's range that recipes use, so that no value sits at the rails."""
    groups: dict[GroupCombination, float] = {
        "light": 1, "color": 1, "specific": 1, "light+color": 2, "light+specific": 1, "color+specific": 1, "all": 13,
    }  # fmt: skip
    """Relative frequency of each combination of parameter groups."""
    suited: SuitedBounds = SuitedBounds()
    """Bounds within which draws are suited to their photos. Gates that are much wider or narrower want others here."""

    @model_validator(mode="after")
    def _some_group(self) -> "RecipesConfig":
        _check_weights(self.groups, "groups")
        _check_weights(self.draws, "draws")
        return self

    @model_validator(mode="after")
    def _some_style(self) -> "RecipesConfig":
        if self.style_direction == "render" and self.styles is None:
            raise ValueError("style_direction: render needs styles")
        return self


class VlmConfig(ConfigSection):
    """A VLM that rewrites the words of the grammar; `schemas.jobs.vlm.VlmServerConfig` says who serves it."""

    model: Annotated[str, Field(min_length=1, max_length=200)]
    """The model to ask for."""
    answers_as: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The name that answers must bear, where it is not that of the model: "gpt-4o" may answer as "gpt-4o-2024-08-06".
    """
    prompt: Literal[1] = 1
    """Version of the prompt, `pipeline/rewriting/prompt_N.md`."""
    parts: Annotated[list[Literal["instruction", "answer"]], Field(min_length=1)] = ["instruction", "answer"]
    """What it may rewrite. Instructions that are dicts of parameters or have a trait, as a typing mistake, stay."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    """Answers that are asked for until one passes the validators. After the last, the grammar's words stay."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    """Null leaves it to the server."""
    seed: int | None = None
    """Seed that is sent with each request; null sends none. Few servers give the same answer again."""
    max_tokens: Annotated[int, Field(ge=64, le=16384)] = 1024
    """Most tokens of an answer."""
    long_side: Annotated[int, Field(ge=64, le=2048)] = 512
    """Pictures are reduced to this long side before they are sent."""

    @property
    def answering(self) -> str:
        """The name that answers must bear."""
        return self.answers_as or self.model


class WordsConfig(ConfigSection):
    """Instructions and answers."""

    language: Language = "en"
    """What they are written in. Names of sliders stay English. A CLIP model must know the language to score words."""
    tasks: dict[Task, float] = dict.fromkeys(get_args(Task), 1.0)
    """Relative frequency of each task."""
    vlm: VlmConfig | None = None
    """A VLM that rewrites what the grammar has written; null leaves the grammar's words."""

    @model_validator(mode="after")
    def _some_task(self) -> "WordsConfig":
        _check_weights(self.tasks, "tasks")
        return self

    @model_validator(mode="after")
    def _vlm_writes_english(self) -> "WordsConfig":
        if self.vlm is not None and self.language != "en":
            raise ValueError("words.vlm rewrites English alone: its prompt and the checks of its answers are English")
        return self


class ClipConfig(ConfigSection):
    """A CLIP model of open_clip: `pretrained` is a tag that open_clip knows or the path of a checkpoint."""

    model: str = "ViT-B-32"
    pretrained: str


class ScoresConfig(ConfigSection):
    """What is measured of every pair beside the cycle. Each score is computed or the pair is rejected."""

    metrics: list[str] = ["psnr", "ssim", "piqe"]
    """Names of pyiqa metrics. Full-reference metrics compare input and target; no-reference metrics score both."""
    clip: ClipConfig | None = None
    """CLIP model for the similarity of input and target, of target and instruction, and of change and instruction; null
    computes none."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where models compute scores. "cuda" uses scoring actors on GPUs, see `ComputeConfig`; scores may then differ in
    the last digits. PSNR, SSIM and PIQE stay on the processor unless `engine` is eager."""
    long_side: Annotated[int, Field(ge=64)] = 512
    """Pictures are reduced to this long side before they are scored. Measured on 670 pictures, PIQE at 512 ranks them
    like PIQE at 1024 with a Spearman correlation of 0.84; at 384 with 0.74; at 256 it no longer sees noise."""
    difference_stride: Annotated[int, Field(ge=1, le=16)] = 7
    """PSNR and CIEDE2000 are measured on every n-th pixel of every n-th row; 1 measures all. On 134 pairs of real
    photos at 1024 pixels, a stride of 7 changes the cycle's PSNR by 0.07 dB on average (0.41 at most), its mean
    CIEDE2000 by 0.7 % (3.1 %) and its 95th percentile by 1 % (6.2 %). A stride of 5 errs by two thirds of that and
    takes twice the time. Odd strides visit every position in JPEG's 8 x 8 blocks; even strides err more."""

    @model_validator(mode="after")
    def _no_repeats(self) -> "ScoresConfig":
        if len(set(self.metrics)) < len(self.metrics):
            raise ValueError(f"metrics names one twice: {self.metrics}")
        return self


class FittedGates(ConfigSection):
    """Gates for fitted pairs, which replace the gates of the same names.

    Their bounds are wider: no process can make every edit, and coding noise counts twice, because neither picture is
    made from the other. On nine real pairs of 512 pixels, JPEG costs 1 to 11 dB, most where a dark picture is
    brightened. `FitConfig` rejects what a fit cannot explain at all.
    """

    cycle_psnr: Bounds = Bounds(min=30)
    cycle_de00_p95: Bounds = Bounds(max=10)


class GatesConfig(ConfigSection):
    """Rules that accept or reject a pair. Every rule is enforced, and a missing value rejects."""

    difference_de00: Bounds = Bounds(min=1.5, max=35)
    """Mean CIEDE2000 between input and target: the edit must be visible, but not absurd."""
    cycle_psnr: Bounds = Bounds(min=34)
    """PSNR in dB between the recipe rendered on the stored input and the stored target."""
    cycle_de00_p95: Bounds = Bounds(max=6)
    """95th percentile of CIEDE2000 of the same two."""
    clipped: Bounds = Bounds(max=0.2)
    """Share of the input's pixels that left the gamut and were clipped, in [0, 1]."""
    fitted: FittedGates = FittedGates()
    """Bounds for fitted pairs."""
    scores: dict[str, Bounds] = {}
    """Bounds on any score by its name in the manifest, as in `piqe_target: {max: 60}`."""


class ShardsConfig(ConfigSection):
    """How pairs are laid out in shards."""

    pairs: Positive = 512
    """Most planned pairs of a shard. A source's pairs stay together, so a source with more pairs has a larger shard."""
    splits: dict[str, Share] = {"train": 0.9, "validation": 0.05, "test": 0.05}
    """Share of each split; shares add up to 1. Sources of one group are in one split."""

    @model_validator(mode="after")
    def _whole(self) -> "ShardsConfig":
        if abs(sum(self.splits.values()) - 1) > 1e-6:
            raise ValueError(f"splits must add up to 1, got {sum(self.splits.values())}")
        if bad := [name for name in self.splits if not name.isidentifier()]:
            raise ValueError(f"split names are letters, digits and underscores, got {bad}")
        return self


class DatasetConfig(ConfigSection):
    """What a data set is made from and how."""

    sources: list[str | DatasetSource] = Field(min_length=1)
    """Folders, globs, files, CSV or Parquet lists (column `uri`; `schemas.source.SourceItem` has the others), or
    Hugging Face data sets."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    process: str = "aether/1"
    engine: Engine = "compiled"
    """"compiled" renders pixels and computes the default scores by C++ code, which is built with the package and makes
    the same bytes on any x86-64 processor. "eager" renders operator by operator and scores by pyiqa, ten times slower.
    The two differ by one 8-bit step in about a hundredth of the pixels."""
    pairs_per_source: Annotated[int, Field(gt=0, le=100)] = 4
    """Recipes drawn for each source. A source with an original has one more pair, whose recipe is fitted."""
    image: ImageConfig = ImageConfig()
    content: ContentConfig = ContentConfig()
    recipes: RecipesConfig = RecipesConfig()
    words: WordsConfig = WordsConfig()
    scores: ScoresConfig = ScoresConfig()
    gates: GatesConfig = GatesConfig()
    shards: ShardsConfig = ShardsConfig()

    @model_validator(mode="after")
    def _styles_are_asked_for(self) -> "DatasetConfig":
        if self.recipes.styles is not None and not self.words.tasks.get("style"):
            raise ValueError("recipes.styles is used by the style task alone, which words.tasks leaves out")
        return self
