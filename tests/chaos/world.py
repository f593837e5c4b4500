"""The world of a chaos run: photos, a store that may be faulty, and the command, which troubles meet."""

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import pyarrow.parquet as pq
import skimage.data
from PIL import Image

from pipeline.dataset.record import commits
from pipeline.storage.store import open_store
from tests.chaos.trouble import TROUBLES, Trouble

_HOOK = Path(__file__).parent / "hook"
_TOP = Path(__file__).parents[2]
_PATIENCE = 300.0
_COMMAND = "from pipeline.cli.main import main; main()"
_TRIES = 20
"""Runs of one command after which it counts as stuck. With a faulty store, some end early by themselves."""

SHARDS = 12
SETTINGS = (
    "pairs_per_source=2",
    "image={long_side: 128, min_short_side: 64}",
    "scores={metrics: [psnr], long_side: 64}",
    "shards={pairs: 2, splits: {train: 0.5, validation: 0.5}}",
    "compute={workers: 2, stuck_after: 20}",
)


def photos(folder: Path) -> None:
    """Write twelve different photos."""
    folder.mkdir(parents=True)
    scenes = [skimage.data.astronaut(), skimage.data.coffee(), skimage.data.chelsea(), skimage.data.rocket()]
    for i, scene in enumerate(scenes):
        for j in range(3):
            part = scene[: 240 + 10 * j, 100 * j : 100 * j + 250]
            Image.fromarray(part).save(folder / f"{i}{j}.png")


@dataclass
class World:
    """One data set in the making.

    Attributes:
        source: where its photos are.
        out: where it is made, a folder or an s3:// prefix.
        marks: folder of the files that mark which troubles have happened.
        env: more environment of the command, as the address of a store.
        settings: more settings of the config.
        struck: troubles that have happened, by step and what.
    """

    source: str
    out: str
    marks: Path
    env: Mapping[str, str] = field(default_factory=dict)
    settings: Sequence[str] = ()
    struck: Counter[tuple[str, str]] = field(default_factory=Counter)
    runs: int = 0

    def start(self, troubles: Sequence[Trouble] = ()) -> "subprocess.Popen[bytes]":
        """Start the command in a process group of its own."""
        self.runs += 1
        sets = [word for setting in (*SETTINGS, *self.settings) for word in ("--set", setting)]
        arguments = ["run", str(_TOP / "configs/quickstart.yaml"), "--source", self.source, "--out", self.out, *sets]
        path = os.pathsep.join([str(_HOOK), str(_TOP)])
        with self._log.open("w") as log:  # a pipe would be held by orphans
            return subprocess.Popen(
                [sys.executable, "-c", _COMMAND, *arguments],
                env={**os.environ, **self.env, "PYTHONPATH": path, TROUBLES: as_text(troubles)},
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )

    def run(self, troubles: Sequence[Trouble] = ()) -> tuple[int, str]:
        """Run the command to its end; exit status and messages."""
        status = finish(self.start(troubles))
        return status, self._log.read_text()

    @property
    def _log(self) -> Path:
        return self.marks / f"run-{self.runs}.log"

    def suffer(self, troubles: Sequence[Trouble]) -> None:
        """Run until every one of the troubles has happened."""
        for _ in range(_TRIES):
            self.run(troubles)
            self.check_commits()
            if all(Path(trouble.mark).exists() for trouble in troubles):
                self.struck.update((trouble.step, trouble.what) for trouble in troubles)
                return
        missing = [trouble for trouble in troubles if not Path(trouble.mark).exists()]
        raise AssertionError(f"these troubles have not happened in {_TRIES} runs: {missing}")

    def complete(self) -> int:
        """Run without trouble until the data set is complete; the number of runs that this took."""
        said = ""
        for number in range(1, _TRIES + 1):
            status, said = self.run()
            if status == 0:
                return number
        raise AssertionError(f"the run does not end: {said}")

    def check_commits(self) -> None:
        """Check that everything that a commit record names is there, as it says."""
        store = open_store(self.out)
        for commit in commits(store):
            for file in (commit.tar, commit.manifest, commit.offsets):
                assert file is not None
                assert hashlib.sha256(store.read(file.name)).hexdigest() == file.sha256, file.name

    def contents(self) -> dict[str, str]:
        """Hash of everything below OUT by its name, hidden files included."""
        if not self.out.startswith("s3://"):
            root = Path(self.out)
            files = [path for path in sorted(root.rglob("*")) if path.is_file()]
            return {str(path.relative_to(root)): _sha256(path.read_bytes()) for path in files}
        bucket, _, prefix = self.out.removeprefix("s3://").partition("/")
        client = boto3.client("s3")
        assert not client.list_multipart_uploads(Bucket=bucket, Prefix=prefix).get("Uploads")
        found = client.list_objects_v2(Bucket=bucket, Prefix=prefix + "/").get("Contents", [])
        read: Callable[[str], bytes] = lambda key: client.get_object(Bucket=bucket, Key=key)["Body"].read()  # noqa: E731
        return {entry["Key"].removeprefix(prefix + "/"): _sha256(read(entry["Key"])) for entry in found}

    def keys(self) -> Counter[str]:
        """How often each pair is in a manifest of a committed shard."""
        store = open_store(self.out)
        read = (
            pq.read_table(io.BytesIO(store.read(commit.manifest.name)), columns=["key"]) for commit in commits(store)
        )
        return Counter(key for table in read for key in table["key"].to_pylist())


def as_text(troubles: Sequence[Trouble]) -> str:
    """Troubles as the environment gives them."""
    return json.dumps([trouble.model_dump() for trouble in troubles])


def finish(process: "subprocess.Popen[bytes]") -> int:
    """Wait for a command; its exit status."""
    try:
        return process.wait(_PATIENCE)
    except subprocess.TimeoutExpired as error:
        os.killpg(process.pid, signal.SIGKILL)
        raise AssertionError(f"a run has not ended after {_PATIENCE:g} s") from error


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
