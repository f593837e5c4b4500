"""Answers held to the grammar while they are generated."""

from typing import Any

import torch
import transformers
from torch import Tensor

from quality.text.format import RETOUCH_TOKENS, sections_of
from schemas.sample import Task

LONGEST_SECTION = 128
"""Tokens of a section at most; those of data sets have less than 60."""

_SPACES = ("\u0120", "\u010a", " ")
"""How byte-level vocabularies write a space and a line break, with which no section begins."""


class Grammar(transformers.LogitsProcessor):
    """Leaves only tokens that the grammar of a task allows: tags in their order, text between them, then the end.

    What a section says is the model's choice, and when it ends, within `LONGEST_SECTION` tokens.

    Args:
        task: the task.
        tokenizer: with a token for each tag.
        start: length of the prompt.
    """

    def __init__(self, task: Task, tokenizer: Any, start: int) -> None:
        tags = [f"<{name}_{end}>" for name in sections_of(task) for end in ("start", "end")]
        self._order = [*tokenizer.convert_tokens_to_ids([*tags, *RETOUCH_TOKENS]), tokenizer.eos_token_id]
        self._inside = set(range(1, len(tags), 2))
        self._start = start
        special = set(tokenizer.all_special_ids) | set(tokenizer.get_added_vocab().values())
        brackets = {at for token, at in tokenizer.get_vocab().items() if "<" in token or ">" in token}
        self._no_text = sorted(special | brackets)
        spaces = {at for token, at in tokenizer.get_vocab().items() if token.startswith(_SPACES)}
        self._no_first = sorted(spaces - special)
        self._vocabulary = len(tokenizer)

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Scores of the next token, (B, V), with -inf for what is not allowed."""
        held = torch.full_like(scores, -torch.inf)
        for row, ids in enumerate(input_ids[:, self._start :].tolist()):
            passed, text = self._position(ids)
            tag = self._order[min(passed, len(self._order) - 1)]
            if passed in self._inside and text < LONGEST_SECTION:
                held[row, : self._vocabulary] = scores[row, : self._vocabulary]
                held[row, self._no_text] = -torch.inf
                if not text:
                    held[row, self._no_first] = -torch.inf
            if passed not in self._inside or text:
                held[row, tag] = scores[row, tag].clamp(min=torch.finfo(scores.dtype).min)
        return held

    def _position(self, ids: list[int]) -> tuple[int, int]:
        """Tags that the answer has so far, and tokens of text since the last of them."""
        passed = text = 0
        for token in ids:
            if passed < len(self._order) and token == self._order[passed]:
                passed, text = passed + 1, 0
            else:
                text += 1
        return passed, text
