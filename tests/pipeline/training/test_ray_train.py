"""Training by Ray Train: two processes learn what one does, and go on where a killed one stopped."""

import json
import os
import signal
from collections import Counter
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from pipeline.training import examples
from pipeline.training.order import Drawn, EndlessOrder
from pipeline.training.pairs import hold_out
from pipeline.training.ray_train import train_on_ray
from pipeline.training.reader import PairDataset
from pipeline.training.train_renderer import MODEL, UnevenBatchError, train
from schemas.jobs.train_renderer import TrainRendererConfig
from tests.pipeline.training.conftest import changed


@pytest.mark.ray
def test_two_processes_learn_what_one_does_and_survive_a_kill(
    made_pairs: PairDataset, small_config: TrainRendererConfig, tmp_path: Path
) -> None:
    alone = train(small_config)
    config = changed(small_config, out=str(tmp_path / "ray"), ray={"workers": 2})

    def work(given: TrainRendererConfig) -> dict[str, float]:
        """Train, note which pairs are read, and die once, after the first checkpoint."""
        read = examples.Examples.__getitem__
        rank = os.environ["RANK"]
        died = tmp_path / "died"
        log = tmp_path / f"{died.exists()}-{rank}.json"
        places: list[Drawn] = []

        def noted(self: examples.Examples, place: Drawn) -> examples.Example:
            places.append(place)
            log.write_text(json.dumps(places))
            if len(places) > 10 and rank == "1" and not died.exists():
                died.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return read(self, place)

        examples.Examples.__getitem__ = noted  # type: ignore[method-assign]
        return train(given)

    measured = train_on_ray(config, work)
    assert measured == pytest.approx(alone, rel=1e-4)
    one, two = (load_file(Path(each.out) / MODEL) for each in (small_config, config))
    assert all(torch.allclose(one[name], two[name], atol=1e-5) for name in one)

    seen = [json.loads((tmp_path / f"True-{rank}.json").read_text()) for rank in range(2)]
    assert len(seen[0]) == len(seen[1]) == 16  # the 8 steps after the checkpoint, of 4 pairs each
    order = EndlessOrder(hold_out(made_pairs, 1)[0].shards, small_config.seed)
    everything = list(examples.Batches(order, small_config, 4, 0, 1))
    assert Counter(map(tuple, seen[0] + seen[1])) == Counter(place for batch in everything for place in batch)


def test_processes_that_cannot_share_a_batch_are_refused_before_ray_starts(small_config: TrainRendererConfig) -> None:
    with pytest.raises(UnevenBatchError, match=r"batch of 4 .* by 3"):
        train_on_ray(changed(small_config, ray={"workers": 3}))
