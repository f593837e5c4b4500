import numpy as np
import pytest
import torch
from torch import Tensor

from quality.color_difference import srgb_to_lab
from quality.scene.evidence import mean, slope
from quality.scene.grid import lab, make_grid


def test_lab_is_that_of_the_color_difference() -> None:
    colors = torch.randint(0, 256, (1, 3, 4096), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    exact = srgb_to_lab(colors)[0].double().numpy()
    assert np.abs(np.stack(lab(colors[0].double().numpy())) - exact).max() < 0.3


def test_cells_hold_the_colour_and_the_texture_of_their_pixels() -> None:
    picture = torch.full((3, 96 * 4, 96 * 2), 119, dtype=torch.uint8)
    picture[:, ::2, :192] = 135  # rows in turns, 8 above and below 127
    grid = make_grid(picture)
    assert grid.light.shape == (96, 48)
    assert grid.light[3, 5] == pytest.approx(float(srgb_to_lab(torch.full((1, 3, 1), 127 / 255))[0, 0, 0]), abs=0.2)
    assert np.abs(grid.texture - 8).max() < 0.01
    assert grid.chroma.max() < 0.1
    assert grid.histogram.sum() == grid.histogram[119] + grid.histogram[135] == picture[0].numel()


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (7, 31), (96, 96), (683, 1024), (2000, 301)])
def test_any_shape_has_a_grid(shape: tuple[int, int]) -> None:
    grid = make_grid(torch.full((3, *shape), 77, dtype=torch.uint8))
    assert 1 <= grid.light.size <= 96 * 144
    assert np.unique(grid.light).size == 1


def test_what_is_no_picture_is_refused() -> None:
    for picture in (torch.zeros(3, 8, 8), torch.zeros(1, 8, 8, dtype=torch.uint8), torch.zeros(3, 0, 8).byte()):
        with pytest.raises(ValueError, match="uint8 picture"):
            make_grid(picture)


def test_sums_do_not_depend_on_their_order(photos: dict[str, Tensor]) -> None:
    grid = make_grid(photos["coffee"])
    generator = np.random.default_rng(0)
    everywhere = np.ones_like(grid.light, dtype=np.bool_)
    for values in (grid.light, grid.green_red, grid.blue_yellow, grid.chroma, grid.texture):
        shuffled = generator.permutation(values.ravel()).reshape(values.shape)
        assert mean(values, everywhere) == mean(shuffled, everywhere)
        for row in (shuffled := values.copy()):
            generator.shuffle(row)
        assert slope(values, everywhere) == slope(shuffled, everywhere)


def test_slope_is_that_of_the_fitted_line() -> None:
    rows = np.repeat(np.arange(40.0)[:, None], 30, axis=1)
    upper = rows < 20
    assert slope(3 * rows + 7, upper) == pytest.approx(3 * 40)
    assert slope(rows, rows == 5) == 0
