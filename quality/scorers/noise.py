"""The noise of a scorer: by how much its scores change for pictures that are the same to a person."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from quality.scorers.build import score_pairs
from quality.scorers.scorer import Compared, Scorer, Scores
from schemas.scores import ScorerCard

_SHIFT = 4
"""Half a block of JPEG, in pixels."""
_RANK = 0.95


def measure_noise(
    scorers: Sequence[Scorer],
    cards: Sequence[ScorerCard],
    pairs: Sequence[tuple[Tensor, Tensor, str]],
    recode: Callable[[Tensor], Tensor],
) -> Mapping[str, float]:
    """Measure the noise of each card on some pairs.

    Each pair is scored alone, in a batch with the others, and after both pictures were coded once more. The pictures
    are first cut by half a block of JPEG, because coding a decoded picture again at the same place changes next to
    nothing. The noise is the 95th percentile of the changes by coding, or the largest change by batching if that is
    more.

    Args:
        scorers: the scorers.
        cards: their cards.
        pairs: input and target, uint8 (3, H, W) of one size, and the instruction.
        recode: codes a picture as the data set does, and decodes it.

    Returns:
        Noise by the name of the card, without those whose score is missing for every pair.
    """
    cut = [(before[:, _SHIFT:, _SHIFT:], after[:, _SHIFT:, _SHIFT:], text) for before, after, text in pairs]
    alone = [scores for pair in cut for scores in _score(scorers, [pair])]
    together = _score(scorers, cut)
    coded = _score(scorers, [(recode(before), recode(after), text) for before, after, text in cut])
    noise = {}
    for card in cards:
        by_batch, by_code = (_changes(card.scores, alone, others) for others in (together, coded))
        if by_code:
            changes = torch.tensor(by_code, dtype=torch.float64)
            noise[card.name] = max(float(changes.quantile(_RANK)), *by_batch)
    return noise


def _score(scorers: Sequence[Scorer], pairs: Sequence[tuple[Tensor, Tensor, str]]) -> list[Scores]:
    pictures = [picture for before, after, _ in pairs for picture in (before, after)]
    return score_pairs(scorers, pictures, [Compared(2 * i, 2 * i + 1, text) for i, (_, _, text) in enumerate(pairs)])


def _changes(names: Sequence[str], ours: Sequence[Scores], theirs: Sequence[Scores]) -> list[float]:
    values = [(a[name], b[name]) for a, b in zip(ours, theirs, strict=True) for name in names]
    return [abs(a - b) for a, b in values if a is not None and b is not None]
