"""Asking an OpenAI-compatible server for chat completions: again where it is busy or fails, never without end."""

import asyncio
import email.utils
import os
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Literal
from urllib.parse import urlsplit

import httpx2 as httpx
from pydantic import BaseModel, Field, ValidationError
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from schemas.errors import UnretouchError
from schemas.jobs.vlm import VlmServerConfig, is_loopback
from schemas.rewrite import Tokens

_MOST_BYTES = 1 << 20
"""Of a response. An answer of 16,384 tokens takes less than 100 kB."""

_LONGEST_TEXT = 20_000
"""Characters of an answer that are kept."""

_BUSY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}
"""Refusals that may end by themselves, as all of 500 and above may."""

_BACKOFF = wait_random_exponential(0.5, max=60)


class VlmRefusedError(UnretouchError):
    """The server refuses what is asked, or another model answers: asking again would not help."""


class UnansweredError(UnretouchError):
    """The server did not answer, however often it was asked. Another run may have better luck."""


class _TransientError(Exception):
    """One request failed in a way that may pass. `after` is the server's wish for the seconds until the next."""

    def __init__(self, detail: str, after: float | None = None) -> None:
        super().__init__(detail)
        self.after = after


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: Tokens
    completion_tokens: Tokens


class Completion(BaseModel):
    """What a server answers, so far as it is used."""

    model: str
    choices: Annotated[list[_Choice], Field(min_length=1)]
    usage: _Usage | None = None

    @property
    def text(self) -> str:
        """The text of the answer, cut at a length that no answer needs."""
        return (self.choices[0].message.content or "")[:_LONGEST_TEXT]

    @property
    def finish(self) -> Literal["whole", "cut", "refused"]:
        """Whether the answer was finished, cut, or refused."""
        choice = self.choices[0]
        if choice.message.refusal or choice.finish_reason == "content_filter":
            return "refused"
        return (
            "cut" if choice.finish_reason == "length" or len(choice.message.content or "") > _LONGEST_TEXT else "whole"
        )


class VlmClient:
    """A client of one server. Use it from one event loop.

    Args:
        server: the server.
        again: called before a request is made again.

    Raises:
        VlmRefusedError: the environment lacks the API key.
    """

    def __init__(self, server: VlmServerConfig, again: Callable[[], None] = lambda: None) -> None:
        self._server, self._again = server, again
        self._key = _key(server.key_variable)
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            follow_redirects=False,  # another host would get the key
            timeout=server.timeout,
            limits=httpx.Limits(max_connections=server.concurrency),
            # A proxy of the environment has no business with this machine.
            trust_env=not is_loopback(urlsplit(server.url).hostname or ""),
        )

    async def complete(self, body: bytes) -> Completion:
        """The answer to a request, given by its JSON.

        Raises:
            VlmRefusedError: the server refuses the request.
            UnansweredError: it did not answer in time, after several tries.
        """
        tries = AsyncRetrying(
            retry=retry_if_exception_type(_TransientError),
            stop=stop_after_attempt(self._server.tries) | stop_before_delay(self._server.patience),
            wait=_wait,
            before_sleep=lambda _: self._again(),
            reraise=True,
        )
        began = time.monotonic()
        try:
            return await tries(self._once, body)
        except _TransientError as error:
            number, seconds = tries.statistics.get("attempt_number", 0), time.monotonic() - began
            raise UnansweredError(
                f"{self._server.url} did not answer: {error}; tried {number} times in {seconds:.0f} s "
                "(vlm_server.tries, vlm_server.patience)"
            ) from None

    async def _once(self, body: bytes) -> Completion:
        try:
            async with asyncio.timeout(self._server.timeout):  # of the whole answer, however slowly it drips
                status, headers, data = await self._post(body)
        except TimeoutError:
            raise _TransientError(f"no answer within {self._server.timeout:g} s") from None
        except httpx.HTTPError as error:
            raise _TransientError(f"{type(error).__name__}: {error}") from None
        if status == HTTPStatus.OK:
            return _completion(data)
        told = f"status {status}: {self._shown(data)}"
        if status in _BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _TransientError(told, _retry_after(headers.get("Retry-After")))
        if "Location" in headers:
            raise VlmRefusedError(
                f"vlm_server.url: {self._server.url} redirects to {headers['Location'][:200]!r}; name that address"
            )
        raise VlmRefusedError(f"vlm_server: {self._server.url} refuses the request with {told}")

    async def _post(self, body: bytes) -> tuple[int, httpx.Headers, bytes]:
        url = f"{self._server.url}/chat/completions"
        # Not compressed: a small body could become as long as one likes.
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        async with self._http.stream("POST", url, content=body, headers=headers) as response:
            data = bytearray()
            async for part in response.aiter_raw(1 << 16):
                data += part
                if len(data) > _MOST_BYTES:
                    raise _TransientError(f"an answer of more than {_MOST_BYTES} bytes")
            return response.status_code, response.headers, bytes(data)

    def _shown(self, data: bytes) -> str:
        """What a server says, for a message: short, on one line, and without the key, which some servers repeat."""
        text = " ".join(data[:2000].decode(errors="replace").split())
        return (text.replace(self._key, "***") if self._key else text)[:300] or "no message"


def _completion(data: bytes) -> Completion:
    try:
        return Completion.model_validate_json(data)
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in problem["loc"]) or "the body"
        raise _TransientError(f"no chat completion: {field}: {problem['msg']}") from None


def _key(variable: str | None) -> str | None:
    if variable is None:
        return None
    key = os.environ.get(variable, "")
    if not key.isascii() or not key.isprintable() or not key or " " in key:
        raise VlmRefusedError(
            f"vlm_server.key_variable: {variable} holds no API key in the environment of the node where the server is "
            "asked; set it on every node"
        )
    return key


def _wait(state: RetryCallState) -> float:
    """As long as the server wishes, or longer by chance, so that not all ask again at the same moment."""
    error = state.outcome.exception() if state.outcome else None
    wish = error.after if isinstance(error, _TransientError) else None
    backoff = float(_BACKOFF(state))
    return backoff if wish is None else wish + min(backoff, 1.0)


def _retry_after(value: str | None) -> float | None:
    """Seconds of a Retry-After header, which has a number or a date; None where it has neither."""
    if value is None:
        return None
    try:
        if value.strip().isdecimal():
            return float(value)
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
