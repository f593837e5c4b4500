"""Counting lies: what the texts of a pair claim, held against its pixels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks.words_pixels import Pixels
from benchmarks.words_reader import Claim, claims, says_nothing, sections, sentences

SEEN = {"brightness": 2.0, "contrast": 2.0, "saturation": 3.0, "warmth": 2.0, "tint": 2.0}
"""Changes of a whole picture that count as visible, in units of CIELAB. In photographs, people see a mean difference of
about 2 (Stokes, Fairchild and Berns, "Precision requirements for digital color reproduction", ACM Transactions on
Graphics 11, 1992: 2.15). A shift of mean L* or of the cast, and a change of the standard deviation of L*, move pixels
by just that in the root mean square. Differences of chroma show less among colours: CIE94 divides them by
1 + 0.045 C*, which is 1.5 to 2 at the mean chroma of photographs."""

UNSURE = {measure: seen / 2 for measure, seen in SEEN.items()}
"""Changes and casts up to these have no direction that could be contradicted."""

CLEAR_SATURATION = 1.2
"""Factor of mean chroma, up or down, from which its change is clear, if it is also more than `UNSURE`."""

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
    "tint fault on the wrong side of neutral",
    "warmth fault on the wrong side of neutral",
    "cast correction ends further from neutral",
    "strongest change unsaid",
    "strongest change not said by its name",
    "clear change of saturation unsaid",
    "hue claim on under 6 % of the frame",
    "active mixer said to change nothing",
    "“no change” where a group shows",
    "sentence that says neither",
)
"""What is counted, in the order of the table."""


def _verdicts(pair: Pair) -> Iterator[tuple[str, bool | None, str]]:
    texts = sections(pair.answer)
    read = {name: claims(text, name.startswith("problem")) for name, text in texts.items()}
    answered = [claim for found in read.values() for claim in found]
    asked = claims(pair.instruction) if pair.task != "professional" else []
    for claim in [*asked, *answered]:
        yield from _claim_verdicts(claim, pair.pixels)
    if pair.task == "auto":
        yield from _corrections(answered, pair.pixels)
    yield from _silences(answered, pair.pixels)
    yield from _unchanged(pair, texts, read)
    for name, text in texts.items():
        for sentence in sentences(text):
            empty = not claims(sentence, name.startswith("problem")) and not says_nothing(sentence)
            yield "sentence that says neither", empty, sentence


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
        wrong = None if abs(change) <= UNSURE[measure] else change * claim.sign < 0
        yield _DIRECTIONS[measure], wrong, f"{claim.clause} [{claim.kind}; changed by {change:+.1f}]"
    if measure in ("tint", "warmth") and claim.kind == "fault" and pixels.casts is not None:
        cast = pixels.casts[0][measure == "warmth"]
        wrong = None if abs(cast) <= UNSURE[measure] else cast * claim.sign > 0
        yield f"{measure} fault on the wrong side of neutral", wrong, f"{claim.clause} [input at {cast:+.1f}]"


def _corrections(answered: list[Claim], pixels: Pixels) -> Iterator[tuple[str, bool | None, str]]:
    """Casts that an answer corrects, each once: a fault that is found, or a plan beside it."""
    for axis, measure in enumerate(("tint", "warmth")):
        found = [claim for claim in answered if claim.measure == measure and claim.kind != "wish"]
        if found and pixels.casts is not None:
            before, after = pixels.casts[0][axis], pixels.casts[1][axis]
            further = abs(after) - abs(before)
            wrong = None if abs(further) <= UNSURE[measure] else further > 0
            yield (
                "cast correction ends further from neutral",
                wrong,
                f"{found[0].clause} [{before:+.1f} to {after:+.1f}]",
            )


def _silences(answered: list[Claim], pixels: Pixels) -> Iterator[tuple[str, bool | None, str]]:
    found = changes(pixels)
    strongest = max(found, key=lambda measure: abs(found[measure]) / SEEN[measure])
    change = found[strongest]
    if abs(change) > SEEN[strongest]:
        sign = 1 if change > 0 else -1
        named = any((claim.measure, claim.sign, claim.colors) == (strongest, sign, ()) for claim in answered)
        example = f"{strongest} changes by {change:+.1f}"
        yield "strongest change unsaid", not said(answered, strongest, change, pixels), example
        yield "strongest change not said by its name", not named, example
    before, after = pixels.chroma
    clear = max(before, after) > CLEAR_SATURATION * min(before, after)
    if clear and abs(after - before) > UNSURE["saturation"]:
        wrong = not said(answered, "saturation", after - before, pixels)
        yield "clear change of saturation unsaid", wrong, f"mean chroma {before:.1f} to {after:.1f}"


_CAST_HUES = {"warmth": {"orange", "yellow", "blue"}, "tint": {"red", "green", "purple", "magenta"}}
"""Hues that, made stronger or weaker, look like a change of the cast where they are pale."""


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
    tones = [tone for tone in ("shadows", "midtones", "highlights") if (tone, sign) in made]
    if measure == "brightness" and ("midtones" in tones or len(tones) > 1):
        return True
    hues = {hue for claim in answered if (claim.measure, claim.sign) == (measure, sign) for hue in claim.colors}
    return bool(hues) and sum(pixels.hues[hue] for hue in hues) >= pixels.colored / 2


def _fades(measure: str, made: set[tuple[str, int]], pixels: Pixels) -> bool:
    """Whether a cast became weaker or stronger along with all colours, and that is said."""
    before, after = (abs(cast[measure == "warmth"]) for cast in pixels.casts or ((0, 0), (0, 0)))
    return ("saturation", 1 if after > before else -1) in made


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
