"""The changes of a whole picture that a person sees, and whether a text says them."""

from benchmarks.words_pixels import Pixels
from benchmarks.words_reader import Claim

SEEN = {"brightness": 2.0, "contrast": 2.0, "saturation": 3.0, "warmth": 2.0, "tint": 2.0}
"""Changes of a whole picture from which they are visible, in units of CIELAB. Below, they have no direction that a text
could contradict. In photographs, people see a mean difference of about 2 (Stokes, Fairchild and Berns, "Precision
requirements for digital color reproduction", ACM Transactions on Graphics 11, 1992: 2.15). A shift of mean L* or of the
cast, and a change of the standard deviation of L*, move pixels by just that in the root mean square. Differences of
chroma show less among colours: CIE94 divides them by 1 + 0.045 C*, which is 1.5 to 2 at the mean chroma of
photographs."""

_CAST_HUES = {"warmth": {"orange", "yellow", "aqua", "blue"}, "tint": {"red", "green", "aqua", "purple", "magenta"}}
"""Hues that, made stronger or weaker, look like a change of the cast where they are pale."""


def changes(pixels: Pixels) -> dict[str, float]:
    """Changes of the whole picture, by measure; those of casts are missing where nothing is nearly grey."""
    found = {
        "brightness": pixels.lightness,
        "contrast": pixels.spread,
        "saturation": pixels.chroma[1] - pixels.chroma[0],
    }
    if pixels.casts is not None:
        (a0, b0), (a1, b1) = pixels.casts
        found |= {"tint": a1 - a0, "warmth": b1 - b0}
    return found


def said(answered: list[Claim], measure: str, change: float, pixels: Pixels) -> bool:
    """Whether claims say a change of the whole picture, or what it is made of: tones, or hues."""
    sign = 1 if change > 0 else -1
    made = {(claim.measure, claim.sign) for claim in answered if not claim.colors}
    if (measure, sign) in made:
        return True
    if measure == "contrast":
        return ("shadows", -sign) in made or ("highlights", sign) in made
    if measure in ("warmth", "tint"):
        return _fades(measure, made, pixels) or any(
            not _CAST_HUES[measure].isdisjoint(claim.colors) for claim in answered if claim.measure != "brightness"
        )
    if measure == "brightness" and any((tone, sign) in made for tone in ("shadows", "midtones", "highlights")):
        return True
    hues = {hue for claim in answered if (claim.measure, claim.sign) == (measure, sign) for hue in claim.colors}
    return bool(hues) and sum(pixels.hues[hue] for hue in hues) >= pixels.colored / 2


def _fades(measure: str, made: set[tuple[str, int]], pixels: Pixels) -> bool:
    """Whether a cast became weaker or stronger along with all colours, and that is said."""
    before, after = (abs(cast[measure == "warmth"]) for cast in pixels.casts or ((0, 0), (0, 0)))
    return ("saturation", 1 if after > before else -1) in made
