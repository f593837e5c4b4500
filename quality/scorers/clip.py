"""CLIP similarities, through open_clip."""

import difflib
import importlib
import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from importlib.metadata import version
from itertools import islice

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from operators.resize import resize
from quality.scorers.clauses import clauses
from quality.scorers.scorer import Compared, ScorerUnavailableError, Scores
from quality.scorers.weights import LOAD_ERRORS, first_line, local_weights, weight_folders, weights_sha256
from schemas.config import ClipConfig
from schemas.scores import ScorerCard

CLIP_SCORE_NAMES = ["clip_image", "clip_text", "clip_direction"]

_UNCHANGED = "Leave the photo as it is."
"""The instruction that asks for no change: what a wish is told apart from."""

_MOST = 16
"""Most pictures or texts of a batch."""


class ClipScorer:
    """Cosine similarities in [-1, 1] of CLIP embeddings.

    - `clip_image` compares input and target: an edit that keeps the content stays near 1.
    - `clip_text` compares target and instruction. An instruction names an edit, not what is in the picture, so its
      level means little; it serves to compare pairs of one data set.
    - `clip_direction` compares the *change*, target less input, with the wish, instruction less the wish for no change.
      It is 0 where input and target are alike, and says little of instructions that name no look, as in the auto task.

    An instruction counts as the mean of its clauses (`quality.scorers.clauses`), because the tokenizer cuts what is
    longer than the model's context. An empty instruction has no score. Each picture is embedded once, however many
    pairs share it.
    """

    def __init__(self, config: ClipConfig, long_side: int, device: str) -> None:
        """Load the model.

        Raises:
            ScorerUnavailableError: the model is unknown, or its weights are missing, unsafe, or of another model.
        """
        self._long_side = long_side
        self._device = torch.device(device)
        self._name = config.model
        open_clip = importlib.import_module("open_clip")  # takes seconds, and most runs have no CLIP
        tags = open_clip.list_pretrained_tags_by_model(config.model)
        if ":" not in config.model and config.model not in open_clip.list_models():
            close = difflib.get_close_matches(config.model, open_clip.list_models()) or ["ViT-B-32", "ViT-L-14"]
            raise ScorerUnavailableError(
                f"scores.clip.model: open_clip has no model {config.model!r}; it has {', '.join(close)}, …"
            )
        where = f"scores.clip: model {config.model!r} with weights {config.pretrained!r}"
        try:
            with local_weights(), warnings.catch_warnings():
                # Weights under the wrong activation function load, and give wrong scores.
                warnings.filterwarnings("error", message="QuickGELU mismatch", category=UserWarning)
                self._model, self._preprocess = open_clip.create_model_from_pretrained(
                    config.model, pretrained=config.pretrained, device=self._device, weights_only=True
                )
                self._tokenize = open_clip.get_tokenizer(config.model)
        except UserWarning as error:
            raise ScorerUnavailableError(f"{where}: {error} Try model {config.model + '-quickgelu'!r}") from error
        except LOAD_ERRORS as error:
            advice = "give the path of a checkpoint" + (f", or one of the tags {', '.join(tags)}" if tags else "")
            if config.pretrained in tags:
                command = f"import open_clip; open_clip.create_model('{config.model}', '{config.pretrained}')"
                advice = f'where there is a network, run python -c "{command}" and copy {weight_folders()} here'
            raise ScorerUnavailableError(f"{where} cannot be loaded: {first_line(error)}; {advice}") from error
        self._model.eval()

    def cards(self) -> list[ScorerCard]:
        """See `Scorer.cards`."""
        return [self._card.model_copy(update={"name": name, "scores": [name]}) for name in CLIP_SCORE_NAMES]

    @cached_property
    def _card(self) -> ScorerCard:
        seen = importlib.import_module("open_clip").get_model_preprocess_cfg(self._model)
        return ScorerCard(
            name="clip",
            scores=[],
            model=self._name,
            preprocessing={"long_side": self._long_side, **{key: _plain(value) for key, value in seen.items()}},
            weights_sha256=weights_sha256(self._model),
            library="open_clip_torch",
            version=version("open_clip_torch"),
            device="cpu" if self._device.type == "cpu" else "cuda",
            batched=True,
            better="higher",
        )

    def score(self, pictures: Sequence[Tensor], pairs: Sequence[Compared]) -> list[Scores]:
        """See `Scorer.score`."""
        images = F.normalize(self.embed_images(pictures).double(), dim=1)
        neutral = self._embed_instruction(_UNCHANGED)
        return [self._score(images[pair.input], images[pair.target], pair.instruction, neutral) for pair in pairs]

    def _score(self, before: Tensor, after: Tensor, instruction: str, neutral: Tensor) -> Scores:
        image = _similarity(before, after)
        if not instruction.strip():
            return {"clip_image": image, "clip_text": None, "clip_direction": None}
        text = self._embed_instruction(instruction)
        direction = _similarity(after - before, text - neutral)
        return {"clip_image": image, "clip_text": _similarity(text, after), "clip_direction": direction}

    def _embed_instruction(self, instruction: str) -> Tensor:
        parts = F.normalize(self.embed_texts(clauses(instruction)).double(), dim=1)
        return F.normalize(parts.mean(0), dim=0)

    @torch.inference_mode()
    def embed_images(self, pictures: Sequence[Tensor]) -> Tensor:
        """Embed pictures of any sizes: uint8 (3, H, W) each to (B, D)."""
        return torch.cat(
            [self._model.encode_image(torch.stack(batch)) for batch in _batches(map(self._prepare, pictures))]
        )

    @torch.inference_mode()
    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Embed texts: B of them to (B, D)."""
        batches = _batches(self._tokenize(list(texts)).to(self._device))
        return torch.cat([self._model.encode_text(torch.stack(batch)) for batch in batches])

    def _prepare(self, picture: Tensor) -> Tensor:
        reduced = resize(picture, self._long_side, "bilinear").permute(1, 2, 0)
        pixels: Tensor = self._preprocess(Image.fromarray(reduced.cpu().numpy()))
        return pixels.to(self._device)


def _plain(value: object) -> int | str | list[float]:
    """A setting of open_clip as a card holds it."""
    if isinstance(value, list | tuple):
        return [float(number) for number in value]
    return value if isinstance(value, int) else str(value)


def _batches(rows: Iterable[Tensor]) -> Iterator[list[Tensor]]:
    """Cut rows into lists of at most `_MOST`."""
    rest = iter(rows)
    while batch := list(islice(rest, _MOST)):
        yield batch


def _similarity(a: Tensor, b: Tensor) -> float | None:
    value = F.cosine_similarity(a, b, dim=0)
    return float(value) if value.isfinite() else None
