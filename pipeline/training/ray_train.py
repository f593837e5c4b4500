"""Training of the renderer by Ray Train: the same function in each of a cluster's processes."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray
import torch
from ray.train import FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchConfig, TorchTrainer
from ray.train.v2.api.exceptions import TrainingFailedError, WorkerGroupError

from pipeline.dataset.record import load_record
from pipeline.jobs.cluster import cluster
from pipeline.storage.store import open_files
from pipeline.training.train_renderer import prepare_folder, train
from schemas.errors import UnretouchError
from schemas.jobs.run import ComputeConfig
from schemas.jobs.train_renderer import RayConfig, TrainRendererConfig

_FAILURES = 3
"""Times that the processes are started again after one has died; they go on from the last checkpoint."""


class RayTrainingError(UnretouchError):
    """A training on Ray failed."""


class TooFewGpusError(UnretouchError):
    """A cluster has GPUs, but fewer than there are processes."""

    exit_code = 2


def train_on_ray(
    config: TrainRendererConfig, work: Callable[[TrainRendererConfig], dict[str, float]] = train
) -> dict[str, float]:
    """Train as `train` does, in the processes that `config.ray` asks for.

    Args:
        config: the training; its `ray` is set.
        work: what each process does.

    Returns:
        What `train` returns.

    Raises:
        NoDataSetError: there is no data set.
        NoClusterError: no cluster answers at `config.ray.address`.
        TooFewGpusError: there are GPUs, but fewer than processes.
        RayTrainingError: a process failed for another reason than those that `train` names, which are raised as they
            are. Train again to resume.
    """
    wanted = config.ray or RayConfig()
    folder = Path(config.out).absolute()
    dataset = config.dataset if "://" in config.dataset else str(Path(config.dataset).absolute())
    values = config.model_copy(update={"out": str(folder), "dataset": dataset}).model_dump(mode="json")

    def loop(given: dict[str, Any]) -> dict[str, float]:
        if not torch.cuda.is_available():  # else processes without a GPU would each train alone
            os.environ["ACCELERATE_USE_CPU"] = "true"
        return work(TrainRendererConfig.model_validate(given))

    load_record(open_files(dataset))  # what can be missing is checked before any work starts
    prepare_folder(config, wanted.workers)
    with cluster(ComputeConfig(workers=wanted.workers, address=wanted.address)):
        gpus = int(ray.cluster_resources().get("GPU", 0))  # type: ignore[no-untyped-call]  # Ray has no type there
        if 0 < gpus < wanted.workers:
            raise TooFewGpusError(f"ray.workers is {wanted.workers}, but the cluster has {gpus} GPUs")
        trainer = TorchTrainer(
            loop,
            train_loop_config=values,
            scaling_config=ScalingConfig(num_workers=wanted.workers, use_gpu=gpus > 0),
            torch_config=TorchConfig(backend="nccl" if gpus else "gloo"),
            run_config=RunConfig(
                storage_path=str(folder / "ray"),
                failure_config=FailureConfig(max_failures=_FAILURES),
            ),
        )
        try:
            result = trainer.fit()
        except TrainingFailedError as error:
            failures = error.worker_failures.values() if isinstance(error, WorkerGroupError) else ()
            for failure in failures:
                if isinstance(failure, UnretouchError):
                    raise failure from error
            raise RayTrainingError(f"the training failed on Ray; run it again to resume: {error}") from error
    measured: dict[str, float] = result.return_value
    return measured
