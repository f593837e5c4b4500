"""Rewards of answers: format, similarity of what they render to the target, and how that looks.

None of them grows with the length of an answer. An answer that breaks the format renders nothing and gets nothing.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from operators.renderer import renderer_of
from operators.resize import resize
from pipeline.training.reader import PairDataset
from pipeline.training.samples import PairSample
from pipeline.training.vlm_data import square
from pipeline.training.vlm_model import DECODER, states_before
from pipeline.training.vlm_tokens import decode_answer, encode_prompt, with_answer
from quality.scorers.scorer import Compared, Scorer
from quality.text.format import parse_answer
from schemas.sample import Task

_BINS = 64


class Outcome(NamedTuple):
    """What came of an answer."""

    task: Task
    input: Tensor
    """uint8 (3, H, W)."""
    rendered: Tensor | None
    """As the input; None where the answer breaks the format."""
    target: Tensor
    """As the input."""


def follows_format(task: Task, answer: str) -> bool:
    """Whether an answer follows the grammar, with text in every section, and no text twice."""
    try:
        texts = list(parse_answer(task, answer).values())
    except ValueError:
        return False
    return all(text and text == text.strip() for text in texts) and len(set(texts)) == len(texts)


def similarity(rendered: Tensor, target: Tensor) -> float:
    """(1 - mean absolute difference) + cosine of the histograms, in [0, 2]; 2 for equal pictures.

    Args:
        rendered, target: uint8 (3, H, W). The histograms have 64 bins a channel.
    """
    distance = (rendered.int() - target.int()).abs().float().mean().item() / 255
    cosine = torch.nn.functional.cosine_similarity(_histogram(rendered), _histogram(target), dim=0).item()
    return 1 - distance + cosine


def _histogram(picture: Tensor) -> Tensor:
    shades = picture.flatten(1).int() * _BINS // 256 + torch.arange(3)[:, None] * _BINS
    return torch.bincount(shades.flatten(), minlength=3 * _BINS).float()


class Rewards:
    """The reward functions of a training, as trl calls them.

    Each answer is rendered once, by the states of the model as it is, and compared at a reduced size.

    Args:
        model: the model in training.
        processor: its processor.
        pairs: what the column `at` counts.
        side: long side at which pictures are compared.
        scorer: computes a no-reference metric, or None.
        metric: name of that metric.
    """

    def __init__(
        self, model: Any, processor: Any, pairs: PairDataset, side: int, scorer: Scorer | None, metric: str
    ) -> None:
        self._model, self._processor, self._side = model, processor, side
        self._pair = lru_cache(maxsize=1)(pairs.pair)  # the answers to a prompt come one after another
        self._scorer, self._metric = scorer, metric
        self._last: tuple[object, list[Outcome]] = (None, [])

    def format(self, completion_ids: list[list[int]], at: list[int], **_: Any) -> list[float]:
        """1 for answers that follow the format, 0 for others."""
        return [float(outcome.rendered is not None) for outcome in self._outcomes(completion_ids, at)]

    def similarity(self, completion_ids: list[list[int]], at: list[int], **_: Any) -> list[float]:
        """The similarity of render and target; 0 without a render."""
        return [
            0.0 if outcome.rendered is None else similarity(outcome.rendered, outcome.target)
            for outcome in self._outcomes(completion_ids, at)
        ]

    def aesthetics(self, completion_ids: list[list[int]], at: list[int], **_: Any) -> list[float | None]:
        """How much higher the render scores than the input, 0 without a render.

        None, which is no reward at all, for the tasks that say what they want.
        """
        return [self._looks(outcome) for outcome in self._outcomes(completion_ids, at)]

    def _looks(self, outcome: Outcome) -> float | None:
        if outcome.task != "auto" or self._scorer is None:
            return None
        if outcome.rendered is None:
            return 0.0
        (scores,) = self._scorer.score([outcome.input, outcome.rendered], [Compared(0, 1)])
        of_input, of_render = (scores[f"{self._metric}_{picture}"] for picture in ("input", "target"))
        return None if of_input is None or of_render is None else of_render - of_input

    def _outcomes(self, completion_ids: list[list[int]], at: list[int]) -> list[Outcome]:
        if self._last[0] is not completion_ids:  # trl hands the same list to each of the functions
            made = [self._outcome(ids, self._pair(index)) for ids, index in zip(completion_ids, at, strict=True)]
            self._last = completion_ids, made
        return self._last[1]

    @torch.no_grad()
    def _outcome(self, ids: list[int], pair: PairSample) -> Outcome:
        small, target = resize(pair.input, self._side), resize(pair.target, self._side)
        task, answer = pair.labels.task, torch.tensor(ids, dtype=torch.long)
        if not follows_format(task, decode_answer(self._processor, answer)):
            return Outcome(task, small, None, target)
        settings = self._model.config.retouch
        prompt = encode_prompt(self._processor, task, pair.labels.instruction, square(pair.input, settings["side"]))
        inputs = {name: values.to(self._model.device) for name, values in with_answer(prompt, answer).items()}
        hidden = self._model(**inputs, output_hidden_states=True).hidden_states[-1]
        recipe = getattr(self._model, DECODER).recipe(states_before(hidden, inputs["input_ids"], settings["token_ids"]))
        renderer = renderer_of(recipe.process, "compiled")
        return Outcome(task, small, renderer.render(small[None], renderer.process.vector([recipe]))[0], target)
