"""The words of a sample as token ids: the special tokens of the format, prompts, and prompts with their answers."""

from typing import Any

import torch
from PIL import Image
from torch import Tensor

from quality.text.format import RETOUCH_TOKENS, TASKS, sections_of
from schemas.sample import Task

_SECTIONS = sections_of("auto")  # which are those of all tasks

SPECIAL_TOKENS = (
    *(task.token for task in TASKS.values()),
    *(f"<{name}_{end}>" for name in _SECTIONS for end in ("start", "end")),
    *RETOUCH_TOKENS,
)
"""One token each: the three tasks, the tags of the sections, the three retouch tokens."""

IGNORED = -100
"""The label of tokens that are no part of the answer."""


def add_special_tokens(model: Any, processor: Any) -> list[int]:
    """Teach a model and its processor the tokens of the format.

    The table of embeddings grows only where it has no room left.

    Returns:
        Ids of the retouch tokens, in their order.
    """
    tokenizer = processor.tokenizer
    tokenizer.add_tokens(list(SPECIAL_TOKENS), special_tokens=True)
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        model.resize_token_embeddings(len(tokenizer))
    ids: list[int] = tokenizer.convert_tokens_to_ids(list(RETOUCH_TOKENS))
    return ids


def encode_prompt(processor: Any, task: Task, instruction: str, picture: Tensor) -> dict[str, Tensor]:
    """The user's turn in the model's chat template: the picture, then task token and instruction.

    Args:
        processor: of transformers, with a chat template.
        task: the task.
        instruction: what the user asks for.
        picture: uint8 (3, S, S), what the model sees.

    Returns:
        What the model takes: `input_ids` and `attention_mask` (1, T), `pixel_values`, and what else its class needs.
    """
    image = Image.fromarray(picture.permute(1, 2, 0).contiguous().numpy())
    content = [{"type": "image", "image": image}, {"type": "text", "text": f"{TASKS[task].token}{instruction}"}]
    encoded = processor.apply_chat_template(
        [{"role": "user", "content": content}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )
    return dict(encoded)


def encode_answer(processor: Any, answer: str) -> Tensor:
    """The model's turn with its end, (N,)."""
    tokenizer = processor.tokenizer
    ids: Tensor = tokenizer(answer, add_special_tokens=False, return_tensors="pt")["input_ids"][0]
    return torch.cat([ids, torch.tensor([tokenizer.eos_token_id])])


def decode_answer(processor: Any, ids: Tensor) -> str:
    """The inverse of `encode_answer`; the end may be missing."""
    text: str = processor.tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    return text.removesuffix(processor.tokenizer.eos_token)


def with_answer(prompt: dict[str, Tensor], answer: Tensor) -> dict[str, Tensor]:
    """A prompt and the ids of its answer, (N,), as one sequence. Training and inference both build it here."""
    length = prompt["input_ids"].shape[1]
    joined = dict(prompt)
    for name, values in prompt.items():
        if values.shape == (1, length):  # one value a token: ids, the mask, kinds of tokens
            new = answer[None] if name == "input_ids" else torch.full_like(answer[None], int(name == "attention_mask"))
            joined[name] = torch.cat([values, new.to(values)], dim=1)
    return joined


def labels_of(prompt: dict[str, Tensor], answer: Tensor) -> Tensor:
    """What each token of `with_answer` should be predicted as, (1, T): nothing for the prompt, the answer itself."""
    return torch.cat([torch.full_like(prompt["input_ids"], IGNORED), answer[None]], dim=1)
