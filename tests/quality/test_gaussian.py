import pytest
import torch
from scipy.ndimage import gaussian_filter

from quality.gaussian import gaussian_mean


@pytest.mark.parametrize("shape", [(11, 11), (12, 40), (27, 58), (26, 26), (90, 61)])
@pytest.mark.parametrize(("window", "sigma"), [(7, 7 / 6), (11, 1.5)])
def test_is_the_truncated_gaussian_where_it_fits(shape: tuple[int, int], window: int, sigma: float) -> None:
    picture = torch.rand(shape, generator=torch.Generator().manual_seed(0)) * 255
    margin = window // 2
    expected = gaussian_filter(picture.double().numpy(), sigma, radius=margin)
    expected = torch.from_numpy(expected)[margin : shape[0] - margin, margin : shape[1] - margin]
    means = gaussian_mean(picture, window, sigma)
    assert means.is_contiguous()
    torch.testing.assert_close(means.double(), expected, atol=1e-4, rtol=0)


def test_neighbours_beyond_the_window_do_not_count() -> None:
    picture = torch.zeros(40, 60)
    picture[20, 30] = 1
    touched = gaussian_mean(picture, 7, 7 / 6).nonzero()
    assert (touched.amin(0).tolist(), touched.amax(0).tolist()) == ([14, 24], [20, 30])
