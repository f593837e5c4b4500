"""What is wrong with the content of a source: a score of each issue, and the issues whose score reaches their limit."""

from collections.abc import Mapping

from torch import Tensor

from operators.resize import resize
from quality.content.blurred import blurred
from quality.content.border import border
from quality.content.collage import collage
from quality.content.exposure import blown, dark
from quality.content.monochrome import monochrome
from quality.content.planes import planes
from quality.content.screenshot import screenshot
from quality.content.text import text
from schemas.source import Content, ContentIssue

_FINE, _COARSE = 1024, 512
"""Long sides to which pictures are reduced: blur is seen in the finer ones alone."""

LIMITS: Mapping[ContentIssue, float] = {
    "screenshot": 0.6,
    "border": 0.5,
    "collage": 0.6,
    "blurred": 0.9,
    "blown": 0.4,
    "dark": 0.9,
    "monochrome": 0.95,
    "text": 0.55,
}
"""Scores from which on a source has an issue, the most telling first: a screenshot may be blown too. `python -m
benchmarks.content` measures them."""


def check_content(picture: Tensor) -> Content:
    """Score the content of a picture, uint8 (3, H, W). The scores are the same on every processor."""
    coarse = planes(resize(picture, _COARSE, "bilinear"))
    return Content(
        blurred=blurred(resize(picture, _FINE, "bilinear")),
        blown=blown(coarse),
        dark=dark(coarse),
        monochrome=monochrome(coarse),
        screenshot=screenshot(coarse),
        collage=collage(coarse.luma),
        border=border(coarse),
        text=text(coarse.luma),
    )


def issues_of(content: Content) -> list[ContentIssue]:
    """The issues that a picture has, the most telling first."""
    return [issue for issue, limit in LIMITS.items() if getattr(content, issue) >= limit]
