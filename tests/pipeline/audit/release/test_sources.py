"""Sources are named without the folders of a machine, and the list of authors is Markdown that says what is stated."""

import pyarrow as pa
import pytest

from pipeline.audit.release.sources import attribution, shown


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("/home/ada/photos/a?b%20c.jpg", "a?b%20c.jpg"),
        ("s3://bucket/photos/a.jpg", "a.jpg"),
        ("hf://ada%2Fphotos:raw/train/image/17", "ada/photos:raw/train/image/17"),
        ("hf://%2Fhome%2Fada%2Fphotos/train/image/17", "photos/train/image/17"),
    ],
)
def test_names(uri: str, name: str) -> None:
    assert shown(uri) == name


def test_attribution() -> None:
    sources = pa.table(
        {
            "sha256": ["a" * 64, "b" * 64, "c" * 64],
            "uri": ["/x/a.jpg", "/x/b_1.jpg", "/x/c.jpg"],
            "author": ["Ada", "Grace | <b>", None],
            "licence": ["CC BY 4.0", "cc-by-2.0", None],
        }
    )
    text = "".join(attribution(sources))
    assert text.count("## CC BY (the author must be named)") == 1
    assert f"| {'a' * 16} | a.jpg | Ada | CC BY 4.0 |" in text
    assert f"| {'b' * 16} | b\\_1.jpg | Grace \\| \\<b\\> | cc-by-2.0 |" in text
    assert text.index("No licence stated") > text.index("CC BY")
    assert f"| {'c' * 16} | c.jpg | not stated | none |" in text
