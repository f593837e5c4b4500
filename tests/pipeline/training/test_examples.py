"""Batches: every pair once an epoch, shared by processes, and the same from any step on."""

from collections import Counter
from itertools import chain
from unittest.mock import Mock

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from operators.catalogue import AETHER_1, RLPIXTUNER_1
from operators.renderer import renderer_of
from pipeline.training.baselines import affine_fit, apply_affine, mean_edit
from pipeline.training.compare import Closeness
from pipeline.training.examples import Batches, Examples, SpatialProcessError
from pipeline.training.pairs import EmptySplitError, group_columns, hold_out
from schemas.jobs.train_renderer import TrainRendererConfig
from tests.pipeline.training.conftest import MadePairs


def config_of(steps: int, batch: int, seed: int = 0) -> TrainRendererConfig:
    return TrainRendererConfig(dataset="", out="", steps=steps, batch=batch, seed=seed)


@given(count=st.integers(1, 30), batch=st.integers(1, 8), ranks=st.sampled_from([1, 2]), seed=st.integers(0, 99))
def test_every_pair_comes_once_an_epoch(count: int, batch: int, ranks: int, seed: int) -> None:
    batch *= ranks
    config = config_of(3 * count, batch, seed)
    parts = [list(Batches(count, config, 0, rank, ranks)) for rank in range(ranks)]
    assert {len(places) for part in parts for places in part} == {batch // ranks}
    seen = Counter(chain.from_iterable(chain.from_iterable(parts)))
    epochs = 3 * count * batch // count
    assert seen == Counter((epoch, index) for epoch in range(epochs) for index in range(count))


@given(start=st.integers(0, 20), seed=st.integers(0, 99))
def test_batches_go_on_where_they_stopped(start: int, seed: int) -> None:
    config = config_of(20, 3, seed)
    assert list(Batches(7, config, start, 0, 1)) == list(Batches(7, config, 0, 0, 1))[start:]


def test_examples_take_equal_places_of_both_pictures(made_pairs: MadePairs) -> None:
    examples = Examples(made_pairs, TrainRendererConfig(dataset="", out="", steps=1, group_dropout=0))
    first, again, other = examples[0, 0], examples[0, 0], examples[1, 0]
    assert torch.equal(first["colors"], again["colors"])
    assert not torch.equal(first["colors"], other["colors"])
    pair = made_pairs[0]
    stored = {tuple(both) for both in torch.cat([pair.input, pair.target]).flatten(1).T.tolist()}
    drawn = torch.cat([first["colors"], first["wanted"]]).mul(255).round().int().T.tolist()
    assert {tuple(both) for both in drawn} <= stored


def test_without_a_group_the_process_renders_what_is_wanted(made_pairs: MadePairs) -> None:
    config = TrainRendererConfig(dataset="", out="", steps=1, group_dropout=0.5)
    examples, renderer = Examples(made_pairs, config), renderer_of("aether/1", "compiled")
    masks: Counter[tuple[float, ...]] = Counter()
    for epoch in range(20):
        pair, example = made_pairs[3], examples[epoch, 3]  # light and colour move
        masks[tuple(example["mask"].tolist())] += 1
        recipe = pair.recipe.clone()
        for group in range(3):
            if not example["mask"][group]:
                recipe[group_columns(AETHER_1)[group]] = 0
        rendered = renderer.render(pair.input[None], recipe[None])[0]
        known = {tuple(both) for both in torch.cat([pair.input, rendered]).flatten(1).T.tolist()}
        drawn = torch.cat([example["colors"], example["wanted"]]).mul(255).round().int().T.tolist()
        assert {tuple(both) for both in drawn} <= known
    assert masks.keys() == {(1, 1, 0), (1, 0, 0), (0, 1, 0), (0, 0, 0)}


def test_a_spatial_process_keeps_its_groups(made_pairs: MadePairs) -> None:
    pairs = Mock(wraps=made_pairs, process=RLPIXTUNER_1)
    with pytest.raises(SpatialProcessError, match="group_dropout=0"):
        Examples(pairs, config_of(1, 1))
    Examples(pairs, TrainRendererConfig(dataset="", out="", steps=1, group_dropout=0))


def test_sources_are_held_out_whole(made_pairs: MadePairs) -> None:
    training, validation = hold_out(made_pairs, 1)
    assert (len(training), len(validation)) == (12, 4)
    assert {key[:2] for key in validation.keys} == {"03"}
    assert validation[0].key == "03-00"
    with pytest.raises(EmptySplitError, match="4 sources"):
        hold_out(made_pairs, 4)


def test_single_edits_of_a_data_set_are_found(made_pairs: MadePairs) -> None:
    same = [made_pairs[number] for number in range(0, len(made_pairs), 4)]  # exposure by half a stop
    identity, affine, table = [], affine_fit(same), mean_edit(same)
    for pair in same:
        identity.append(Closeness.of(pair.input, pair.target).psnr)
        assert Closeness.of(apply_affine(pair.input, affine), pair.target).psnr > identity[-1] + 3
    tables = [Closeness.of(table.render(pair.input), pair.target).psnr for pair in same]
    assert sum(tables) > sum(identity) + 4 * 3
