"""Configs are checked whole before any work, and the message names field, value and what is taken."""

from pathlib import Path

import pytest
import yaml

from pipeline.config import ConfigError, load_config
from schemas.jobs.run import RunConfig

QUICKSTART = Path(__file__).parents[2] / "configs" / "quickstart.yaml"


def write(tmp_path: Path, values: object) -> Path:
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def test_quickstart_names_every_field_and_its_default() -> None:
    config = load_config(QUICKSTART)
    named = yaml.safe_load(QUICKSTART.read_text())
    assert set(named) == set(RunConfig.model_fields)
    for section in ("image", "compute", "recipes", "words", "scores", "gates", "shards"):
        fields = type(getattr(config, section)).model_fields
        missing = set(fields) - set(named[section]) - {"scorer_gpus", "scorers"}
        assert not missing, f"{section} lacks {missing}"
        defaults = type(getattr(config, section))()
        if section != "compute":
            assert getattr(config, section) == defaults


def test_command_line_goes_over_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, {"sources": ["a"], "out": "b"})
    config = load_config(path, ["c", "d"], "e", ["image.quality=80", "scores.clip=null", "gates.clipped={max: 0.5}"])
    assert config.sources == ["c", "d"]
    assert config.out == "e"
    assert config.image.quality == 80
    assert config.gates.clipped.max == 0.5


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sources": ["a"], "out": "b", "image": {"qualty": 90}}, r"image\.qualty: there is no such field"),
        (
            {"sources": ["a"], "out": "b", "image": {"quality": 101}},
            r"image\.quality: got 101; .*less than or equal to 100",
        ),
        (
            {"sources": ["a"], "out": "b", "image": {"format": "gif"}},
            r"image\.format: got 'gif'; .*'jpeg', 'png' or 'webp'",
        ),
        ({"sources": ["a"], "out": "b", "pairs_per_source": "many"}, r"pairs_per_source: got 'many'"),
        ({"sources": ["a"]}, r"out: is missing"),
        ({"sources": [], "out": "b"}, r"sources: got \[\]"),
        ({"sources": ["a"], "out": "b", "process": "magic/9"}, r"process: got 'magic/9', takes one of"),
        ({"sources": ["a"], "out": "b", "shards": {"splits": {"train": 0.5}}}, r"splits must add up to 1"),
        ({"sources": ["a"], "out": "b", "words": {"tasks": {"auto": 0}}}, r"tasks needs weights"),
        ({"sources": ["a"], "out": "b", "recipes": {"style_direction": "render"}}, r"render needs styles"),
        (
            {"sources": ["a"], "out": "b", "recipes": {"styles": "c", "style_direction": "up"}},
            r"style_direction: got 'up'",
        ),
        (
            {"sources": ["a"], "out": "b", "recipes": {"styles": "c"}, "words": {"tasks": {"auto": 1}}},
            r"style task alone, which words\.tasks leaves out",
        ),
        (["not", "a", "mapping"], r"must hold a mapping"),
    ],
)
def test_unusable_configs(tmp_path: Path, values: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as error:
        load_config(write(tmp_path, values))
    assert error.value.exit_code == 2


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "absent.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [")
    with pytest.raises(ConfigError, match="is not YAML"):
        load_config(broken)


def test_a_config_cannot_make_objects(tmp_path: Path) -> None:
    path = tmp_path / "evil.yaml"
    path.write_text("sources: !!python/object/apply:os.getcwd []\nout: b\n")
    with pytest.raises(ConfigError, match="is not YAML"):
        load_config(path)


@pytest.mark.parametrize("assignment", ["noequals", "=3", "out.deeper=1"])
def test_unusable_assignments(tmp_path: Path, assignment: str) -> None:
    with pytest.raises(ConfigError, match="--set"):
        load_config(write(tmp_path, {"sources": ["a"], "out": "b"}), sets=[assignment])


def test_aliases_are_refused(tmp_path: Path) -> None:
    layers = [f"a{i}: &a{i} [{', '.join(9 * [f'*a{i - 1}'])}]" for i in range(1, 12)]
    bomb = tmp_path / "bomb.yaml"
    bomb.write_text("\n".join(["a0: &a0 [x]", *layers, "sources: *a11"]))
    with pytest.raises(ConfigError, match="aliases such as"):
        load_config(bomb)
    with pytest.raises(ConfigError, match="aliases such as"):
        load_config(bomb, sets=["sources=[&a x, *a]"])
