"""Rewards repair a spoilt model: `python -m benchmarks.dapo CONFIG [--set FIELD=VALUE]...`.

CONFIG is as for `unretouch train-dapo`; its model should know its pairs by heart (`python -m benchmarks.overfit`). The
weights of the final norm are multiplied by --factor, and only that norm is trained. Prints the mean rewards.
"""

import argparse
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from rich.table import Table
from transformers import TrainerCallback

from benchmarks.report import wide_console
from pipeline.config import read_config
from pipeline.training.vlm_dapo import train_dapo
from pipeline.training.vlm_model import load
from schemas.jobs.train_dapo import TrainDapoConfig

SHOWN = ("reward", "rewards/format/mean", "rewards/similarity/mean", "rewards/aesthetics/mean", "frac_reward_zero_std")


class Curve(TrainerCallback):
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.logs: list[dict[str, Any]] = []

    def on_log(self, _arguments: Any, _state: Any, _control: Any, logs: dict[str, Any], **_: Any) -> None:
        """Keep it."""
        if "reward" in logs:
            self.logs.append(dict(logs))


def main() -> None:
    """Spoil, train and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--factor", type=float, default=0.75)
    arguments = parser.parse_args()
    config = read_config(arguments.config, TrainDapoConfig, arguments.set)
    spoilt = Path(config.out) / "spoilt"
    model, processor = load(config.model)
    with torch.no_grad():
        model.model.language_model.norm.weight *= arguments.factor
    model.save_pretrained(spoilt)
    processor.save_pretrained(spoilt)
    curve = Curve()
    train_dapo(config.model_copy(update={"model": str(spoilt), "trained": ["norm"]}), [curve])
    shown = Table("steps", *SHOWN, box=None)
    for start in range(0, len(curve.logs), 10):
        some = curve.logs[start : start + 10]
        means = [[float(log[name]) for log in some if log.get(name) is not None] for name in SHOWN]
        shown.add_row(
            f"{start + 1} to {start + len(some)}", *(f"{mean(values):.2f}" if values else "" for values in means)
        )
    wide_console().print(shown)


if __name__ == "__main__":
    main()
