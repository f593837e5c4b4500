"""Counting lies: what the texts of a pair claim, held against its pixels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks.words_pixels import Pixels
from benchmarks.words_reader import Claim, claims, says_little, says_nothing, sections, sentences
from benchmarks.words_said import SEEN, changes, said

CLEAR_SATURATION = 1.2
"""Factor of mean chroma, up or down, from which its change is clear, if it is also visible."""

SLIVER = 0.06
"""Share of the frame below which a hue is not worth a word."""

SHOWS = 0.5
"""Mean CIEDE2000 from which a picture without a group of sliders is another one."""

GROUPS = {"light": "plan_light", "color": "plan_globalcolor", "specific": "plan_specificcolor"}
"""Groups of sliders, and the section of an answer that says what they do."""


@dataclass(frozen=True)
class Pair:
    """A pair as it is counted. `groups` has, for each group that a recipe moves, the mean CIEDE2000 without it."""

    key: str
    task: str
    instruction: str
    answer: str
    traits: tuple[str, ...]
    pixels: Pixels
    groups: Mapping[str, float]


@dataclass
class Count:
    """How often something was wrong, of how often it was judged; `unsure` were too close to say."""

    wrong: int = 0
    judged: int = 0
    unsure: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, wrong: bool | None, example: str) -> None:
        """Count a verdict; None is none."""
        self.unsure += wrong is None
        self.judged += wrong is not None
        if wrong:
            self.wrong += 1
            self.examples.append(example)

    @property
    def share(self) -> float | None:
        """Of what was judged, what was wrong; None where nothing was."""
        return self.wrong / self.judged if self.judged else None


def count_lies(pair: Pair, counts: Mapping[str, Count]) -> None:
    """Add what a pair's texts say to the counts of `LIES`."""
    for name, wrong, example in _verdicts(pair):
        counts[name].add(wrong, f"{pair.key}: {example}")


LIES = (
    "contrast contradicts the spread of L*",
    "brightness contradicts mean L*",
    "warmth contradicts b* of neutrals",
    "tint contradicts a* of neutrals",
    "saturation contradicts mean chroma",
    "claim on a change too small to see",
    "tint fault on the wrong side of neutral",
    "warmth fault on the wrong side of neutral",
    "cast correction ends further from neutral",
    "strongest change unsaid",
    "strongest change not said by its name",
    "clear change of saturation unsaid",
    "hue claim on under 6 % of the frame",
    "active mixer said to change nothing",
    "“no change” where a group shows",
    "“fine-tune” where a group does nothing",
    "sentence that says neither",
)
"""What is counted, in the order of the table."""


def _verdicts(pair: Pair) -> Iterator[tuple[str, bool | None, str]]:
    texts = sections(pair.answer)
    read = {name: claims(text, name.startswith("problem")) for name, text in texts.items()}
    answered = [claim for found in read.values() for claim in found]
    asked = claims(pair.instruction) if pair.task != "professional" and "contradiction" not in pair.traits else []
    for claim in [*asked, *answered]:
        yield from _claim_verdicts(claim, pair.pixels)
    if pair.task == "auto":
        yield from _corrections(answered, pair.pixels)
    yield from _silences(answered, pair.pixels)
    yield from _unchanged(pair, texts, read)
    for name, text in texts.items():
        for sentence in sentences(text):
            empty = (
                not claims(sentence, name.startswith("problem"))
                and not says_nothing(sentence)
                and not says_little(sentence)
            )
            yield "sentence that says neither", empty, sentence


_DIRECTIONS = {
    "contrast": "contrast contradicts the spread of L*",
    "brightness": "brightness contradicts mean L*",
    "warmth": "warmth contradicts b* of neutrals",
    "tint": "tint contradicts a* of neutrals",
    "saturation": "saturation contradicts mean chroma",
}


def _claim_verdicts(claim: Claim, pixels: Pixels) -> Iterator[tuple[str, bool | None, str]]:
    for color in claim.colors:
        share = pixels.hues[color]
        yield "hue claim on under 6 % of the frame", share < SLIVER, f"{claim.clause} [{color}: {share:.1%}]"
    measure = claim.measure
    if claim.colors or measure not in _DIRECTIONS:
        return
    change = changes(pixels).get(measure)
    if change is not None:
        size, example = abs(change) / SEEN[measure], f"{claim.clause} [{claim.kind}; changed by {change:+.1f}]"
        yield _DIRECTIONS[measure], None if size <= 1 else change * claim.sign < 0, example
        yield "claim on a change too small to see", None if 0.5 <= size < 1 else size < 0.5, example
    if measure in ("tint", "warmth") and claim.kind == "fault" and pixels.casts is not None:
        cast = pixels.casts[0][measure == "warmth"]
        wrong = None if abs(cast) <= SEEN[measure] else cast * claim.sign > 0
        yield f"{measure} fault on the wrong side of neutral", wrong, f"{claim.clause} [input at {cast:+.1f}]"


def _corrections(answered: list[Claim], pixels: Pixels) -> Iterator[tuple[str, bool | None, str]]:
    """Casts that an answer corrects, each once: a fault that is found, or a plan beside it."""
    for axis, measure in enumerate(("tint", "warmth")):
        found = [claim for claim in answered if claim.measure == measure]
        wished = any(claim.kind == "wish" for claim in found)  # a style that is aimed at, and no cast that is mended
        if found and not wished and pixels.casts is not None:
            before, after = pixels.casts[0][axis], pixels.casts[1][axis]
            further = abs(after) - abs(before)
            wrong = None if abs(further) <= SEEN[measure] else further > 0
            yield (
                "cast correction ends further from neutral",
                wrong,
                f"{found[0].clause} [{before:+.1f} to {after:+.1f}]",
            )


def _silences(answered: list[Claim], pixels: Pixels) -> Iterator[tuple[str, bool | None, str]]:
    found = changes(pixels)
    sizes = {measure: abs(change) / SEEN[measure] for measure, change in found.items()}
    strongest = max(sizes, key=lambda measure: sizes[measure])
    if sizes[strongest] > 1:
        change = found[strongest]
        example = f"{strongest} changes by {change:+.1f}"
        rivals = [measure for measure in sizes if sizes[measure] >= 0.75 * sizes[strongest] and measure != strongest]
        unsaid = not said(answered, strongest, change, pixels)
        tie = unsaid and any(said(answered, rival, found[rival], pixels) for rival in rivals)
        yield "strongest change unsaid", None if tie else unsaid, example
        meant = (strongest, 1 if change > 0 else -1, ())
        named = any((claim.measure, claim.sign, claim.colors) == meant for claim in answered)
        yield "strongest change not said by its name", not named, example
    before, after = pixels.chroma
    clear = max(before, after) > CLEAR_SATURATION * min(before, after)
    if clear and abs(after - before) > SEEN["saturation"]:
        wrong = not said(answered, "saturation", after - before, pixels)
        yield "clear change of saturation unsaid", wrong, f"mean chroma {before:.1f} to {after:.1f}"


def _unchanged(
    pair: Pair, texts: Mapping[str, str], read: Mapping[str, list[Claim]]
) -> Iterator[tuple[str, bool | None, str]]:
    for group, section in GROUPS.items():
        if section not in texts:
            continue
        nothing = not read[section] and any(says_nothing(sentence) for sentence in sentences(texts[section]))
        seen = pair.groups.get(group, 0.0)
        example = f"{texts[section]} [CIEDE2000 {seen:.2f} without it]"
        if group == "specific" and seen >= SHOWS:
            yield "active mixer said to change nothing", nothing, example
        if nothing:
            yield "“no change” where a group shows", seen >= SHOWS, example
        if any(says_little(sentence) for sentence in sentences(texts[section])):
            yield "“fine-tune” where a group does nothing", seen < SHOWS / 2, example
