"""Who serves a VLM, and how it may be asked. None of this changes what is asked: another server may go on."""

import ipaddress
import re
from collections.abc import Collection, Sequence
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from schemas.config import ConfigSection, Positive
from schemas.jobs.estimate import Price

SECRET = "secret"  # noqa: S105  the name of a kind of error
"""Type of the errors of fields that may hold a secret by mistake: their value must not be shown."""


class VlmPricesConfig(ConfigSection):
    """Prices, in any one currency; 0 is not counted."""

    million_input_tokens: Price = 0
    million_output_tokens: Price = 0


class VlmBudgetConfig(ConfigSection):
    """What the answers of a whole data set may take, those of earlier runs included; null is no bound."""

    tokens: Positive | None = None
    """Tokens of requests and answers."""
    money: Annotated[float, Field(gt=0)] | None = None
    """By `prices`."""


class VlmServerConfig(ConfigSection):
    """An OpenAI-compatible server of chat completions with pictures and JSON schemas."""

    url: str
    """Its address up to the version, as in "https://api.openai.com/v1". http:// is for this machine and `http_hosts`.
    """
    key_variable: str | None = None
    """Name of the environment variable that holds the API key, on every node; null sends no key."""
    http_hosts: Sequence[str] = ()
    """Hosts that may be asked without encryption, as those of a network of one's own."""
    concurrency: Annotated[int, Field(ge=1, le=1024)] = 16
    """Requests that are under way at a time, of all workers together."""
    timeout: Annotated[float, Field(gt=0)] = 120
    """Seconds that one request may take."""
    tries: Positive = 6
    """How often a request is made until it is answered. A server that is busy, fails or is slow is asked again."""
    patience: Annotated[float, Field(gt=0)] = 600
    """Seconds after which a request that was not answered is not made again. A longer Retry-After ends it too."""
    budget: VlmBudgetConfig = VlmBudgetConfig()
    prices: VlmPricesConfig = VlmPricesConfig()

    @field_validator("key_variable")
    @classmethod
    def _names_a_variable(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise PydanticCustomError(SECRET, "takes the name of an environment variable, never a key")
        return name

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port)
        except ValueError:
            usable = False
        if not usable or "@" in url or "?" in url or "#" in url or not re.fullmatch(r"[!-~]+", url):
            raise PydanticCustomError(
                SECRET, "takes an address as https://HOST/v1, without name, password, query or fragment"
            )
        return url.rstrip("/")

    @model_validator(mode="after")
    def _is_encrypted(self) -> "VlmServerConfig":
        host = urlsplit(self.url).hostname or ""
        if self.url.startswith("http:") and not may_be_plain(host, self.http_hosts):
            raise ValueError(
                f"url: http:// sends key and pictures unencrypted; use https://, or name {host!r} in http_hosts"
            )
        return self

    @model_validator(mode="after")
    def _money_has_prices(self) -> "VlmServerConfig":
        if self.budget.money is not None and not any(self.prices.model_dump().values()):
            raise ValueError("budget.money needs prices")
        return self


def may_be_plain(host: str, allowed: Collection[str]) -> bool:
    """Whether a host may be asked without encryption: it is this machine, or it is allowed."""
    return host in allowed or is_loopback(host)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
