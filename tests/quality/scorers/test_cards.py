"""Scorer cards: what they say, which scores can be compared, and when a difference says nothing."""

import io
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from quality.scorers.build import scorer_cards, task_scorers
from quality.scorers.cards import comparable, prefer
from quality.scorers.noise import measure_noise
from quality.scorers.scorer import Compared, Scores
from schemas.config import ScoresConfig
from schemas.scores import ScorerCard
from tests.quality.scorers.checkpoints import save_checkpoint

CARD = ScorerCard(
    name="piqe",
    scores=["piqe_input", "piqe_target"],
    model="piqe",
    preprocessing={"long_side": 512, "range": "8 bits"},
    weights_sha256=None,
    library="unretouch",
    version="1",
    device="cpu",
    batched=False,
    better="lower",
    noise=2.0,
)


def test_cards_name_every_score_in_the_order_of_the_manifest() -> None:
    config = ScoresConfig(metrics=["gmsd", "psnr", "piqe"], long_side=300)
    gmsd, psnr, piqe = scorer_cards(task_scorers(config), config)
    assert [card.scores for card in (gmsd, psnr, piqe)] == [["gmsd"], ["psnr"], ["piqe_input", "piqe_target"]]
    assert (gmsd.library, psnr.library) == ("pyiqa", "unretouch")
    assert (gmsd.better, psnr.better, piqe.better) == ("lower", "higher", "lower")
    assert piqe.preprocessing["long_side"] == 300
    assert (piqe.weights_sha256, piqe.noise) == (None, None)
    [eager, *_] = scorer_cards(task_scorers(ScoresConfig(metrics=["piqe"]), "eager"), ScoresConfig(metrics=["piqe"]))
    assert any(line.startswith("library: pyiqa against unretouch") for line in comparable(eager, piqe))


def test_other_weights_are_another_scorer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = ScoresConfig(metrics=["cnniqa"], long_side=128)
    cards = []
    for seed in (0, 1, 0):
        save_checkpoint("cnniqa", tmp_path, monkeypatch, seed)
        cards += scorer_cards(task_scorers(config), config)
    first, other, again = cards
    assert comparable(first, again) == []
    assert comparable(first, other) == [f"weights_sha256: {first.weights_sha256} against {other.weights_sha256}"]
    assert first.weights_sha256 is not None and len(first.weights_sha256) == 64


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"preprocessing": {"long_side": 384, "range": "8 bits"}}, "preprocessing"),
        ({"version": "2"}, "version"),
        ({"model": "niqe"}, "model"),
        ({"device": "cuda", "batched": True, "noise": 3.0}, None),
    ],
)
def test_scores_are_comparable_or_known_not_to_be(change: dict[str, object], field: str | None) -> None:
    found = comparable(CARD, CARD.model_copy(update=change))
    assert [line.partition(":")[0] for line in found] == ([field] if field else [])


def test_a_difference_within_the_noise_is_no_preference() -> None:
    higher = CARD.model_copy(update={"better": "higher"})
    assert [prefer(a, 10, CARD) for a in (7, 8, 10, 12, 13)] == [1, 0, 0, 0, -1]
    assert [prefer(a, 10, higher) for a in (7, 8, 10, 12, 13)] == [-1, 0, 0, 0, 1]
    with pytest.raises(ValueError, match="noise of piqe is not measured"):
        prefer(1, 2, CARD.model_copy(update={"noise": None}))


class Mean:
    """Scores a picture by its mean, and adds `extra` to the pictures of larger batches."""

    def __init__(self, extra: float = 0.0) -> None:
        self.extra = extra

    def cards(self) -> list[ScorerCard]:
        return [CARD]

    def score(self, pictures: list[Tensor], pairs: list[Compared]) -> list[Scores]:
        means = [picture.float().mean().item() + (self.extra if len(pictures) > 2 else 0) for picture in pictures]
        return [{"piqe_input": means[pair.input], "piqe_target": means[pair.target]} for pair in pairs]


def test_noise_is_what_coding_and_batches_change() -> None:
    pairs = [(torch.full((3, 16, 16), 9, dtype=torch.uint8), torch.full((3, 16, 16), 200, dtype=torch.uint8), "")] * 3

    def measure(scorer: Mean, step: int) -> float:
        return measure_noise([scorer], [CARD], pairs, lambda picture: picture + step)["piqe"]

    assert measure(Mean(), 0) == 0
    assert measure(Mean(), 2) == pytest.approx(2)
    assert measure(Mean(0.5), 0) == pytest.approx(0.5)
    assert measure_noise([Mean()], [CARD.model_copy(update={"scores": ["piqe_input"]})], [], lambda x: x) == {}


def test_coarser_coding_makes_more_noise(photos: dict[str, Tensor]) -> None:
    config = ScoresConfig(metrics=["piqe", "ssim"], long_side=256)
    scorers = task_scorers(config)
    pairs = [(photo // 2, photo, "") for photo in (photos["coffee"], photos["chelsea"])]

    def recode(quality: int) -> dict[str, float]:
        def code(picture: Tensor) -> Tensor:
            buffer = io.BytesIO()
            Image.fromarray(picture.permute(1, 2, 0).contiguous().numpy()).save(buffer, "jpeg", quality=quality)
            return (
                torch.frombuffer(bytearray(Image.open(buffer).tobytes()), dtype=torch.uint8)
                .view(*picture.shape[1:], 3)
                .permute(2, 0, 1)
            )

        return dict(measure_noise(scorers, scorer_cards(scorers, config), pairs, code))

    fine, coarse = recode(95), recode(30)
    for name in ("piqe", "ssim"):
        assert 0 < fine[name] < coarse[name]
