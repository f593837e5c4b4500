"""A data set has the same bytes whatever the processor: for each variant of the C++ code, of torch and of the codec."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from pipeline.presets.export import to_xmp
from schemas.recipe import Recipe

ROOT = Path(__file__).parents[3]
FORMATS = ("jpeg", "png", "webp")


class Machine(NamedTuple):
    """What a machine of some generation would run: settings of torch and of libjpeg-turbo, threads, and C++ code."""

    torch: str
    jpeg: str
    threads: int
    flags: str | None
    """Flags of a build for that generation alone; None for the installed library, which chooses by the processor."""


PLAIN = Machine("default", "JSIMD_FORCENONE", 1, "-fno-tree-vectorize")
AVX2 = Machine("avx2", "JSIMD_FORCESSE2", 1, "-march=x86-64-v3")
THIS = Machine("", "", 2, None)


def machines() -> list[Machine]:
    """Those that this one can stand for: at least two."""
    return [PLAIN, *([AVX2] if torch.backends.cpu.get_cpu_capability() == "AVX512" else []), THIS]


@pytest.fixture(scope="module")
def sources(photo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four photographs: of two kinds of JPEG, PNG and WebP."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("sources")
    options = ({"quality": 90}, {"quality": 80, "subsampling": 2}, {}, {"quality": 85})
    names = ("coffee.jpg", "astronaut.jpg", "china.png", "flower.webp")
    for name, saved in zip(names, options, strict=True):
        Image.open(photo_folder / f"{Path(name).stem}.png").convert("RGB").save(folder / name, **saved)
    return folder


@pytest.fixture(scope="module")
def presets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("presets")
    values = {"IncrementalTemperature": 30.0, "Contrast2012": 25.0, "HueAdjustmentOrange": -20.0, "Vibrance": 15.0}
    (folder / "warm.xmp").write_bytes(to_xmp(Recipe(process="aether/1", values=values), "Warm"))
    return folder


@pytest.fixture(scope="module")
def made(
    sources: Path, presets: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], list[dict[str, str]]]:
    """Hashes of all files of a data set of some format, for each of the machines."""
    builds, outs = tmp_path_factory.mktemp("builds"), tmp_path_factory.mktemp("outs")
    folders = [builds / str(i) if machine.flags else ROOT for i, machine in enumerate(machines())]
    _together([_build(one.flags, folder) for one, folder in zip(machines(), folders, strict=True) if one.flags])
    _together(
        [
            _make(one, folder, [_config(outs / str(i), name, sources, presets) for name in FORMATS])
            for i, (one, folder) in enumerate(zip(machines(), folders, strict=True))
        ]
    )

    def hashes(image_format: str) -> list[dict[str, str]]:
        return [_hashes(outs / str(i) / image_format) for i in range(len(machines()))]

    return hashes


@pytest.mark.parametrize("image_format", FORMATS)
def test_all_processors_make_the_same_bytes(made: Callable[[str], list[dict[str, str]]], image_format: str) -> None:
    first, *others = made(image_format)
    assert {Path(name).parent.name for name in first} >= {"shards", "manifest", "plan", "sources", "commits"}
    assert others
    for other in others:
        assert other == first


def _build(flags: str, folder: Path) -> subprocess.Popen[bytes]:
    given = f"{flags} -DCLONES="  # the code of one generation, whatever the machine could run
    command = [sys.executable, "setup.py", "-q", "build_ext", f"--build-lib={folder}", f"--build-temp={folder}/objects"]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "CFLAGS": given, "CXXFLAGS": given})


def _make(machine: Machine, folder: Path, configs: list[dict[str, object]]) -> subprocess.Popen[bytes]:
    settings = {"OMP_NUM_THREADS": str(machine.threads), "PYTHONPATH": str(ROOT)}
    if machine.torch:
        settings["ATEN_CPU_CAPABILITY"] = machine.torch
    if machine.jpeg:
        settings[machine.jpeg] = "1"
    script = Path(__file__).with_name("same_bytes.py")
    command = [sys.executable, script, folder / "operators", str(machine.threads), *map(json.dumps, configs)]
    return subprocess.Popen(command, env={**os.environ, **settings})


def _together(running: list[subprocess.Popen[bytes]]) -> None:
    assert [process.wait() for process in running] == [0] * len(running)


def _config(out: Path, image_format: str, sources: Path, presets: Path) -> dict[str, object]:
    return {
        "sources": [str(sources)],
        "out": str(out / image_format),
        "seed": 3,
        "pairs_per_source": 3,
        "image": {"long_side": 200, "min_short_side": 64, "format": image_format},
        "recipes": {"styles": str(presets), "style_direction": "render"},
        "scores": {"metrics": ["psnr", "ssim", "piqe"], "long_side": 128},
        "words": {"tasks": {"auto": 1.0, "style": 1.0}},
        "shards": {"pairs": 6, "splits": {"train": 1.0}},
    }


def _hashes(out: Path) -> dict[str, str]:
    files = sorted(path for path in out.rglob("*") if path.is_file())
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
