"""Histogram descriptors say how alike pictures look."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from quality.descriptor import BINS, describe_histogram, histogram_distance


def flat(red: int, green: int, blue: int) -> Tensor:
    return torch.tensor([red, green, blue], dtype=torch.uint8)[:, None, None].expand(3, 8, 8)


def test_each_histogram_adds_up_to_one(photos: dict[str, Tensor]) -> None:
    for photo in photos.values():
        histograms = describe_histogram(photo).reshape(3, BINS)
        assert histograms.dtype == torch.float32
        torch.testing.assert_close(histograms.sum(1), torch.ones(3))


def test_bins_are_those_of_luma_and_colour_differences() -> None:
    # Blue (0, 0, 255): Y' = 0.114, C_B = 0.5 (the last bin), C_R = -0.114 / 1.402 = -0.0813.
    histograms = describe_histogram(flat(0, 0, 255)).reshape(3, BINS)
    assert histograms.argmax(1).tolist() == [int(0.114 * BINS), BINS - 1, int((0.5 - 0.0813) * BINS + 0.5)]


@given(st.integers(0, 255), st.integers(0, 255))
def test_greys_are_as_far_apart_as_their_bins(one: int, other: int) -> None:
    distance = histogram_distance(
        describe_histogram(flat(one, one, one)), describe_histogram(flat(other, other, other))
    )
    assert distance.item() == pytest.approx(abs(one - other) / 255, abs=1.01 / BINS)


def test_a_slightly_darker_photo_is_nearer_than_any_other(photos: dict[str, Tensor]) -> None:
    all_of_them = torch.stack([describe_histogram(photo) for photo in photos.values()])
    for i, photo in enumerate(photos.values()):
        darker = describe_histogram((photo.float() * 0.95).byte())
        distances = histogram_distance(all_of_them, darker)
        assert distances.argmin().item() == i
        assert 0 < distances[i] < 0.2
    torch.testing.assert_close(
        histogram_distance(all_of_them[0], all_of_them), histogram_distance(all_of_them, all_of_them[0])
    )


def test_other_tensors_are_refused(photos: dict[str, Tensor]) -> None:
    with pytest.raises(ValueError, match="uint8 picture"):
        describe_histogram(photos["coffee"].float())
    with pytest.raises(ValueError, match="uint8 picture"):
        describe_histogram(photos["coffee"][:2])
