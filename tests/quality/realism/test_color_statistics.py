"""Colour statistics name what they say, and move as pictures do."""

import pytest
import torch
from torch import Tensor

from quality.realism.color_statistics import NAMES, color_statistics, statistics_of_pixels


def named(image: Tensor) -> dict[str, float]:
    return dict(zip(NAMES, color_statistics(image).tolist(), strict=True))


def test_known_picture() -> None:
    image = torch.zeros(3, 10, 10, dtype=torch.uint8)
    image[:, :5] = 255
    statistics = named(image)
    assert statistics["black"] == statistics["white"] == 50
    assert statistics["lightness_p1"] == pytest.approx(0, abs=1e-3)
    assert statistics["lightness_p99"] == pytest.approx(100, abs=1e-2)
    assert statistics["lightness_p50"] == pytest.approx(50, abs=0.1)
    for name in ("a_mean", "b_mean", "a_spread", "b_spread", "chroma_p50", "chroma_p95"):
        assert statistics[name] == pytest.approx(0, abs=0.02)


def test_pure_red_has_its_published_lab_values() -> None:
    image = torch.tensor([255, 0, 0], dtype=torch.uint8)[:, None, None].expand(3, 4, 4)
    statistics = named(image)
    # sRGB red in CIELAB under D65: 53.24, 80.09, 67.20; chroma 104.55.
    assert statistics["lightness_p50"] == pytest.approx(53.24, abs=0.05)
    assert statistics["a_mean"] == pytest.approx(80.09, abs=0.1)
    assert statistics["b_mean"] == pytest.approx(67.20, abs=0.1)
    assert statistics["chroma_p50"] == pytest.approx(104.55, abs=0.1)
    assert statistics["black"] == statistics["white"] == 0


def test_moves_with_the_picture(photos: dict[str, Tensor]) -> None:
    for photo in photos.values():
        before = named(photo)
        darker = named((photo.float() * 0.6).byte())
        assert darker["lightness_p50"] < before["lightness_p50"]
        grey = named(photo.float().mean(0, keepdim=True).expand(3, -1, -1).byte())
        assert grey["chroma_p95"] < 0.1 < before["chroma_p95"]
        warm = named((photo.float() * torch.tensor([1, 0.95, 0.8])[:, None, None]).byte())
        assert warm["b_mean"] > before["b_mean"]


def test_has_a_finite_gradient_also_for_grey() -> None:
    pixels = torch.full((2, 3, 50), 0.5, requires_grad=True)
    torch.autograd.backward(statistics_of_pixels(pixels).sum())
    assert pixels.grad is not None
    assert torch.isfinite(pixels.grad).all()
