"""Tables of phrases. Each line is a way of saying one statement; more lines, more variety."""

from collections.abc import Mapping

ACTIONS: Mapping[tuple[str, int], tuple[str, ...]] = {
    ("brightness", 1): (
        "brighten the whole {pic}",
        "raise the overall brightness",
        "lighten the whole {pic}",
        "lift the overall exposure",
        "increase the overall brightness",
        "bring the overall exposure up",
    ),
    ("brightness", -1): (
        "darken the whole {pic}",
        "lower the overall brightness",
        "reduce the overall brightness",
        "bring the overall exposure down",
        "pull the overall exposure down",
    ),
    ("shadows", 1): (
        "lift the shadows",
        "open up the shadows",
        "brighten the shadows",
        "raise the dark tones",
        "lighten the darker areas",
        "brighten the dark areas",
    ),
    ("shadows", -1): (
        "deepen the shadows",
        "darken the shadows",
        "lower the dark tones",
        "pull the shadows down",
        "darken the darkest areas",
    ),
    ("midtones", 1): ("brighten the midtones", "lift the midtones", "raise the middle tones", "lighten the midtones"),
    ("midtones", -1): ("darken the midtones", "lower the midtones", "pull the middle tones down"),
    ("highlights", 1): (
        "brighten the highlights",
        "lift the highlights",
        "raise the bright tones",
        "lift the brighter areas",
    ),
    ("highlights", -1): (
        "tame the highlights",
        "lower the highlights",
        "bring the highlights down",
        "darken the bright tones",
        "hold the highlights back",
        "pull the brighter areas down",
    ),
    ("contrast", 1): ("increase the contrast", "raise the contrast", "strengthen the contrast", "boost the contrast"),
    ("contrast", -1): ("lower the contrast", "soften the contrast", "reduce the contrast", "ease the contrast"),
    ("warmth", 1): (
        "warm the white balance",
        "warm the colors up",
        "shift the color balance toward warmer tones",
        "warm the whole {pic}",
        "warm the {pic} up",
    ),
    ("warmth", -1): (
        "cool the white balance",
        "cool the colors down",
        "shift the color balance toward cooler tones",
        "cool the whole {pic}",
        "cool the {pic} down",
    ),
    ("tint", 1): (
        "shift the tint toward magenta",
        "move the color balance toward magenta",
        "turn the white balance toward magenta",
    ),
    ("tint", -1): (
        "shift the tint toward green",
        "move the color balance toward green",
        "turn the white balance toward green",
    ),
    ("colorfulness", 1): (
        "increase the overall saturation",
        "raise the saturation",
        "enrich the colors",
        "strengthen the colors",
        "boost the color intensity",
    ),
    ("colorfulness", -1): (
        "lower the overall saturation",
        "reduce the saturation",
        "mute the colors",
        "calm the colors",
        "tone the colors down",
    ),
    ("saturation", 1): (
        "enrich {n}",
        "saturate {n}",
        "intensify {n}",
        "raise the saturation of {n}",
        "strengthen {n}",
        "boost {n}",
    ),
    ("saturation", -1): (
        "mute {n}",
        "calm {n}",
        "desaturate {n}",
        "tone down {n}",
        "lower the saturation of {n}",
        "reduce the saturation of {n}",
    ),
    ("luminance", 1): ("brighten {n}", "lighten {n}", "raise the brightness of {n}", "increase the brightness of {n}"),
    ("luminance", -1): ("darken {n}", "lower the brightness of {n}", "reduce the brightness of {n}"),
    ("hue", 1): ("shift {n} toward {to}", "move {n} toward {to}", "turn {n} toward {to}", "steer {n} toward {to}"),
}
"""What to do, by (measure, sign). {pic} is a word for the picture, {n} a list of colours, {to} the colour beside."""

THINGS: Mapping[tuple[str, int], tuple[str, ...]] = {
    ("brightness", 1): ("{d} more overall brightness", "a {d} brighter exposure", "a {d} brighter overall look"),
    ("brightness", -1): ("{d} less overall brightness", "a {d} darker exposure", "a {d} darker overall look"),
    ("shadows", 1): ("{d} brighter shadows", "{d} lighter shadows", "{d} more open shadows"),
    ("shadows", -1): ("{d} deeper shadows", "{d} darker shadows"),
    ("midtones", 1): ("{d} brighter midtones", "{d} lighter midtones"),
    ("midtones", -1): ("{d} darker midtones", "{d} deeper midtones"),
    ("highlights", 1): ("{d} brighter highlights", "{d} lighter highlights"),
    ("highlights", -1): ("{d} darker highlights", "{d} dimmer highlights"),
    ("contrast", 1): ("{d} more contrast", "{d} stronger contrast", "{d} higher contrast"),
    ("contrast", -1): ("{d} less contrast", "{d} softer contrast", "{d} lower contrast"),
    ("warmth", 1): ("{d} warmer colors", "a {d} warmer white balance", "a {d} warmer look"),
    ("warmth", -1): ("{d} cooler colors", "a {d} cooler white balance", "a {d} cooler look"),
    ("colorfulness", 1): ("{d} richer colors", "{d} more vivid colors", "{d} more saturation", "{d} stronger colors"),
    ("colorfulness", -1): ("{d} calmer colors", "{d} more muted colors", "{d} less saturation", "{d} softer colors"),
    ("saturation", 1): ("{d} richer {n}", "{d} more vivid {n}", "{d} stronger {n}"),
    ("saturation", -1): ("{d} calmer {n}", "{d} more muted {n}", "{d} paler {n}"),
    ("luminance", 1): ("{d} brighter {n}", "{d} lighter {n}"),
    ("luminance", -1): ("{d} darker {n}",),
}
"""What to have; {d} is a word of degree."""

ADJECTIVES: Mapping[tuple[str, int], tuple[str, ...]] = {
    ("brightness", 1): ("dark", "dim"),
    ("brightness", -1): ("bright",),
    ("shadows", 1): ("dark", "deep"),
    ("shadows", -1): ("bright", "light"),
    ("midtones", 1): ("dark", "dim"),
    ("midtones", -1): ("bright",),
    ("highlights", 1): ("dim", "dark"),
    ("highlights", -1): ("bright",),
    ("contrast", 1): ("flat",),
    ("contrast", -1): ("harsh", "contrasty"),
    ("warmth", 1): ("cool", "cold"),
    ("warmth", -1): ("warm",),
    ("colorfulness", 1): ("muted", "pale", "dull"),
    ("colorfulness", -1): ("vivid", "intense"),
    ("saturation", 1): ("dull", "pale", "muted"),
    ("saturation", -1): ("vivid", "intense", "loud"),
    ("luminance", 1): ("dark",),
    ("luminance", -1): ("bright", "light"),
}
"""What is wrong before an edit of that direction."""

COMPARATIVES: Mapping[str, tuple[str, str]] = {
    "brightness": ("brighter", "darker"),
    "shadows": ("brighter", "darker"),
    "midtones": ("brighter", "darker"),
    "highlights": ("brighter", "darker"),
    "warmth": ("warmer", "cooler"),
    "contrast": ("more contrasty", "less contrasty"),
    "colorfulness": ("more vivid", "more muted"),
    "saturation": ("more vivid", "more muted"),
    "luminance": ("brighter", "darker"),
}
"""Better, for an edit up and an edit down."""

SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "brightness": ("the whole {pic}", "the {pic}", "the {pic} as a whole"),
    "shadows": ("the shadows", "the dark tones", "the darker areas"),
    "midtones": ("the midtones", "the middle tones"),
    "highlights": ("the highlights", "the bright tones", "the brighter areas"),
    "contrast": ("the lighting", "the light overall", "the {pic}"),
    "warmth": ("the white balance", "the color balance"),
    "colorfulness": ("the colors", "the colors overall"),
}
"""What a fault is found with."""
