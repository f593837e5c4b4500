"""Questions to the VLM: a pair's pictures and draft, as the body of an OpenAI-compatible request.

What stands in files, such as the name of a style, can only reach the question as a part of the draft, which is a string
in a JSON object of the user's turn. The system's turn is the prompt, the same for every question.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from operators.resize import resize
from pipeline.images.codec import decode, encode
from quality.text.format import parse_answer
from quality.text.validators import Objection
from schemas.config import ImageConfig, VlmConfig
from schemas.rewrite import Answer
from schemas.sample import ImageFormat, Words

_SENT = ImageConfig(quality=90)
"""How pictures are coded that are reduced before they are sent."""

_MOST_REPEATED = 4000
"""Characters of a refused answer that are shown to the VLM again."""


class Question(NamedTuple):
    """A question to the VLM.

    Attributes:
        key: hex SHA-256 of all that the answer may depend on.
        body: the JSON of the request.
    """

    key: str
    body: bytes


class Refused(NamedTuple):
    """An answer that was refused, and why."""

    answer: Answer
    objections: Sequence[Objection]


class Shown(NamedTuple):
    """A picture as it is shown to the VLM.

    Attributes:
        sha256: hex SHA-256 of the stored picture.
        url: a data: address of the picture that is sent.
    """

    sha256: str
    url: str


def shown(picture: bytes, image_format: ImageFormat, long_side: int) -> Shown:
    """A stored picture, reduced to a long side."""
    pixels, kind, sent = decode(picture, image_format), image_format, picture
    if max(pixels.shape[1:]) > long_side:
        kind, sent = _SENT.format, encode(resize(pixels, long_side), _SENT)
    url = f"data:image/{kind};base64,{base64.b64encode(sent).decode()}"
    return Shown(hashlib.sha256(picture).hexdigest(), url)


def parts_of(words: Words, config: VlmConfig) -> dict[str, str]:
    """The texts of a draft that the VLM may rewrite, by name.

    An instruction is none that is a dict of parameters, or has a trait, such as a typing mistake, which would be lost.

    Raises:
        ValueError: the draft's answer does not follow the grammar.
    """
    parts = {}
    if "instruction" in config.parts and not words.instruction.startswith("{") and not words.traits:
        parts["instruction"] = words.instruction
    if "answer" in config.parts:
        parts |= parse_answer(words.task, words.answer)
    return parts


def ask_about(pictures: Sequence[Shown], draft: Words, refused: Refused | None, config: VlmConfig) -> Question:
    """The question about a pair.

    Args:
        pictures: input and target.
        draft: the words of the grammar.
        refused: the last answer to the same question, if it was refused.
        config: the model, and what it may rewrite.
    """
    parts = parts_of(draft, config)
    data = json.dumps({"task": draft.task, "words": parts})
    texts = [prompt(config.prompt), data]
    if refused is not None:
        texts += [
            refused.answer.text[:_MOST_REPEATED],
            json.dumps({"refused": [told._asdict() for told in refused.objections]}),
        ]
    settings: dict[str, Any] = {"model": config.model, "max_completion_tokens": config.max_tokens}
    settings |= {name: value for name in ("temperature", "seed") if (value := getattr(config, name)) is not None}
    hashed = [settings, config.long_side, texts, [picture.sha256 for picture in pictures]]
    key = hashlib.sha256(json.dumps(hashed, sort_keys=True).encode()).hexdigest()
    images = [{"type": "image_url", "image_url": {"url": picture.url}} for picture in pictures]
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": texts[0]},
        {"role": "user", "content": [*images, {"type": "text", "text": texts[1]}]},
    ]
    messages += [{"role": role, "content": text} for role, text in zip(("assistant", "user"), texts[2:], strict=False)]
    body = {**settings, "messages": messages, "response_format": _schema(parts)}
    return Question(key, json.dumps(body).encode())


@cache
def prompt(version: int) -> str:
    """The text of the system's turn."""
    return Path(__file__).with_name(f"prompt_{version}.md").read_text(encoding="utf-8")


def _schema(parts: Mapping[str, str]) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in parts},
        "required": list(parts),
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": "words", "strict": True, "schema": schema}}
