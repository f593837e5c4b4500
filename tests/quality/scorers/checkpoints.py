"""Models of pyiqa with random weights, saved as the local checkpoints that pyiqa looks for."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

FILES: Mapping[str, str] = {
    "cnniqa": "CNNIQA_koniq10k-e6f14c91.pth",
    "musiq": "musiq_koniq_ckpt-e95806b9.pth",
    "topiq_nr": "cfanet_nr_koniq_res50-9a73138b.pth",
    "lpips": "LPIPS_v0.1_alex-df73285e.pth",
}
"""Name of the checkpoint of each metric."""


def save_checkpoint(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, seed: int = 0) -> Path:
    """Save random weights of a metric where pyiqa looks for them, and let it look in this folder alone.

    Backbones come from checkpoints of their own, which are replaced by random weights too.

    Returns:
        The file.
    """
    import pyiqa.archs.cnniqa_arch
    import pyiqa.archs.lpips_arch
    import pyiqa.archs.musiq_arch
    import pyiqa.archs.topiq_arch
    import timm
    import torchvision.models

    backbone, alexnet = timm.create_model, torchvision.models.alexnet
    monkeypatch.setattr(
        timm, "create_model", lambda *args, **options: backbone(*args, **options | {"pretrained": False})
    )
    monkeypatch.setattr(torchvision.models, "alexnet", lambda weights: alexnet())
    monkeypatch.setattr("pyiqa.utils.download_util.DEFAULT_CACHE_DIR", str(folder))
    architectures: Mapping[str, Callable[[], torch.nn.Module]] = {
        "cnniqa": lambda: pyiqa.archs.cnniqa_arch.CNNIQA(pretrained=None),
        "musiq": lambda: pyiqa.archs.musiq_arch.MUSIQ(pretrained=False),
        "topiq_nr": lambda: pyiqa.archs.topiq_arch.CFANet(use_ref=False, pretrained=False),
        "lpips": lambda: pyiqa.archs.lpips_arch.LPIPS(net="alex", pretrained=False),
    }
    torch.manual_seed(seed)
    state: Any = architectures[name]().state_dict()
    path = folder / FILES[name]
    torch.save(state if name in ("musiq", "lpips") else {"params": state}, path)
    return path
