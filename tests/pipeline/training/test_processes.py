"""Two processes train the same model as one."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

from pipeline.training.train_renderer import MODEL, train
from schemas.jobs.run import RunConfig
from schemas.jobs.train_renderer import TrainRendererConfig

LAUNCH = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2")


def test_two_processes_train_the_same_model_as_one(
    tiny_dataset: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {
        **{"dataset": tiny_dataset.out, "steps": 4, "batch": 4, "pixels": 64},
        **{"model": {"latent": 8, "hidden": [16]}, "validation": {"pairs": 3}, "checkpoint": {"every": 2}},
    }
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({**values, "out": str(tmp_path / "two")}))
    (tmp_path / "run.py").write_text("from pipeline.cli.main import main\n\nmain()\n")
    command = [sys.executable, *LAUNCH, str(tmp_path / "run.py"), "train", str(tmp_path / "config.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    train(TrainRendererConfig.model_validate({**values, "out": str(tmp_path / "one")}))
    one, two = (load_file(tmp_path / name / MODEL) for name in ("one", "two"))
    assert all(torch.allclose(one[name], two[name], atol=1e-5) for name in one)
