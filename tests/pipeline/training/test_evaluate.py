"""Evaluation: figures are those of the pictures, methods are compared on equal terms, and mistakes are named."""

import json
import weakref
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from torch import Tensor

from operators.catalogue import AETHER_1
from pipeline.training.comparison import Comparison
from pipeline.training.evaluate import run
from pipeline.training.evaluation import PredictionError, stored_pairs
from pipeline.training.predictor import Predictor, save_predictor
from pipeline.training.reader import PairDataset
from pipeline.training.renderer import RetouchRenderer, save_renderer
from pipeline.training.samples import PairSample
from pipeline.training.weights import ModelFileError
from quality.realism.likeness import compare, photographs
from quality.scorers.scorer import ScorerUnavailableError
from schemas.jobs.train_renderer import RendererConfig


def save(picture: Tensor, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(picture.permute(1, 2, 0).numpy()).save(path)


def test_perfect_predictions_are_seen_as_such(made_pairs: PairDataset, made_dataset: str, tmp_path: Path) -> None:
    for number in range(len(made_pairs)):
        pair = made_pairs.pair(number)
        save(pair.target, tmp_path / "predictions" / f"{pair.labels.key}.png")
    report = run(tmp_path / "predictions", made_dataset, tmp_path / "out", "train", 100)
    assert report["ours"] == "100.00 dB, SSIM 1.0000, CIEDE2000 0.00"
    rows = json.loads((tmp_path / "out" / "table.json").read_text())
    found = {(row["part"], row["method"]): row for row in rows}
    assert found["all", "ours"]["luminance"] == 1
    assert found["all", "identity"]["psnr"] < found["all", "stored recipe"]["psnr"]
    assert {part for part, _ in found} == {"all", "task auto", "groups light", "groups light+color", "groups color"}
    samples = pq.read_table(tmp_path / "out" / "samples.parquet")
    assert samples.num_rows == len(made_pairs) * 5
    assert len(list((tmp_path / "out" / "pictures").iterdir())) == 3 * len(made_pairs)
    assert "light+color" in (tmp_path / "out" / "index.html").read_text()


def test_models_that_change_nothing_score_like_unchanged_inputs(made_dataset: str, tmp_path: Path) -> None:
    save_predictor(Predictor(AETHER_1), tmp_path / "predictor.safetensors")
    small = RendererConfig(latent=4, hidden=(8,))
    save_renderer(RetouchRenderer(small, AETHER_1), tmp_path / "renderer.safetensors")
    for name in ("predictor", "renderer"):
        report = run(tmp_path / f"{name}.safetensors", made_dataset, tmp_path / name, "train", 3)
        assert report["pairs"] == 3
        assert str(report["ours"])[:4] == str(report["identity"])[:4]


def test_one_pair_is_in_memory_at_a_time(made_dataset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures: list[weakref.ref[Tensor]] = []

    def pair(pairs: PairDataset, number: int) -> PairSample:
        assert sum(picture() is not None for picture in pictures) <= 2  # those of the pair before
        sample = read(pairs, number)
        pictures.extend(weakref.ref(picture) for picture in (sample.input, sample.target))
        return sample

    read = PairDataset.pair
    monkeypatch.setattr(PairDataset, "pair", pair)
    save_predictor(Predictor(AETHER_1), tmp_path / "predictor.safetensors")
    report = run(tmp_path / "predictor.safetensors", made_dataset, tmp_path / "out", "train", 100)
    assert report["pairs"] == len(pictures) // 2 == 16


def test_real_pairs_are_read_from_a_list(photos: dict[str, Tensor], tmp_path: Path) -> None:
    photo = photos["coffee"][:, ::4, ::4]
    save(photo // 2, tmp_path / "real" / "before.png")
    save(photo, tmp_path / "real" / "after.png")
    (tmp_path / "pairs.csv").write_text(f"before,uri\n{tmp_path}/real/before.png,{tmp_path}/real/after.png\n")
    save(photo, tmp_path / "predictions" / "after.png")
    report = run(tmp_path / "predictions", str(tmp_path / "pairs.csv"), tmp_path / "out", "test", 3)
    assert str(report["ours"]).startswith("100.00 dB")
    assert "stored recipe" not in report
    (tmp_path / "predictions" / "after.png").unlink()
    with pytest.raises(PredictionError, match="one picture named after"):
        run(tmp_path / "predictions", str(tmp_path / "pairs.csv"), tmp_path / "out", "test", 3)


def test_predictions_of_another_size_are_named(made_pairs: PairDataset, made_dataset: str, tmp_path: Path) -> None:
    key = made_pairs.labels(0).key
    save(torch.zeros(3, 20, 30, dtype=torch.uint8), tmp_path / "predictions" / f"{key}.png")
    with pytest.raises(PredictionError, match=f"{key} have other sizes: 30 x 20"):
        run(tmp_path / "predictions", made_dataset, tmp_path / "out", "train", 1)


def test_lpips_is_measured_where_its_weights_are(
    made_pairs: PairDataset, made_dataset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def distance(one: Tensor, other: Tensor) -> Tensor:
        assert one.shape[2:] == other.shape[2:]
        assert 0 <= one.min() <= one.max() <= 1
        return (one - other).abs().mean()

    for number in range(len(made_pairs)):
        pair = made_pairs.pair(number)
        save(pair.target, tmp_path / "predictions" / f"{pair.labels.key}.png")
    monkeypatch.setattr("pyiqa.create_metric", lambda name, device: distance)
    report = run(tmp_path / "predictions", made_dataset, tmp_path / "out", "train", 100, lpips=True)
    assert "LPIPS 0.0000" in str(report["ours"])
    samples = pq.read_table(tmp_path / "out" / "samples.parquet").to_pylist()
    assert all((row["lpips"] == 0) == (row["psnr"] == 100) for row in samples)


def test_missing_weights_of_lpips_are_an_error(
    made_dataset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    save_predictor(Predictor(AETHER_1), tmp_path / "predictor.safetensors")
    with pytest.raises(ScorerUnavailableError, match="weights of pyiqa metric 'lpips' are missing"):
        run(tmp_path / "predictor.safetensors", made_dataset, tmp_path / "out", "train", 1, lpips=True)


def test_of_many_pairs_a_sample_is_kept(made_pairs: PairDataset) -> None:
    pairs = list(stored_pairs(map(made_pairs.pair, range(len(made_pairs)))))
    whole, sampled = (Comparison(None, sample) for sample in (len(pairs), 3))
    for pair in pairs:
        for comparison in (whole, sampled):
            comparison.add(pair, {"identity": pair.input})
    for one, other in zip(whole.table(), sampled.table(), strict=True):
        assert [one[name] for name in ("part", "psnr", "de00")] == [other[name] for name in ("part", "psnr", "de00")]
    assert whole.table()[0] != sampled.table()[0]
    assert len(sampled._found["identity", "all"].sample) == 3
    kept = compare(*(photographs(getattr(pair, side) for pair in pairs) for side in ("input", "target")))
    assert whole.table()[0]["color_distance"] == pytest.approx(kept.color_distance)


def test_what_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"nothing\.safetensors"):
        run(tmp_path / "nothing.safetensors", "made", tmp_path / "out", "test", 1)
