"""Batches: every pair once an epoch, shared by processes, and the same from any step on."""

from collections import Counter
from itertools import chain
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from operators.catalogue import AETHER_1, RLPIXTUNER_1
from operators.renderer import renderer_of
from pipeline.dataset.index import SelectionError
from pipeline.training.baselines import affine_fit, apply_affine, mean_edit
from pipeline.training.compare import Closeness
from pipeline.training.examples import Batches, Examples, SpatialProcessError
from pipeline.training.order import Drawn, EndlessOrder
from pipeline.training.pairs import first, group_columns, hold_out, mean_recipe, spread
from pipeline.training.reader import PairDataset
from schemas.jobs.train_renderer import TrainRendererConfig


def config_of(steps: int, batch: int, seed: int = 0) -> TrainRendererConfig:
    return TrainRendererConfig(dataset="", out="", steps=steps, batch=batch, seed=seed)


@given(count=st.integers(1, 30), batch=st.integers(1, 8), ranks=st.sampled_from([1, 2]), seed=st.integers(0, 99))
def test_every_pair_comes_once_an_epoch(count: int, batch: int, ranks: int, seed: int) -> None:
    batch *= ranks
    config = config_of(3 * count, batch, seed)
    order = EndlessOrder(np.arange(count, dtype=np.int32) // 4, seed)
    parts = [list(Batches(order, config, 0, rank, ranks)) for rank in range(ranks)]
    assert {len(places) for part in parts for places in part} == {batch // ranks}
    seen = [drawn for batches in zip(*parts, strict=True) for drawn in chain.from_iterable(zip(*batches, strict=True))]
    assert seen == [order[position] for position in range(3 * count * batch)]
    assert Counter(drawn.number for drawn in seen) == Counter(dict.fromkeys(range(count), 3 * batch))
    for start in range(0, len(seen), count):
        epoch = seen[start : start + count]
        assert {drawn.number for drawn in epoch} == set(range(count))
        assert len({drawn.seed for drawn in epoch}) == 1
    assert len({drawn.seed for drawn in seen}) == 3 * batch


@given(start=st.integers(0, 20), seed=st.integers(0, 99))
def test_batches_go_on_where_they_stopped(start: int, seed: int) -> None:
    config, shards = config_of(20, 3, seed), np.arange(7, dtype=np.int32)
    whole, rest = (Batches(EndlessOrder(shards, seed), config, first, 0, 1) for first in (0, start))
    assert list(rest) == list(whole)[start:]
    assert len(rest) == 20 - start


def test_processes_take_equal_parts() -> None:
    with pytest.raises(ValueError, match="a batch of 3 has no equal parts for 2"):
        Batches(EndlessOrder(np.zeros(7, np.int32), 0), config_of(1, 3), 0, 0, 2)


def test_examples_take_equal_places_of_both_pictures(made_pairs: PairDataset) -> None:
    examples = Examples(made_pairs, TrainRendererConfig(dataset="", out="", steps=1, group_dropout=0))
    one, again, other = examples[Drawn(0, 1)], examples[Drawn(0, 1)], examples[Drawn(0, 2)]
    assert torch.equal(one["colors"], again["colors"])
    assert not torch.equal(one["colors"], other["colors"])
    pair = made_pairs.pair(0)
    stored = {tuple(both) for both in torch.cat([pair.input, pair.target]).flatten(1).T.tolist()}
    drawn = torch.cat([one["colors"], one["wanted"]]).mul(255).round().int().T.tolist()
    assert {tuple(both) for both in drawn} <= stored
    assert one["mask"].tolist() == [1, 0, 0]
    assert one["control"].abs().max() == pytest.approx(0.1)  # half a stop of five


def test_without_a_group_the_process_renders_what_is_wanted(made_pairs: PairDataset) -> None:
    config = TrainRendererConfig(dataset="", out="", steps=1, group_dropout=0.5)
    examples, renderer = Examples(made_pairs, config), renderer_of("aether/1", "compiled")
    masks: Counter[tuple[float, ...]] = Counter()
    pair = made_pairs.pair(3)  # light and colour move
    for seed in range(20):
        example = examples[Drawn(3, seed)]
        masks[tuple(example["mask"].tolist())] += 1
        recipe = pair.labels.parameters.clone()
        for group in range(3):
            if not example["mask"][group]:
                recipe[group_columns(AETHER_1)[group]] = 0
        rendered = renderer.render(pair.input[None], recipe[None])[0]
        known = {tuple(both) for both in torch.cat([pair.input, rendered]).flatten(1).T.tolist()}
        drawn = torch.cat([example["colors"], example["wanted"]]).mul(255).round().int().T.tolist()
        assert {tuple(both) for both in drawn} <= known
    assert masks.keys() == {(1, 1, 0), (1, 0, 0), (0, 1, 0), (0, 0, 0)}


def test_a_spatial_process_keeps_its_groups(made_pairs: PairDataset) -> None:
    pairs = Mock(wraps=made_pairs, process=RLPIXTUNER_1)
    with pytest.raises(SpatialProcessError, match="group_dropout=0"):
        Examples(pairs, config_of(1, 1))
    Examples(pairs, TrainRendererConfig(dataset="", out="", steps=1, group_dropout=0))


def test_sources_are_held_out_whole(made_pairs: PairDataset) -> None:
    training, validation = hold_out(made_pairs, 1)
    assert (len(training), len(validation)) == (12, 4)
    assert {key[:2] for key in validation.keys.to_pylist()} == {"03"}
    assert validation.pair(0).labels.key == "03-00"
    assert len({training.fingerprint, validation.fingerprint, made_pairs.fingerprint}) == 3
    with pytest.raises(SelectionError, match="4 sources"):
        hold_out(made_pairs, 4)


def test_some_pairs_are_taken(made_pairs: PairDataset) -> None:
    keys = made_pairs.keys.to_pylist()
    assert spread(made_pairs, 4).keys.to_pylist() == keys[::4]
    assert first(made_pairs, 3).keys.to_pylist() == keys[:3]
    assert spread(made_pairs, 99).keys.to_pylist() == first(made_pairs, None).keys.to_pylist() == keys


def test_the_mean_recipe_is_that_of_the_pairs(made_dataset: str, made_pairs: PairDataset) -> None:
    recipes = torch.stack([made_pairs.labels(number).parameters for number in range(len(made_pairs))])
    assert torch.allclose(mean_recipe(made_dataset, "train"), recipes.mean(0), atol=1e-6)
    with pytest.raises(SelectionError, match="'exam'"):
        mean_recipe(made_dataset, "exam")


def test_single_edits_of_a_data_set_are_found(made_pairs: PairDataset) -> None:
    same = [made_pairs.pair(number) for number in range(0, len(made_pairs), 4)]  # exposure by half a stop
    identity, affine, table = [], affine_fit(same), mean_edit(same)
    for pair in same:
        identity.append(Closeness.of(pair.input, pair.target).psnr)
        assert Closeness.of(apply_affine(pair.input, affine), pair.target).psnr > identity[-1] + 3
    tables = [Closeness.of(table.render(pair.input), pair.target).psnr for pair in same]
    assert sum(tables) > sum(identity) + 4 * 3
