"""What answers of the VLM take, and the budget that they must stay within."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pipeline.jobs.vlm_client import VlmRefusedError
from schemas.jobs.vlm import VlmPricesConfig, VlmServerConfig


class BudgetUsedUpError(VlmRefusedError):
    """The budget for answers is used up. A run with a higher one goes on."""


@dataclass(frozen=True)
class Usage:
    """Answers, and what they took.

    Attributes:
        answers: number of answers.
        input_tokens: tokens of the requests, pictures included.
        output_tokens: tokens of the answers.
    """

    answers: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.answers + other.answers,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
        )

    @property
    def tokens(self) -> int:
        """Tokens of requests and answers."""
        return self.input_tokens + self.output_tokens

    def money(self, prices: VlmPricesConfig) -> float:
        """What they cost."""
        return (
            self.input_tokens * prices.million_input_tokens + self.output_tokens * prices.million_output_tokens
        ) / 1e6


class Budget:
    """A budget that requests share, in one event loop. Each is counted as the largest so far while it is under way.

    Nobody knows what the first will take, so it goes alone. Only it, or one that is larger than all before, can exceed
    the budget.

    Args:
        server: budget and prices.
        before: what the data set's answers have taken before.
        most_output: most tokens of an answer.
    """

    def __init__(self, server: VlmServerConfig, before: Usage, most_output: int) -> None:
        self._limits, self._prices = server.budget, server.prices
        self._before, self._used = before, Usage()
        self._under_way, self._largest = 0, Usage(0, 0, most_output)
        self._changed = asyncio.Condition()

    @property
    def used(self) -> Usage:
        """What has been used since the budget was made."""
        return self._used

    @property
    def is_bounded(self) -> bool:
        """Whether there is a limit."""
        return self._limits.tokens is not None or self._limits.money is not None

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """Make a request in the `with` block, once those under way leave enough of the budget.

        Raises:
            BudgetUsedUpError: it could exceed the budget even alone.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: not self._under_way or self._may_join())
            if not self._fits(1):
                self._stop()
            self._under_way += 1
        try:
            yield
        finally:
            async with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def add(self, usage: Usage) -> None:
        """Count what an answer took."""
        self._used += usage
        largest = self._largest
        self._largest = Usage(
            0, max(largest.input_tokens, usage.input_tokens), max(largest.output_tokens, usage.output_tokens)
        )

    def _may_join(self) -> bool:
        """Whether a request may be made beside those under way."""
        return not self.is_bounded or (self._largest.input_tokens > 0 and self._fits(self._under_way + 1))

    def _fits(self, requests: int) -> bool:
        spent, limits = self._before + self._used, self._limits
        tokens = spent.tokens + requests * self._largest.tokens
        money = spent.money(self._prices) + requests * self._largest.money(self._prices)
        return (limits.tokens is None or tokens <= limits.tokens) and (limits.money is None or money <= limits.money)

    def _stop(self) -> None:
        spent, limits = self._before + self._used, self._limits.model_dump(exclude_none=True)
        budget = ", ".join(f"{name} {limit:g}" for name, limit in limits.items())
        money = f", money {spent.money(self._prices):.4g}" if "money" in limits else ""
        raise BudgetUsedUpError(
            f"vlm_server.budget ({budget}) is used up: {spent.answers} answers took {spent.tokens} tokens{money}, and "
            "one more could exceed it. They are kept; raise it and run again to resume"
        )
