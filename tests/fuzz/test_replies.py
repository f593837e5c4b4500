"""Whatever a VLM says, its answer is read or refused."""

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from pipeline.rewriting.reply import RefusedAnswerError, read_reply
from quality.text.format import build_answer, build_prompt, parse_answer
from schemas.config import VlmConfig
from schemas.rewrite import Answer
from schemas.sample import Words
from tests.fuzz.values import altered, json_values

VLM = VlmConfig(model="m")

TEXTS = {
    "instruction": "Make this photo warmer.",
    "plan_light": "Lift the shadows.",
    "plan_globalcolor": "Warm the photo.",
    "plan_specificcolor": "Leave the single colors alone.",
}

DRAFT = Words(
    task="style",
    instruction=TEXTS["instruction"],
    prompt=build_prompt("style", TEXTS["instruction"]),
    answer=build_answer("style", TEXTS),
)


def read(text: str) -> None:
    with suppress(RefusedAnswerError):
        words = read_reply(Answer(key="0" * 64, model="m", text=text, finish="whole"), DRAFT, VLM)
        parse_answer("style", words.answer)  # which raises where it breaks the grammar
        assert not set("<>{}\n") & set(words.instruction)


@given(said=json_values)
def test_any_json(said: object) -> None:
    read(json.dumps(said))


@given(text=st.text())
def test_any_text(text: str) -> None:
    read(text)


@given(data=st.data())
def test_answers_with_another_part(data: st.DataObject) -> None:
    read(json.dumps(data.draw(st.composite(lambda draw: altered(draw, TEXTS))())))


@given(name=st.sampled_from(sorted(TEXTS)), text=st.text(st.characters(categories=["L", "P", "Zs", "Nd"])))
def test_answers_with_another_text(name: str, text: str) -> None:
    read(json.dumps({**TEXTS, name: text}))
