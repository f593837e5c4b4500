"""The scores of all pairs of one source, in one call to each scorer."""

from collections.abc import Sequence

from torch import Tensor

from pipeline.pairs.draft import Draft
from quality.scorers.build import score_pairs
from quality.scorers.scorer import Compared, Scorer, Scores


def score_drafts(
    drafts: Sequence[Draft], instructions: Sequence[Sequence[str]], scorers: Sequence[Scorer]
) -> list[list[Scores]]:
    """Score the pairs of one source.

    Pictures with the same bytes are one picture to the scorers: the photo is the target of some pairs and the input of
    others, and is scored once.

    Args:
        drafts: all drafts of the source.
        instructions: those of the pairs of each draft.
        scorers: the scorers that together compute the config's scores.

    Returns:
        Scores of the pairs of each draft.
    """
    pictures: dict[bytes, Tensor] = {}
    for draft in drafts:
        pictures.setdefault(draft.target, draft.pixels)
        for data, pixels in zip(draft.inputs, draft.stored, strict=True):
            pictures.setdefault(data, pixels)
    place = {data: i for i, data in enumerate(pictures)}
    pairs = [
        Compared(place[data], place[draft.target], text)
        for draft, texts in zip(drafts, instructions, strict=True)
        for data, text in zip(draft.inputs, texts, strict=True)
    ]
    scores = iter(score_pairs(scorers, list(pictures.values()), pairs) if pairs else [])
    return [[next(scores) for _ in draft.inputs] for draft in drafts]
