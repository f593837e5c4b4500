"""Commands around a trained renderer, and where `train` runs."""

import json
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest

from operators.catalogue import AETHER_1
from pipeline.presets.cube import read_cube
from pipeline.training import ray_train, train_renderer
from pipeline.training.renderer import RetouchRenderer, save_renderer
from schemas.jobs.train_renderer import RendererConfig

Command = Callable[..., tuple[int, str, str]]

CONFIG = str(Path(__file__).parents[3] / "configs" / "train-renderer-tiny.yaml")


@pytest.fixture
def renderer(tmp_path: Path) -> str:
    """A renderer that is told edits by parameters."""
    path = tmp_path / "renderer.safetensors"
    save_renderer(RetouchRenderer(RendererConfig(latent=4, hidden=(8,)), AETHER_1), path)
    return str(path)


def test_a_recipe_becomes_a_cube_file(unretouch: Command, renderer: str, tmp_path: Path) -> None:
    (tmp_path / "edit.json").write_text(json.dumps({"Exposure2012": 1.0}))
    to = tmp_path / "look.cube"
    done = unretouch("cube", renderer, "--recipe", str(tmp_path / "edit.json"), "--to", str(to), "--points", "9")
    assert done[0] == 0, done
    assert read_cube(to).table.shape == (3, 9, 9, 9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "give --recipe, or --before and --after"),
        (["--before", "a.png"], "give --recipe, or --before and --after"),
        (["--recipe", "a.json", "--before", "a.png", "--after", "b.png"], "give --recipe, or --before and --after"),
        (["--before", "a.png", "--after", "b.png"], "is told edits by the values of a recipe"),
        (["--recipe", "none.json"], "none.json: no such file"),
    ],
)
def test_an_edit_that_is_not_told_is_asked_for(
    options: list[str], message: str, unretouch: Command, renderer: str, tmp_path: Path
) -> None:
    code, output, errors = unretouch("cube", renderer, *options, "--to", str(tmp_path / "look.cube"))
    assert (code, output) != (0, "")
    assert message.replace(" ", "") in errors.replace(" ", "").replace("│", "")


def test_train_runs_here_or_on_ray(unretouch: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = Mock(return_value={"psnr": 1.0}), Mock(return_value={"psnr": 2.0})
    monkeypatch.setattr(train_renderer, "train", here)
    monkeypatch.setattr(ray_train, "train_on_ray", there)
    assert json.loads(unretouch("train", CONFIG, "--json")[1]) == {"psnr": 1.0}
    assert json.loads(unretouch("train", CONFIG, "--json", "--set", "ray.workers=3")[1]) == {"psnr": 2.0}
    assert there.call_args.args[0].ray.workers == 3
