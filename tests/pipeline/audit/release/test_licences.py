"""Licences are read from what people write, and only those that are known allow a use."""

import pytest

from pipeline.audit.release.licences import allows, licence_of


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("CC0", "CC0"),
        ("cc0 1.0 universal", "CC0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0"),
        ("http://www.creativecommons.org/publicdomain/mark/1.0/", "Public domain"),
        ("Public Domain", "Public domain"),
        ("CC BY 4.0", "CC BY"),
        ("CC-BY-2.0-de", "CC BY"),
        ("cc by-sa", "CC BY-SA"),
        ("https://creativecommons.org/licenses/by-sa/4.0/", "CC BY-SA"),
        ("MIT", "MIT"),
        ("Unsplash License", "Unsplash"),
    ],
)
def test_licences_that_allow_commercial_use(text: str, name: str) -> None:
    licence = licence_of(text)
    assert licence is not None
    assert licence.name == name
    assert allows(text, "commercial")


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", " ", "all rights reserved", "free to use", "see README", "CC", "CC BY or not", "MIT-Adobe FiveK"),
        *("CC BY-NC", "cc-by-nc-4.0", "CC BY-NC-SA 2.0", "CC-BY-NC-ND", "CC BY-ND 4.0", "CC-BY-4.0-NC", "CC BY 4.0 nd"),
        *("https://creativecommons.org/licenses/by-nc/4.0/", "CC-BY-SA-NC", "CC BY 4.0 sa", "non-commercial CC0"),
    ],
)
def test_others_do_not(text: str | None) -> None:
    assert not allows(text, "commercial")
    assert allows(text, None)
