"""Scores of a batch are those of its pictures alone: of real architectures with random weights in local checkpoints."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from quality.scorers.batches import batch_invariant, score_rows
from quality.scorers.pyiqa_metrics import PyiqaScorer
from quality.scorers.scorer import Compared
from tests.quality.scorers.checkpoints import FILES, save_checkpoint

TOLERANCE = 1e-4
"""Of the distance between the scores of a photo and its darkened blur, or of the scores themselves. Sums are added in
another order in a batch."""


def _worse(photo: Tensor) -> Tensor:
    blurred = torch.nn.functional.avg_pool2d(photo.float(), 5, stride=1, padding=2)
    return (blurred * 0.6).to(torch.uint8)


@pytest.mark.parametrize("name", [*FILES, "clipiqa", "gmsd"])
def test_a_batch_scores_as_its_pictures_alone(
    name: str, photos: dict[str, Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name in FILES:
        save_checkpoint(name, tmp_path, monkeypatch)
    elif name == "clipiqa":
        _tiny_clip(monkeypatch)
    scorer = PyiqaScorer([name], 128, "cpu", "compiled")
    assert scorer._metrics[name].batched
    square = [photos[key][:, :256, :256] for key in ("coffee", "astronaut")]
    pictures = [*square, *map(_worse, square), photos["chelsea"]]  # which has another size
    pairs = [Compared(2, 0), Compared(3, 1), Compared(4, 4)]
    together = scorer.score(pictures, pairs)
    used = []
    for scores, pair in zip(together, pairs, strict=True):
        [alone] = scorer.score([pictures[pair.input], pictures[pair.target]], [Compared(0, 1)])
        for key, value in scores.items():
            assert value is not None and alone[key] is not None
            used.append((key, value, alone[key]))
    for key in together[0]:
        values = [value for name, value, _ in used if name == key]
        spread = max(values) - min(values)
        assert spread > 0
        allowed = max(TOLERANCE * spread, 1e-6 * max(map(abs, values)))
        assert all(abs(value - (alone or 0)) <= allowed for name, value, alone in used if name == key)


def _tiny_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    from quality.scorers.pyiqa_imports import pyiqa_imports

    with pyiqa_imports("clipiqa"):
        import pyiqa.archs.clip_model
        import pyiqa.archs.clipiqa_arch
    torch.manual_seed(0)
    model = pyiqa.archs.clip_model.CLIP(16, 64, (1, 1, 1, 1), 64, None, 77, 49408, 32, 2, 1).eval()
    monkeypatch.setattr(pyiqa.archs.clipiqa_arch, "load", lambda *_: model)


def _mean(picture: Tensor) -> Tensor:
    return picture.float().mean(dim=(1, 2, 3))


def _mean_of_the_batch(picture: Tensor) -> Tensor:
    return _mean(picture) - _mean(picture).mean()


def _only_one(picture: Tensor) -> Tensor:
    assert len(picture) == 1
    return _mean(picture)


def _one_number(picture: Tensor) -> Tensor:
    return _mean(picture).mean()


@pytest.mark.parametrize(
    ("model", "invariant"),
    [(_mean, True), (_mean_of_the_batch, False), (_only_one, False), (_one_number, False)],
)
def test_a_model_that_mixes_its_pictures_is_found(
    model: Callable[..., Tensor], invariant: bool, photos: dict[str, Tensor]
) -> None:
    rows = [(photos[name][:, :64, :64],) for name in ("coffee", "astronaut")]
    assert batch_invariant(model, rows) is invariant
    alone = [score_rows("m", model, [row], batched=False)[0] for row in rows]
    assert score_rows("m", model, rows, batched=invariant) == alone


def test_a_picture_that_cannot_be_scored_costs_no_other_picture_its_score(caplog: pytest.LogCaptureFixture) -> None:
    def model(picture: Tensor) -> Tensor:
        if (picture == 0).all(dim=(1, 2, 3)).any():
            raise RuntimeError("black")
        return _mean(picture)

    rows = [(torch.full((3, side, 8), value, dtype=torch.uint8),) for side, value in ((8, 5), (8, 0), (9, 7), (8, 6))]
    assert score_rows("m", model, rows, batched=True) == [5, None, 7, 6]
    assert caplog.text.count("m gives no score for (8, 8): black") == 1
