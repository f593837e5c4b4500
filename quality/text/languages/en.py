"""English."""

import re
from collections.abc import Mapping

from quality.seen.hues import HUES
from quality.text.vocabulary import NEVER, Dimension, Form, Side, ThingName, Vocabulary


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b({pattern})\b")


_THINGS: Mapping[ThingName, str] = {
    "sky": r"(evening )?sky|skies|clouds?",
    "greenery": r"greenery|foliage|vegetation|trees?|leaves|grass|plants?",
    "water": r"water|sea|lake|river",
    "skin": r"skin( tones?)?|faces?",
}

_SUBJECTS = (
    *((pattern, name) for name, pattern in _THINGS.items()),
    (r"shadows?|dark(er|est)? (tones?|areas?|parts?)", "shadows"),
    (r"midtones?|middle tones?|mid-tones?", "midtones"),
    (r"highlights?|(bright|light)(er|est)? (tones?|areas?|parts?)", "highlights"),
    *((rf"{band.lower()}s?( (tones?|areas?|hues?|colors?))?", band.lower()) for band in HUES),
    (
        r"pictures?|photos?|photographs?|images?|frame|scene|shot|overall|everything|whole|(?<=er )look|rendition|"
        r"(?<=er )light|light(?= (is|looks|appears|comes|seems))|balance|white balance|color balance|tint|"
        r"neutral tones|it",
        "whole",
    ),
)

_WORDS: tuple[tuple[Dimension, str, str], ...] = (
    (
        "luma",
        r"brighten(s|ed|ing)?|bright(er)?|too light|light(er|en|ens|ened|ening)|open(ed)? up|more open|"
        r"overexposed|airier",
        r"dark(er|en|ens|ened|ening)?|dim(mer)?|deep(er|en|ens|ened)?|underexposed",
    ),
    ("contrast", r"harsh(er)?|contrasty|punch(y|ier)?", r"flat(ter)?|gentler contrast|softer contrast"),
    ("warmth", r"warm(s|er|ed|ing)?|yellowish|amber", r"cool(s|er|ed|ing)?|cold(er)?|bluish|chilly"),
    ("tint", r"magenta-tinged|pinkish|pinker", r"greenish|green-tinged|greener"),
    (
        "chroma",
        r"vivid|rich(er)?|enrich|saturate|oversaturated|intens(e|er|ify)|colorful|gaudy|loud(er)?|garish",
        r"mut(e|ed)|calm(er)?|dull(er)?|pale(r)?|desaturated?|tone down|washed out|faded|drab|"
        r"restrained|undersaturated",
    ),
)

_NOUNS: tuple[tuple[Dimension, str], ...] = (
    ("luma", r"brightness|exposure|luminance|light level"),
    ("contrast", r"contrast|punch"),
    ("warmth", r"warmth"),
    ("chroma", r"saturation|intensity|color strength|colorfulness|colors"),
)

_CAST_SIDES: Mapping[Side, str] = {
    ("tint", 1): "magenta|pink|pinkish|purplish",
    ("tint", -1): "green|greenish",
    ("warmth", 1): "warm|yellow|yellowish|orange|amber",
    ("warmth", -1): "cool|cold|blue|bluish",
}

_FORM = Form(
    ends=(".", "?", "!"),
    between=re.compile(r"(?<=[.!?])\s+"),
    misset=re.compile(r"[^\S\n]{2,}|\s[.,;?!]|\b(\w+) \1\b"),
    misset_prose=re.compile(r"(?:^|[.?!] )[a-z]"),
    foreign=re.compile(r"[^\x20-\x7e\n\u2019\u2013\u2014\u00b0\u2212]"),
    loose_end=re.compile(r"(,|;|:|\b(and|or|but|the|a|an|of|to|with|toward))$", re.IGNORECASE),
    leaks=re.compile(
        r"\b(presets?|degrad\w*|recipes?|unrender\w*|unretouch\w*|rendered|rendering|sliders?|inputs?|targets?|"
        r"ground.?truth|xmp|crs|lightroom|aether\w*|manifest|pipeline|normali[sz]ed|synthe\w*|histograms?|metadata|"
        r"label)\b",
        re.IGNORECASE,
    ),
    tools=re.compile(
        r"\b(clarity|dehaze|grain|vignett\w*|sharpen\w*|sharpness|noise|denois\w*|blur\w*|crop\w*|"
        r"split.?toning|lut|gamma|levels|tone curve|bokeh|mask\w*)\b",
        re.IGNORECASE,
    ),
)

VOCABULARY = Vocabulary(
    form=_FORM,
    things={name: _words(pattern) for name, pattern in _THINGS.items()},
    subjects=tuple((_words(pattern), name) for pattern, name in _SUBJECTS),
    words=tuple((dimension, _words(up), _words(down)) for dimension, up, down in _WORDS),
    nouns=tuple((dimension, _words(pattern)) for dimension, pattern in _NOUNS),
    up=_words(
        r"rais(e|ed)|lift(ed)?|increas(e|ed)|boost(ed)?|strengthen(ed)?|strong(er)?|more|high(er)?|add|push(ed)?|"
        r"(bring|turn|dial) up|higher"
    ),
    down=_words(
        r"lower(ed)?|reduc(e|ed)|decreas(e|ed)|tam(e|ed)|hold back|held back|weak(er)?|low|lacks?|lacking|"
        r"soft(er)?|soften(ed)?|eas(e|ed)|(pull|bring|take|turn|dial) (down|back)|drop|cut"
    ),
    less=_words("less"),
    levels=(
        (0, _words(r"slightly|a little|a touch|a bit|gently|subtly|a hint|a shade")),
        (1, _words(r"clearly|noticeably|visibly|moderately|distinctly|plainly")),
        (2, _words(r"strongly|considerably|markedly|substantially|a lot|much|far|very|heavily|greatly")),
    ),
    casts=tuple(
        (dimension, sign, _words(rf"({side}) ([a-z]+ )?(cast|tinge|tint)"))
        for (dimension, sign), side in _CAST_SIDES.items()
    ),
    remove=_words(r"remov\w+|neutrali[sz]\w+|correct\w*|fix|reduc\w+|take out|get rid of|less|counter\w*|without"),
    state=_words(
        r"too|lacks?|leans?|drifts?|tends?|there (is|are)|is|are|looks|(?<=s )look|appears?|seems?|comes across|lies?|"
        r"have a|has a|spoils"
    ),
    wish=re.compile(r"\b(could|should|would|needs?|wants?|deserves?|make|makes|get|let|bring|expect)\b"),
    toward=re.compile(r"\btowards? (a )?(?P<target>warm|cool|[a-z]+?)(er|s)?\b"),
    targets={},
    sides={"magenta": ("tint", 1), "green": ("tint", -1), "warm": ("warmth", 1), "cool": ("warmth", -1)},
    sentences=re.compile(r"[.!?;]+(?:\s|$)|\b(?:because|since)\b"),
    clauses=re.compile(r"[,;:]|\b(?:and|but|while|then|with|plus|along|before|so that|so i)\b"),
    hues=NEVER,
    hue=NEVER,
    split_verbs=re.compile(
        r"\b(pull|bring|take|tone|push|hold|turn|dial)( the)?((?: (?!and\b)[\w-]+){1,5}?) (down|up|back)\b"
    ),
    joined_verbs=r"\1 \4\2\3",
    mention=re.compile(
        r"\b(?P<name>[A-Z][a-z]+(?: [A-Z][a-z]+)?) (?P<verb>(?:(?P<by>by)|to) |)(?P<value>[+-]?\d+(?:\.\d+)?)"
    ),
    value_clauses=re.compile(r"[,.;]|\band\b"),
    unchanged=re.compile(
        r"\b(unchanged|untouched|(leave|keep) [\w ]+ alone|as (it|they) (is|are|stands?)|"
        r"no ([\w-]+ ){0,6}?(changes?|adjustments?|corrections?|edits?|problems?|faults?|issues?|complaints?)|"
        r"next to (no|nothing)|(hardly|barely) any( [\w-]+){0,6} (changes?|adjustments?|corrections?)|"
        r"(looks?|is|are|sits?|seems?) (already )?(fine|good|right|in order|balanced|well judged))\b"
    ),
    sum=re.compile(
        r"\b(balances? (what|out|the|everything)|cancel out|offsets?|fine-tune|refine (the|some)|minimal changes|"
        r"light hand|(trim|adjust|tweak) [a-z ]+ lightly)\b"
    ),
)
