"""The client of a VLM's server, on a real server that misbehaves in every way that servers do."""

import asyncio
import email.utils
import json
import time

import pytest

from pipeline.jobs.vlm_client import Completion, UnansweredError, VlmClient, VlmRefusedError
from schemas.jobs.vlm import VlmServerConfig
from tests.vlm_server import MODEL, Trouble, VlmServer

KEY = "sk-very-secret"
BODY = json.dumps(
    {"model": MODEL, "messages": [{"role": "system"}, {"content": [{"type": "text", "text": '{"words": {"a": "b"}}'}]}]}
).encode()


def ask(server: VlmServer, **settings: object) -> Completion:
    async def completed() -> Completion:
        config = VlmServerConfig.model_validate({"url": server.url, "timeout": 20, **settings})
        return await VlmClient(config).complete(BODY)

    return asyncio.run(completed())


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that clients sleep from now on, which take no time."""
    slept: list[float] = []
    sleep = asyncio.sleep

    async def at_once(seconds: float) -> None:
        if seconds > 0:
            slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr("asyncio.sleep", at_once)
    return slept


def test_an_answer_is_read(vlm: VlmServer) -> None:
    found = ask(vlm)
    assert (found.model, found.text, found.finish) == (MODEL, '{"a": "b"}', "whole")
    assert found.usage is not None
    assert (found.usage.prompt_tokens, found.usage.completion_tokens) == (900, 100)
    assert vlm.keys == [None]


@pytest.mark.parametrize("trouble", ["busy", "fail", "cut", "garbage", "huge", "reset"])
def test_what_may_pass_is_tried_again(vlm: VlmServer, waits: list[float], trouble: Trouble) -> None:
    vlm.troubles = [trouble, trouble]
    assert ask(vlm).text == '{"a": "b"}'
    assert len(vlm.requests) == 3
    assert len(waits) == 2


@pytest.mark.parametrize("trouble", ["slow", "drip"])
def test_a_slow_answer_is_not_waited_for(vlm: VlmServer, waits: list[float], trouble: Trouble) -> None:
    vlm.troubles = [trouble]
    with pytest.raises(UnansweredError, match=r"did not answer: no answer within 0\.5 s; tried 1 times"):
        ask(vlm, timeout=0.5, tries=1)
    vlm.released.set()
    vlm.troubles = []
    assert ask(vlm).text == '{"a": "b"}'
    assert waits == []


def test_tries_end(vlm: VlmServer, waits: list[float]) -> None:
    vlm.troubles = ["fail"] * 9
    with pytest.raises(UnansweredError, match="status 500: oh no; tried 4 times"):
        ask(vlm, tries=4)
    assert len(vlm.requests) == 4
    assert len(waits) == 3


def test_the_server_says_when_to_ask_again(vlm: VlmServer, waits: list[float]) -> None:
    vlm.troubles, vlm.headers = ["busy"], {"Retry-After": "17"}
    ask(vlm)
    assert 17 <= waits[0] <= 18
    vlm.troubles, vlm.headers = ["fail"], {"Retry-After": email.utils.formatdate(time.time() + 300, usegmt=True)}
    ask(vlm)
    assert 200 < waits[1] <= 301
    vlm.troubles, vlm.headers = ["busy"], {"Retry-After": "soon"}  # nothing that one could follow
    ask(vlm)
    assert waits[2] < 60


def test_a_wish_beyond_patience_ends_the_question(vlm: VlmServer, waits: list[float]) -> None:
    vlm.troubles, vlm.headers = ["busy"], {"Retry-After": "3600"}
    with pytest.raises(UnansweredError, match="status 429"):
        ask(vlm, patience=100)
    assert len(vlm.requests) == 1
    assert waits == []


def test_no_server_answers(waits: list[float]) -> None:
    with pytest.raises(UnansweredError, match=r"127\.0\.0\.1:9/v1 did not answer: ConnectError"):
        ask(VlmServer("http://127.0.0.1:9/v1"), tries=2)


def test_a_refusal_ends_the_question_and_never_shows_the_key(vlm: VlmServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", KEY)
    vlm.troubles = ["refuse"]
    with pytest.raises(VlmRefusedError, match=r"status 401: Incorrect API key provided: \*\*\*") as error:
        ask(vlm, key_variable="SOME_KEY")
    assert vlm.keys == [f"Bearer {KEY}"]
    assert KEY not in str(error.value)


def test_a_redirect_is_not_followed(vlm: VlmServer) -> None:
    vlm.troubles = ["redirect"]
    with pytest.raises(VlmRefusedError, match=r"redirects to 'http://elsewhere\.example/"):
        ask(vlm)
    assert len(vlm.requests) == 1


@pytest.mark.parametrize("key", [None, "", "two words", "line\nbreak", "schlüssel"])
def test_an_unusable_key(vlm: VlmServer, monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("SOME_KEY", key)
    with pytest.raises(VlmRefusedError, match="SOME_KEY holds no API key") as error:
        ask(vlm, key_variable="SOME_KEY")
    assert not key or key not in str(error.value)
    assert vlm.requests == []


def test_answers_that_are_cut_or_refused_say_so(vlm: VlmServer) -> None:
    vlm.finish = "length"
    assert ask(vlm).finish == "cut"
    vlm.finish = "content_filter"
    assert ask(vlm).finish == "refused"
    vlm.finish, vlm.reply = "stop", lambda *_: "x" * 30_000
    found = ask(vlm)
    assert (found.finish, len(found.text)) == ("cut", 20_000)
