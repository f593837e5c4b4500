"""The mistakes of a user: each ends in one clear message and an exit code, without a trace."""

import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.dataset.record import load_record
from pipeline.storage.store import open_store
from schemas.jobs.run import RunConfig
from tests.faulty_s3 import Fault, FaultyS3

QUICKSTART = str(Path(__file__).parents[3] / "configs" / "quickstart.yaml")

Command = Callable[..., tuple[int, str, str]]


def write(path: Path, content: str | bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def refused(done: tuple[int, str, str], code: int, *words: str) -> None:
    """The command ended with this code and a message that holds these words, and printed no report."""
    assert done[0] == code, done
    assert done[1] == ""
    assert "Traceback" not in done[2]
    # The console breaks lines within long paths.
    message = done[2].replace(" ", "")
    for word in words:
        assert word.replace(" ", "") in message, done[2]


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ("image.qualty=90", "image.qualty: there is no such field"),
        ("image.quality=9", "image.quality: got 9"),
        ("image.quality", "--set takes FIELD=VALUE"),
        ("seed.part=1", "seed is not a section"),
        ("seed=[", "the value is not YAML"),
        ("sources=[]", "sources: got []"),
        ("sources=[{data: x}]", "there is no such field"),
        ("process=lightroom", "process: got 'lightroom', takes one of"),
        ("engine=fast", "engine: got 'fast'"),
        ("shards.splits={train: 0.5}", "splits must add up to 1"),
        ("shards.splits={a.b: 1}", "split names are letters"),
        ("words.tasks={auto: 0}", "tasks needs weights"),
        ("words.tasks={poem: 1}", "words.tasks.poem"),
        ("recipes.groups={light: -1}", "groups needs weights"),
        ("recipes.style_direction=render", "style_direction: render needs styles"),
        ("recipes.limit=2", "recipes.limit: got 2"),
        ("scores.metrics=[nonsense]", "pyiqa has no metric 'nonsense'"),
        ("scores.metrics=[psnr, psnr]", "metrics names one twice"),
        ("gates.scores={niqe: {max: 3}}", "niqe is not among the scores"),
        ("realism.experts=photos", "experts needs a reference too"),
        ("out=s3://", "expected s3://bucket/prefix"),
    ],
)
def test_values_of_a_config(unretouch: Command, tmp_path: Path, sets: str, message: str) -> None:
    arguments = () if sets.startswith("out=") else ("--out", str(tmp_path / "out"))
    refused(unretouch("run", QUICKSTART, *arguments, "--set", sets), 2, message)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ("image.quality=90", "only gates.* may be set"),
        ("gates={}", "only gates.* may be set"),
        ("gates.clippd.max=0.1", "gates.clippd: there is no such field"),
        ("gates.clipped.max=much", "gates.clipped.max: got 'much'"),
        ("gates.scores={niqe: {max: 3}}", "niqe is not among the scores"),
    ],
)
def test_gates_to_set(unretouch: Command, pairs_dataset: str, tmp_path: Path, sets: str, message: str) -> None:
    refused(unretouch("regate", pairs_dataset, "--set", sets, "--out", str(tmp_path / "new")), 2, message)
    assert not (tmp_path / "new").exists()


def test_what_cannot_be_regated(unretouch: Command, pairs_dataset: str, tmp_path: Path) -> None:
    gate = ("--set", "gates.clipped.max=0.1")
    refused(unretouch("regate", str(tmp_path), *gate, "--out", str(tmp_path / "new")), 1, "holds no data set")
    refused(unretouch("regate", pairs_dataset, *gate, "--out", pairs_dataset), 1, "holds another data set")
    shutil.copytree(pairs_dataset, tmp_path / "half")
    record = load_record(open_store(pairs_dataset))
    counts = record.counts.model_copy(update={"accepted": None, "rejected": None})
    (tmp_path / "half" / "dataset.json").write_bytes(record.model_copy(update={"counts": counts}).to_bytes())
    half = str(tmp_path / "half")
    refused(unretouch("regate", half, *gate, "--out", str(tmp_path / "new")), 1, "is not finished; run its command")
    other = record.model_copy(update={"code_sha256": "of another version"})
    (tmp_path / "half" / "dataset.json").write_bytes(other.to_bytes())
    refused(unretouch("regate", half, *gate, "--out", str(tmp_path / "new")), 1, "with other source code or libraries")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("sources: [", "is not YAML"),
        ("- a\n- b\n", "must hold a mapping of fields"),
        ("seed: 1\n", "sources: is missing"),
        (b"\xff\xfe\x00bad", "cannot be read"),
        ("sources: &a [x]\nseed: !!python/object/apply:os.system ['true']\n", "is not YAML"),
    ],
)
def test_files_that_are_no_config(unretouch: Command, tmp_path: Path, content: str | bytes, message: str) -> None:
    path = write(tmp_path / "run.yaml", content)
    refused(unretouch("run", path), 2, "run.yaml", message)


def test_a_config_that_does_not_exist(unretouch: Command, tmp_path: Path) -> None:
    refused(unretouch("run", str(tmp_path / "no.yaml")), 2, "no.yaml cannot be read")
    refused(unretouch("plan", str(tmp_path)), 2, "cannot be read")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("/nothing", "source '/nothing' does not exist"),
        ("/nothing/*.jpg", "nothing matches this pattern"),
        ("http://host/a.jpg", "only paths and file://, s3:// and hf:// addresses"),
        ("EMPTY", "holds no file"),
        ("list.csv", "no column 'uri'"),
        ("holes.csv", "no uri in row 1"),
        ("broken.parquet", "cannot be read"),
        ("numbers.parquet", "cannot be read"),
        ("{dataset: EMPTY, column: photo}", "Hugging Face data set"),
    ],
)
def test_sources(unretouch: Command, tmp_path: Path, source: str, message: str) -> None:
    (tmp_path / "EMPTY").mkdir()
    write(tmp_path / "list.csv", "path\na.jpg\n")
    write(tmp_path / "holes.csv", "uri,author\n,me\n")
    write(tmp_path / "broken.parquet", b"PAR1 and no more")
    pq.write_table(pa.table({"uri": [[1, 2]]}), tmp_path / "numbers.parquet")
    if source.startswith("{"):
        named = ("--set", f"sources=[{source.replace('EMPTY', str(tmp_path / 'EMPTY'))}]")
    else:
        named = ("--source", source if "/" in source else str(tmp_path / source))
    refused(unretouch("run", QUICKSTART, *named, "--out", str(tmp_path / "out")), 2, message)


@pytest.mark.parametrize(
    ("field", "message"),
    [("bank", "is no expert bank"), ("gaussian", "cannot be read"), ("styles", "no such file or folder")],
)
def test_recipe_files_that_do_not_exist(
    unretouch: Command, photo_folder: Path, tmp_path: Path, field: str, message: str
) -> None:
    named = ("--source", str(photo_folder), "--out", str(tmp_path / "out"))
    done = unretouch("run", QUICKSTART, *named, "--set", f"recipes.{field}={tmp_path / 'missing'}")
    refused(done, 2, "missing", message)


def test_recipe_files_that_are_something_else(unretouch: Command, photo_folder: Path, tmp_path: Path) -> None:
    named = ("--source", str(photo_folder), "--out", str(tmp_path / "out"))
    sampler = write(tmp_path / "sampler.json", "{}")
    refused(unretouch("run", QUICKSTART, *named, "--set", f"recipes.gaussian={sampler}"), 2, "is no sampler")
    write(tmp_path / "bank" / "fits" / "a.parquet", "no Parquet")
    done = unretouch("run", QUICKSTART, *named, "--set", f"recipes.bank={tmp_path / 'bank'}")
    refused(done, 2, "a.parquet is not part of a bank")
    style = write(tmp_path / "styles" / "a.cube", "LUT_3D_SIZE 1\n")
    done = unretouch("run", QUICKSTART, *named, "--set", f"recipes.styles={Path(style).parent}")
    refused(done, 2, "mend or remove the files", "LUT_3D_SIZE is '1'")


def test_a_cluster_that_does_not_answer(
    unretouch: Command, photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What Ray raises is put in its place, for "auto" would find whatever other cluster this machine runs.
    monkeypatch.setattr("ray.init", Mock(side_effect=ConnectionError("Could not find any running Ray instance")))
    named = ("--source", str(photo_folder), "--out", str(tmp_path / "out"))
    done = unretouch("plan", QUICKSTART, *named, "--set", "compute.address=auto")
    refused(done, 1, "compute.address: no Ray cluster answers at 'auto'")


@pytest.mark.ray
def test_a_worker_that_cannot_write(unretouch: Command, photo_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out / "scratch", "a file where a folder is needed")
    done = unretouch("run", QUICKSTART, "--source", str(photo_folder), "--out", str(out))
    refused(done, 1, f"unretouch: {out}/scratch: File exists")


@pytest.mark.ray
def test_no_source_can_be_used(unretouch: Command, tmp_path: Path) -> None:
    source = write(tmp_path / "photos" / "a.jpg", "this is no picture")
    done = unretouch("run", QUICKSTART, "--source", source, "--out", str(tmp_path / "out"))
    refused(done, 1, "none of the 1 sources can be used: {'not_an_image': 1}")


def test_out_is_a_file(unretouch: Command, photo_folder: Path, tmp_path: Path) -> None:
    out = write(tmp_path / "out", "")
    refused(unretouch("plan", QUICKSTART, "--source", str(photo_folder), "--out", out), 1, "out")


@pytest.mark.ray
def test_the_object_store_refuses_an_upload(
    unretouch: Command, photo_folder: Path, s3_bucket: str, faulty_s3: FaultyS3
) -> None:
    faulty_s3.faults.append(Fault(r"PUT /bucket/out/sources/000000", "refuse"))
    source = str(photo_folder / "coffee.png")
    done = unretouch("plan", QUICKSTART, "--source", source, "--out", f"s3://{s3_bucket}/out")
    refused(done, 1, "the object store: ", "out/sources/000000.parquet", "AccessDenied")


@pytest.mark.parametrize("command", ["status", "verify", "replay", "show", "export", "xmp", "realism"])
def test_there_is_no_data_set(unretouch: Command, tmp_path: Path, command: str) -> None:
    options = {
        "realism": ["--reference", "/nothing"],
        "export": ["--format", "trl", "--to", str(tmp_path / "to")],
        "status": [],
        "verify": [],
    }
    rest = options.get(command, ["key"])
    refused(unretouch(command, str(tmp_path), *rest), 1, "holds no data set: dataset.json is missing")


def test_a_data_set_that_is_damaged(unretouch: Command, tiny_dataset: RunConfig, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(tiny_dataset.out, out)
    (out / "manifest" / "000000.parquet").write_bytes(b"PAR1")
    refused(unretouch("show", str(out), "key"), 1, "000000.parquet is damaged")
    (out / "commits" / "000000.json").write_text("{}")
    refused(unretouch("status", str(out)), 1, "commits/000000.json is no record", "shard: Field required")
    (out / "dataset.json").write_text('{"format": 1}')
    refused(unretouch("status", str(out)), 1, "dataset.json is no record that this version of unretouch reads")


def test_keys_and_files_of_a_data_set(unretouch: Command, tiny_dataset: RunConfig) -> None:
    for command in ("show", "replay", "xmp"):
        refused(unretouch(command, tiny_dataset.out, "no-key"), 1, "has a pair 'no-key'")
    refused(unretouch("realism", tiny_dataset.out, "--reference", "/nothing"), 2, "does not exist")
    refused(unretouch("realism", tiny_dataset.out, "--reference", QUICKSTART), 2, "holds no usable picture")
    key = pq.read_table(Path(tiny_dataset.out) / "manifest", filters=[("status", "==", "accepted")])["key"][0].as_py()
    refused(unretouch("show", tiny_dataset.out, key, "--to", "/no/such/folder/a.png"), 1, "/no/such/folder/a.png")
    refused(unretouch("xmp", tiny_dataset.out, key, "--to", "/no/such/folder/a.xmp"), 1, "cannot be written")


def test_exports(unretouch: Command, pairs_dataset: str, tmp_path: Path) -> None:
    to = ("--to", str(tmp_path / "export"))
    refused(unretouch("export", pairs_dataset, "--format", "zip", *to), 2, "'zip' is not one of")
    refused(unretouch("export", pairs_dataset, "--format", "trl", "--split", "x", *to), 2, "has no split 'x'")
    refused(unretouch("export", pairs_dataset, "--format", "trl", "--where", "1 +", *to), 2, "where:")
    assert not (tmp_path / "export").exists()
    done = unretouch("export", pairs_dataset, "--format", "trl", "--where", "task = 'auto'", *to, "--json")
    assert done[0] == 0, done
    refused(unretouch("export", pairs_dataset, "--format", "trl", *to), 2, "is not an empty folder")


def test_fit(unretouch: Command, photo_folder: Path, tmp_path: Path) -> None:
    photo = str(photo_folder / "coffee.png")
    refused(unretouch("fit", photo), 2, "give BEFORE and AFTER, or --list and --out")
    refused(unretouch("fit", photo, "/nothing.png"), 2, "/nothing.png")
    refused(unretouch("fit", photo, photo, "--process", "none"), 2, "takes one of")
    listed = write(tmp_path / "pairs.txt", "")
    refused(unretouch("fit", "--list", listed, "--out", str(tmp_path)), 2, "is no list of pairs")
    listed = write(tmp_path / "pairs.csv", "uri\na.png\n")
    refused(unretouch("fit", "--list", listed, "--out", str(tmp_path)), 2, "has no `before`")


def test_samplers_and_presets(unretouch: Command, photo_folder: Path, tmp_path: Path) -> None:
    to = ("--to", str(tmp_path / "sampler.json"))
    refused(unretouch("sampler", *to), 2, "a sampler is fitted either to a bank, or to unedited photos")
    refused(unretouch("sampler", *to, "--bank", str(tmp_path)), 2, "is no expert bank")
    refused(unretouch("sampler", *to, "--reference", "/nothing", "--experts", str(photo_folder)), 2, "does not exist")
    refused(unretouch("presets", "/nothing"), 1, "no such file or folder")
    refused(unretouch("presets", str(photo_folder)), 1, "no preset")
    refused(unretouch("fly"), 2, "No such command")
    refused(unretouch("verify", str(tmp_path), "--workers", "0"), 2, "Invalid value for '--workers'")
