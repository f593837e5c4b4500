"""The audit of a data set in its store: what it writes, what it leaves out, what it finds in spoilt copies."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import boto3
import pyarrow.parquet as pq
import pytest

from pipeline.audit.release.checks import Check
from pipeline.audit.release.release import release, thresholds_file
from pipeline.audit.release.report import Report
from pipeline.audit.verify import verify
from pipeline.dataset.reader import shard_rows
from pipeline.dataset.record import commits, load_record
from pipeline.dataset.selected import Selected
from pipeline.storage.damage import DamagedError
from pipeline.storage.store import open_store
from schemas.jobs.release import CheckName, Thresholds
from schemas.manifest import ManifestRow
from tests.contents import contents
from tests.pipeline.audit.release.conftest import rewrite_rows, rewrite_sources
from tests.pools import Here

Audit = Callable[..., Report]
Released = Callable[..., str]


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.audit.release.release.ProcessPoolExecutor", Here)


@pytest.fixture
def audit(thresholds: Thresholds) -> Audit:
    """Audits a data set by its root."""

    def run(root: str, **options: object) -> Report:
        store = open_store(root)
        file = thresholds_file("few.yaml", b"few", thresholds)
        return release(store, load_record(store), thresholds, file, workers=1, **options)  # type: ignore[arg-type]  # options as named

    return run


def found(report: Report, name: CheckName) -> Check:
    return next(check for check in report.checks if check.name == name)


def failed(report: Report) -> set[str]:
    return {check.name for check in report.checks if not check.passed}


def test_a_good_set_passes(released: Released, audit: Audit, accepted: list[ManifestRow]) -> None:
    out = released()
    before = contents(out)
    report = audit(out)
    assert failed(report) == set()
    assert report.passed
    assert report.pairs == report.judged == len(accepted)
    assert report.thresholds.version == 7
    assert sum(report.counts["scene"].values()) >= report.judged
    assert report.distributions["ssim"].present == len(accepted)
    written = {name for name in contents(out) if name not in before}
    assert written == {"release/report.json", "release/report.html", "release/ATTRIBUTION.md"}
    assert {name: sha256 for name, sha256 in contents(out).items() if name in before} == before
    assert Report.model_validate_json(Path(out, "release/report.json").read_bytes()) == report
    again = contents(out)
    audit(out)
    assert contents(out) == again  # the report hangs on no clock


def test_reports_name_no_folder_of_this_machine(released: Released, audit: Audit, photo_folder: Path) -> None:
    out = released(licence=lambda number: None if number == 1 else "CC BY 4.0")
    report = audit(out)
    assert found(report, "licence_missing").examples
    for path in Path(out, "release").iterdir():
        text = path.read_text()
        assert str(photo_folder) not in text
        assert out not in text
    assert "coffee.png" in Path(out, "release/ATTRIBUTION.md").read_text().replace("\\", "")


def test_a_lie_blocks(released: Released, audit: Audit, accepted: list[ManifestRow]) -> None:
    key = accepted[0].key

    def lie(row: ManifestRow) -> ManifestRow:
        if row.key != key or row.words is None:
            return row
        answer = re.sub(r"(?<=<plan_light_start>)[^<]*", "Sharpen the dunes of the moon.", row.words.answer)
        return row.model_copy(update={"words": row.words.model_copy(update={"answer": answer})})

    out = released(lie)
    store = open_store(out)
    assert verify(store, load_record(store), sample=0, workers=1).problems == []  # all files agree with one another
    report = audit(out)
    assert not report.passed
    assert failed(report) == {"words_objected"}
    assert found(report, "words_objected").examples == [key]
    assert "text_unknown_parameter:Sharpen" in found(report, "words_objected").detail


def test_a_source_in_two_splits_blocks(released: Released, audit: Audit) -> None:
    out = released()
    store = open_store(out)
    rows = [row for commit in commits(store) for row in shard_rows(store, commit) if row.status == "accepted"]
    first, other = rows[0], next(row for row in rows if row.split != rows[0].split)

    def moved(row: ManifestRow) -> ManifestRow:
        same = row.source_sha256 == other.source_sha256
        return row.model_copy(update={"source_sha256": first.source_sha256}) if same else row

    rewrite_rows(out, moved)
    report = audit(out, sample=1)
    assert failed(report) == {"sources_in_two_splits"}
    keys = found(report, "sources_in_two_splits").examples
    assert {first.key, other.key} <= set(keys)


def test_a_missing_licence_blocks(released: Released, audit: Audit) -> None:
    report = audit(released(licence=lambda number: " " if number == 2 else "CC0"), sample=1)
    assert failed(report) == {"licence_missing"}
    assert found(report, "licence_missing").value == pytest.approx(1 / report.sources, abs=1e-6)
    assert report.counts["licence"][""] == 1


def test_commercial_use_leaves_out_what_does_not_allow_it(
    released: Released, audit: Audit, accepted: list[ManifestRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = released(licence=lambda number: (None, "CC BY-NC 4.0", "CC BY 4.0", "CC0", "MIT", "all mine")[number % 6])
    report = audit(out, use="commercial")
    kept = pq.read_table(Path(out, "release/keys-commercial.parquet"))["key"].to_pylist()
    store = open_store(out)
    rows = [row for commit in commits(store) for row in shard_rows(store, commit) if row.status == "accepted"]
    assert kept == [row.key for row in rows if row.licence in ("CC BY 4.0", "CC0", "MIT")]
    assert 0 < report.pairs == report.judged == len(kept) < len(accepted)
    assert set(report.counts["licence"]) == {"CC BY 4.0", "CC0", "MIT"}
    assert found(report, "licence_missing").passed
    assert found(report, "licence_left_out").detail == {"pairs": len(accepted) - len(kept)}
    names = Path(out, "release/ATTRIBUTION.md").read_text()
    assert "CC BY (the author must be named)" in names
    assert "NC" not in names
    monkeypatch.chdir(out)
    where = "key IN (SELECT key FROM 'release/keys-commercial.parquet')"
    assert Selected(out, where=where).keys.to_pylist() == kept


def test_a_use_that_no_licence_allows_blocks(released: Released, audit: Audit) -> None:
    report = audit(released(licence=lambda _: "CC BY-NC"), use="commercial")
    assert not report.passed
    assert found(report, "pairs").value == 0


def test_hostile_names_are_escaped(released: Released, audit: Audit) -> None:
    out = released()
    evil = "<script>alert(1)</script>|`x`"
    rewrite_sources(out, lambda _: None, uri=lambda number: f"/a/{evil}-{number}.jpg", author=lambda _: evil)
    report = audit(out, sample=1)
    page = Path(out, "release/report.html").read_text()
    assert found(report, "licence_missing").examples[0].startswith("script>")  # after the last slash of its address
    assert "script>" not in page
    assert "script&gt;" in page
    assert "http" not in page  # nothing is loaded
    table = Path(out, "release/ATTRIBUTION.md").read_text()
    assert "<" not in table.replace("\\<", "")
    assert "|`" not in table


def test_a_sample_judges_some(released: Released, audit: Audit) -> None:
    report = audit(released(), sample=3)
    assert report.judged == 3
    assert report.pairs > 3


def test_a_damaged_shard_is_named(released: Released, audit: Audit) -> None:
    out = released()
    tar = Path(out, "shards/000000.tar")
    tar.write_bytes(tar.read_bytes()[:600])
    with pytest.raises(DamagedError, match=r"000000\.tar"):
        audit(out)


def test_on_s3(released: Released, audit: Audit, s3_bucket: str) -> None:
    out = released()
    client = boto3.client("s3")
    for path in Path(out).rglob("*.*"):
        client.upload_file(str(path), s3_bucket, f"set/{path.relative_to(out)}")
    assert audit(f"s3://{s3_bucket}/set") == audit(out)
    body = client.get_object(Bucket=s3_bucket, Key="set/release/report.json")["Body"].read()
    assert json.loads(body)["passed"] is True
    assert body == Path(out, "release/report.json").read_bytes()


def test_words_in_another_language(make_dataset: Callable[..., str], tmp_path: Path, audit: Audit) -> None:
    image = {"long_side": 160, "min_short_side": 64}
    report = audit(make_dataset(tmp_path / "chinese", image=image, words={"language": "zh"}))
    assert failed(report) == {"licence_missing"}
    assert report.counts["hue named"]
    assert found(report, "empty_sections").detail
