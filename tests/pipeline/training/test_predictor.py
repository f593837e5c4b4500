"""The predictor learns an edit that undoes what was done to pictures."""

import torch
from torch import Tensor

from operators.catalogue import AETHER_1
from operators.renderer import renderer_of
from pipeline.training.predictor import Predictor, color_statistics, gather_pairs, predict, train_predictor
from quality.measures import psnr

_PARTS = (slice(1, None), slice(0, 1))


def test_the_predictor_brightens_what_is_too_dark(photos: dict[str, Tensor]) -> None:
    renderer, recipe = renderer_of("aether/1", "compiled"), torch.zeros(1, 38)
    recipe[0, 0] = 1.0
    pictures = [photo[:, ::4, ::4].contiguous() for photo in photos.values()]
    dark = [renderer.unrender(picture, recipe)[0][0] for picture in pictures]
    training, validation = (gather_pairs(list(zip(dark, pictures, strict=True))[part], 256, 0) for part in _PARTS)
    model = train_predictor(AETHER_1, training, validation, steps=40, seed=0, batch=8, pixels=64)
    found = predict(model, dark[0])
    rendered = renderer.render(dark[0][None], found)
    assert found[0, 0] > 0.3
    assert psnr(rendered, pictures[0][None]) > psnr(dark[0][None], pictures[0][None]) + 2


def test_an_untrained_predictor_is_neutral() -> None:
    pictures = torch.randint(256, (2, 3, 64, 64), dtype=torch.uint8)
    assert not Predictor(AETHER_1).eval()(pictures).any()
    assert color_statistics(pictures).shape == (2, 19)
    assert color_statistics(pictures).isfinite().all()
