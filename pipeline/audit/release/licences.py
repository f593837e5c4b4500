"""Licences of source photos: which are known, and which of them allow commercial use of edited copies."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

Use = Literal["commercial"]
"""What a release is for."""


class Licence(NamedTuple):
    """A licence that is known.

    Attributes:
        name: what the attribution list calls it.
        pattern: how lists write it, for `re.fullmatch` on lower-case text with single hyphens.
        commercial: whether edited copies may be shared and used commercially.
        attribution: whether the author must be named.
    """

    name: str
    pattern: str
    commercial: bool
    attribution: bool


_VERSION = r"(-v?\d(\.\d)?(-(?!nc|nd|sa)[a-z]{2})?)?(-(generic|international|unported|deed|igo))*"
"""Of Creative Commons licences: a number, and a country that is no condition."""

LICENCES: Sequence[Licence] = (
    Licence("CC0", r"cc-?0(-1\.0)?(-universal)?", True, False),
    Licence("Public domain", r"public-domain|pd|pdm(-1\.0)?|pd-(mark|us-?gov|self)", True, False),
    Licence("CC BY", f"cc-by{_VERSION}", True, True),
    Licence("CC BY-SA", f"cc-by-sa{_VERSION}", True, True),
    # A pair holds an edited copy, which these do not allow to share.
    Licence("CC BY-ND", f"cc-by-nd{_VERSION}", False, True),
    Licence("CC BY-NC", f"cc-by-nc{_VERSION}", False, True),
    Licence("CC BY-NC-SA", f"cc-by-nc-sa{_VERSION}", False, True),
    Licence("CC BY-NC-ND", f"cc-by-nc-nd{_VERSION}", False, True),
    Licence("MIT", "mit(-license|-licence)?", True, True),
    Licence("MIT-CMU", "mit-cmu|hpnd", True, True),
    Licence("BSD", r"bsd(-[23](-clause)?)?", True, True),
    Licence("Apache", r"apache(-license|-licence)?(-2(\.0)?)?", True, True),
    Licence("Unsplash", "unsplash(-license|-licence)?", True, False),
    Licence("MIT-Adobe FiveK", r"(mit-)?adobe-?fivek.*|licenseadobe(mit)?", False, True),
)  # fmt: skip
"""What is not listed is not known, and allows nothing. This is a filter, and no legal advice."""


def licence_of(text: str | None) -> Licence | None:
    """The licence that a source list names; None of none, or of one that is not known.

    "CC-BY-SA 4.0", "cc by-sa" and "https://creativecommons.org/licenses/by-sa/4.0/" are the same.
    """
    name = _normalized(text or "")
    return next((licence for licence in LICENCES if re.fullmatch(licence.pattern, name)), None)


def allows(text: str | None, use: Use | None) -> bool:
    """Whether a licence is known to allow a use; any does where no use is named."""
    if use is None:
        return True
    licence = licence_of(text)
    return licence is not None and licence.commercial


def _normalized(text: str) -> str:
    text = re.sub(r"^https?://(www\.)?creativecommons\.org/(licenses|publicdomain)/", "cc-", text.strip().lower())
    text = re.sub(r"[\s/_-]+", "-", text).strip("-")
    return text.replace("cc-zero", "cc0").replace("cc-mark", "pdm")
