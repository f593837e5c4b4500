import math
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor
from torchvision.io import decode_jpeg, encode_jpeg

from operators.resize import resize
from quality.scorers.build import actor_scorers, score_names, score_pairs, task_scorers
from quality.scorers.pyiqa_metrics import PyiqaScorer
from quality.scorers.scorer import Compared, Scorer, ScorerUnavailableError, Scores
from schemas.config import ClipConfig, ScoresConfig


def _noisy(photo: Tensor, sigma: float) -> Tensor:
    noise = torch.randn(photo.shape, generator=torch.Generator().manual_seed(0)) * sigma
    return (photo + noise).clamp(0, 255).round().to(torch.uint8)


def scored(scorer: Scorer, inputs: Sequence[Tensor], target: Tensor) -> list[Scores]:
    """Scores of the variants of one target."""
    return scorer.score([*inputs, target], [Compared(i, len(inputs)) for i in range(len(inputs))])


def test_names_follow_the_metrics_and_their_modes() -> None:
    config = ScoresConfig(metrics=["piqe", "lpips+", "psnr"], clip=ClipConfig(pretrained="x.pt"))
    assert score_names(config) == [
        "piqe_input",
        "piqe_target",
        "lpips+",
        "psnr",
        "clip_image",
        "clip_text",
        "clip_direction",
    ]


def test_every_metric_of_pyiqa_has_names() -> None:
    from pyiqa.default_model_configs import DEFAULT_CONFIGS

    names = score_names(ScoresConfig(metrics=list(DEFAULT_CONFIGS)))
    modes = [entry["metric_mode"] for entry in DEFAULT_CONFIGS.values()]
    assert len(names) == modes.count("FR") + 2 * modes.count("NR")


def test_scores_have_the_names_in_their_order(photos: dict[str, Tensor]) -> None:
    config = ScoresConfig(long_side=128)
    photo = photos["coffee"]
    scores = score_pairs(task_scorers(config), [_noisy(photo, 5), photo], [Compared(0, 1), Compared(1, 1)])
    assert [list(score) for score in scores] == [score_names(config)] * 2
    assert all(isinstance(value, float) for score in scores for value in score.values())


def test_no_scorers_give_empty_scores(photos: dict[str, Tensor]) -> None:
    assert task_scorers(ScoresConfig(metrics=[])) == []
    assert score_pairs([], [photos["coffee"]], [Compared(0, 0, "a")]) == [{}]


def test_scores_are_those_of_pyiqa_on_the_reduced_pictures(photos: dict[str, Tensor]) -> None:
    import pyiqa

    photo = photos["astronaut"]
    noisy = _noisy(photo, 8)
    [scores] = scored(PyiqaScorer(["psnr", "ssim", "gmsd", "piqe"], 128, "cpu", "compiled"), [noisy], photo)
    x, y = (resize(picture[None], 128, "bilinear").float() / 255 for picture in (noisy, photo))
    assert x.shape[2:] == (128, 128)
    for name in ("psnr", "ssim", "gmsd"):
        assert scores[name] == pytest.approx(pyiqa.create_metric(name, device="cpu")(x, y).item(), abs=1e-4)
    piqe = pyiqa.create_metric("piqe", device="cpu")
    assert scores["piqe_input"] == pytest.approx(piqe(x.double()).item(), abs=1e-3)
    assert scores["piqe_target"] == pytest.approx(piqe(y.double()).item(), abs=1e-3)


def test_equal_pictures_have_the_psnr_of_pyiqa(photos: dict[str, Tensor]) -> None:
    photo = photos["rocket"]
    [scores] = scored(PyiqaScorer(["psnr"], 128, "cpu", "compiled"), [photo], photo)
    assert scores["psnr"] == pytest.approx(80)


def test_scores_do_not_depend_on_the_batch(photos: dict[str, Tensor]) -> None:
    [scorer] = task_scorers(ScoresConfig(long_side=160))
    photo = photos["chelsea"]
    inputs = torch.stack([_noisy(photo, sigma) for sigma in (2, 9, 30)])
    alone = [scored(scorer, [picture], photo)[0] for picture in inputs]
    assert scored(scorer, inputs, photo) == alone


def test_full_reference_scores_fall_with_noise(photos: dict[str, Tensor]) -> None:
    [scorer] = task_scorers(ScoresConfig(metrics=["psnr", "ssim"]))
    photo = photos["china"]
    scores = scored(scorer, [_noisy(photo, sigma) for sigma in (0, 3, 10, 40)], photo)
    for name in ("psnr", "ssim"):
        values = [score[name] or 0.0 for score in scores]
        assert values == sorted(values, reverse=True)
        assert len(set(values)) == 4


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "china", "flower"])
def test_piqe_finds_blocks_blur_and_noise(photos: dict[str, Tensor], name: str) -> None:
    [scorer] = task_scorers(ScoresConfig(metrics=["piqe"]))
    photo = photos[name]
    height, width = photo.shape[1:]
    blocky = decode_jpeg(encode_jpeg(photo, quality=5))
    blurred = torch.nn.functional.interpolate(
        torch.nn.functional.avg_pool2d(photo[None].float(), 8), size=(height, width), mode="bilinear"
    )[0].to(torch.uint8)
    for worse in (blocky, blurred, _noisy(photo, 60)):
        [score] = scored(scorer, [worse], photo)
        assert score["piqe_input"] is not None
        assert score["piqe_target"] is not None
        assert score["piqe_input"] > score["piqe_target"]


def test_a_score_that_is_no_number_is_none() -> None:
    # Divides by the largest value, which is 0.
    black = torch.zeros(3, 64, 64, dtype=torch.uint8)
    [scorer] = task_scorers(ScoresConfig(metrics=["piqe", "psnr"]))
    [scores] = scored(scorer, [black], black)
    assert scores["piqe_input"] is None
    assert scores["piqe_target"] is None
    assert scores["psnr"] is not None
    assert math.isfinite(scores["psnr"])


def test_a_picture_too_small_for_a_metric_has_no_score(caplog: pytest.LogCaptureFixture) -> None:
    thin = torch.full((3, 9, 300), 90, dtype=torch.uint8)
    [scorer] = task_scorers(ScoresConfig(metrics=["ssim", "psnr"]))
    [scores] = scored(scorer, [thin], thin)
    assert scores["ssim"] is None
    assert scores["psnr"] is not None
    assert "ssim gives no score for (9, 300)" in caplog.text


def test_reduction_keeps_small_pictures_and_proportions() -> None:
    picture = torch.randint(256, (2, 3, 30, 90), dtype=torch.uint8)
    assert resize(picture, 90, "bilinear") is picture
    assert resize(picture, 45, "bilinear").shape == (2, 3, 15, 45)
    assert resize(picture[:, :, :1], 30, "bilinear").shape == (2, 3, 1, 30)


def test_reduction_does_not_depend_on_the_layout_in_memory(photos: dict[str, Tensor]) -> None:
    pictures = torch.stack([photos["coffee"], photos["coffee"].flip(2)])
    last = pictures.contiguous(memory_format=torch.channels_last)
    assert torch.equal(resize(pictures, 200, "bilinear"), resize(last, 200, "bilinear"))
    assert torch.equal(resize(pictures, 200, "bilinear")[1:], resize(pictures[1:], 200, "bilinear"))


def test_engines_score_alike(photos: dict[str, Tensor]) -> None:
    photo = photos["astronaut"]
    compiled, eager = (
        score_pairs(task_scorers(ScoresConfig(long_side=160), engine), [_noisy(photo, 8), photo], [Compared(0, 1)])[0]
        for engine in ("compiled", "eager")
    )
    assert compiled.keys() == eager.keys()
    for name, value in compiled.items():
        assert value == pytest.approx(eager[name], abs=0.5 if name.startswith("piqe") else 1e-3)


def test_names_and_default_metrics_import_no_model_library() -> None:
    code = (
        "import sys; from quality.scorers.build import score_names, task_scorers; "
        "from schemas.config import ScoresConfig; score_names(ScoresConfig()); task_scorers(ScoresConfig()); "
        "sys.exit('pyiqa' in sys.modules or 'open_clip' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_metric_is_named_with_close_ones() -> None:
    with pytest.raises(ScorerUnavailableError, match="no metric 'psnrr'; it has psnr"):
        task_scorers(ScoresConfig(metrics=["psnrr"]))


def test_a_metric_named_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="names one twice"):
        ScoresConfig(metrics=["psnr", "ssim", "psnr"])


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of pyiqa's own."""
    monkeypatch.setattr("pyiqa.utils.download_util.DEFAULT_CACHE_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["musiq", "niqe", "cnniqa"])
def test_missing_weights_are_named_with_the_way_to_get_them(weights: Path, name: str) -> None:
    with pytest.raises(ScorerUnavailableError) as caught:
        task_scorers(ScoresConfig(metrics=["psnr", name]))
    assert f"weights of pyiqa metric '{name}' are missing: https://huggingface.co/" in str(caught.value)
    assert f"pyiqa.create_metric('{name}')" in str(caught.value)
    assert not list(weights.iterdir())


def test_missing_weights_of_the_hub_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ScorerUnavailableError, match="weights of pyiqa metric 'topiq_nr' are missing"):
        task_scorers(ScoresConfig(metrics=["topiq_nr"]))


def test_metrics_of_clip_need_no_package_but_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(ScorerUnavailableError, match=r"weights of pyiqa metric 'clipiqa' are missing: .*RN50\.pt"):
        task_scorers(ScoresConfig(metrics=["clipiqa"]))
    assert "pkg_resources" not in sys.modules or sys.modules["pkg_resources"].__spec__ is not None


def test_loading_a_metric_leaves_transformers_alone() -> None:
    """In a process of its own, since pyiqa looks through its modules once. Weights are missing; modules are loaded."""
    code = (
        "import contextlib; from transformers.models.llama import modeling_llama as llama; "
        "from quality.scorers.build import task_scorers; from quality.scorers.scorer import ScorerUnavailableError; "
        "from schemas.config import ScoresConfig; before = dict(vars(llama)), llama.LlamaModel.forward\n"
        "with contextlib.suppress(ScorerUnavailableError): task_scorers(ScoresConfig(metrics=['topiq_nr']))\n"
        "import pyiqa.archs as archs; assert archs._ALL_ARCH_IMPORTED\n"
        "assert before == (dict(vars(llama)), llama.LlamaModel.forward)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})


CNNIQA_FILE = "CNNIQA_koniq10k-e6f14c91.pth"


def test_weights_that_are_there_are_used(weights: Path, photos: dict[str, Tensor]) -> None:
    torch.manual_seed(0)
    from pyiqa.archs.cnniqa_arch import CNNIQA

    torch.save({"params": CNNIQA(pretrained=None).state_dict()}, weights / CNNIQA_FILE)
    [scorer] = task_scorers(ScoresConfig(metrics=["cnniqa"]))
    [scores] = scored(scorer, [photos["coffee"]], photos["astronaut"])
    assert scores["cnniqa_input"] is not None
    assert scores["cnniqa_input"] != scores["cnniqa_target"]


class Harmful:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_code_in_a_weight_file_is_not_run(weights: Path, tmp_path: Path) -> None:
    torch.save({"params": Harmful(tmp_path / "ran")}, weights / CNNIQA_FILE)
    with pytest.raises(ScorerUnavailableError, match="weights of pyiqa metric 'cnniqa' cannot be loaded"):
        task_scorers(ScoresConfig(metrics=["cnniqa"]))
    assert not (tmp_path / "ran").exists()


def test_a_metric_that_gives_no_number_for_a_pair_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyiqa.create_metric", lambda name, device: lambda *pictures: torch.zeros(2))
    with pytest.raises(ScorerUnavailableError, match="no number for a single picture or pair: fid_input, fid_target"):
        task_scorers(ScoresConfig(metrics=["fid"]))


def test_models_go_to_the_gpu_and_compiled_metrics_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """What computes a score is a matter of the config alone, not of where its job runs."""
    config = ScoresConfig(metrics=["psnr", "gmsd", "piqe"], device="cuda")
    [stays] = task_scorers(config)
    assert isinstance(stays, PyiqaScorer)
    picture = torch.randint(256, (3, 64, 64), dtype=torch.uint8)
    assert list(scored(stays, [picture], picture)[0]) == ["psnr", "piqe_input", "piqe_target"]
    assert task_scorers(config, "eager") == []
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ScorerUnavailableError, match=r"scores\.device is cuda, but torch finds no GPU"):
        actor_scorers(config)
    assert actor_scorers(ScoresConfig(device="cuda")) == []
    assert actor_scorers(config.model_copy(update={"device": "cpu"})) == []
