"""Asking a VLM on behalf of a run: answers are kept before they are given, and a budget holds."""

import asyncio
from pathlib import Path

import pytest

from pipeline.jobs.vlm_asker import Asked, Asker
from pipeline.jobs.vlm_budget import BudgetUsedUpError, Usage
from pipeline.jobs.vlm_client import UnansweredError, VlmRefusedError
from pipeline.rewriting.question import Question
from pipeline.shards.answers import find_answer, single_answers
from pipeline.storage.damage import DamagedError
from pipeline.storage.local import LocalStore
from schemas.config import VlmConfig
from schemas.jobs.vlm import VlmServerConfig
from schemas.rewrite import Answer
from tests.pipeline.jobs.test_vlm_client import BODY
from tests.vlm_server import MODEL, VlmServer

Result = Answer | BaseException


def question(number: int) -> Question:
    return Question(f"{number:064x}", BODY)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(str(tmp_path))


def ask(
    vlm: VlmServer,
    store: LocalStore,
    *numbers: int,
    model: dict[str, object] | None = None,
    before: Usage | None = None,
    **settings: object,
) -> tuple[list[Result], Asked]:
    """Ask all questions at once."""

    async def asked() -> tuple[list[Result], Asked]:
        server = VlmServerConfig.model_validate({"url": vlm.url, "tries": 1, **settings})
        asker = Asker(store, VlmConfig.model_validate({"model": MODEL, **(model or {})}), server, before or Usage())
        answers = await asyncio.gather(*(asker.ask(0, question(n)) for n in numbers), return_exceptions=True)
        return answers, asker.asked

    return asyncio.run(asked())


def only(found: tuple[list[Result], Asked]) -> Result:
    (result,), _ = found
    return result


def test_an_answer_is_kept_and_not_asked_for_again(vlm: VlmServer, store: LocalStore) -> None:
    answer = only(ask(vlm, store, 1))
    assert answer == find_answer(store, 0, question(1).key)
    assert isinstance(answer, Answer)
    assert (answer.model, answer.text, answer.input_tokens, answer.output_tokens) == (MODEL, '{"a": "b"}', 900, 100)
    again, asked = ask(vlm, store, 1)
    assert again == [answer]
    assert (asked.usage.answers, asked.kept) == (0, 1)
    assert len(vlm.requests) == 1


def test_a_damaged_answer_is_named(vlm: VlmServer, store: LocalStore) -> None:
    ask(vlm, store, 1)
    (name,) = single_answers(store, lambda _: True)
    store.write(name, store.read(name)[:-5])
    assert isinstance(error := only(ask(vlm, store, 1)), DamagedError)
    assert name in str(error)


def test_a_question_that_is_under_way_is_not_asked_twice(vlm: VlmServer, store: LocalStore) -> None:
    (first, second), asked = ask(vlm, store, 1, 1)
    assert first == second
    assert len(vlm.requests) == asked.usage.answers == 1


def test_another_model_must_not_answer(vlm: VlmServer, store: LocalStore) -> None:
    vlm.model = "tests/parrot-mini"
    assert isinstance(error := only(ask(vlm, store, 1)), VlmRefusedError)
    assert "'tests/parrot' was to answer, but 'tests/parrot-mini' did" in str(error)
    assert single_answers(store, lambda _: True) == []
    answer = only(ask(vlm, store, 1, model={"answers_as": "tests/parrot-mini"}))
    assert isinstance(answer, Answer)
    assert answer.model == "tests/parrot-mini"


def test_an_error_of_one_question_is_not_that_of_another(vlm: VlmServer, store: LocalStore) -> None:
    vlm.troubles = ["fail"]
    found, _ = ask(vlm, store, 1, 2, concurrency=1)
    assert {type(result) for result in found} == {UnansweredError, Answer}


def test_no_more_requests_than_allowed_are_under_way(vlm: VlmServer, store: LocalStore) -> None:
    ask(vlm, store, *range(20), concurrency=3)
    assert len(vlm.requests) == 20
    assert vlm.most_at_once <= 3


@pytest.mark.parametrize(
    "limits",
    [
        {"budget": {"tokens": 4500}},
        {"budget": {"money": 0.0045}, "prices": {"million_input_tokens": 1, "million_output_tokens": 1}},
    ],
)
def test_a_budget_holds_and_a_higher_one_goes_on(vlm: VlmServer, store: LocalStore, limits: dict[str, object]) -> None:
    # An answer takes 1,000 tokens; one more is counted as 900 of input and the most of output, 128.
    found, asked = ask(vlm, store, *range(8), model={"max_tokens": 128}, **limits)
    assert sum(isinstance(result, Answer) for result in found) == asked.usage.answers == len(vlm.requests) == 4
    errors = [result for result in found if isinstance(result, BudgetUsedUpError)]
    assert len(errors) == 4
    assert "is used up: 4 answers took 4000 tokens" in str(errors[0])
    assert "run again to resume" in str(errors[0])
    found, asked = ask(vlm, store, *range(8), model={"max_tokens": 128}, before=asked.usage, budget={"tokens": 8500})
    assert all(isinstance(result, Answer) for result in found)
    assert (asked.usage.answers, asked.kept, len(vlm.requests)) == (4, 4, 8)


def test_money_is_counted(vlm: VlmServer, store: LocalStore) -> None:
    _, asked = ask(vlm, store, 1, 2, prices={"million_input_tokens": 10, "million_output_tokens": 1000})
    assert asked.money == pytest.approx(2 * (0.009 + 0.1))


def test_a_budget_needs_to_be_told_of_tokens(vlm: VlmServer, store: LocalStore) -> None:
    vlm.usage = None
    assert isinstance(error := only(ask(vlm, store, 1, budget={"tokens": 10_000})), VlmRefusedError)
    assert "do not say how many tokens" in str(error)
    assert isinstance(only(ask(vlm, store, 1)), Answer)
