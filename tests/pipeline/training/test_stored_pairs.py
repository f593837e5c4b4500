"""Pairs of a data set, as training reads them."""

import pytest
import torch

from operators.renderer import renderer_of
from pipeline.training.pairs import EmptySplitError, StoredPairs, mean_recipe
from quality.measures import psnr
from schemas.jobs.run import RunConfig


def test_recipes_render_inputs_to_targets(tiny_dataset: RunConfig) -> None:
    pairs = StoredPairs(tiny_dataset.out, "train")
    assert len(pairs) == len(set(pairs.keys)) > 0
    for number in range(len(pairs)):
        pair = pairs[number]
        assert pair.key == pairs.keys[number]
        rendered = renderer_of("aether/1", "compiled").render(pair.input[None], pair.recipe[None])
        assert psnr(rendered, pair.target[None]) > 33
        assert pair.parameters.abs().max() <= 1
        assert torch.equal(pair.mask, pair.mask.bool().float())


def test_a_split_that_is_not_there_is_named(tiny_dataset: RunConfig) -> None:
    with pytest.raises(EmptySplitError, match="'exam'"):
        StoredPairs(tiny_dataset.out, "exam")


def test_the_mean_recipe_is_that_of_the_pairs(tiny_dataset: RunConfig) -> None:
    pairs = StoredPairs(tiny_dataset.out, "train")
    recipes = torch.stack([pairs[number].recipe for number in range(len(pairs))])
    assert torch.allclose(mean_recipe(tiny_dataset.out, "train"), recipes.mean(0), atol=1e-4)
