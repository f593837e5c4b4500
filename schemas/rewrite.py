"""Words that a VLM has rewritten: what became of each pair's, and the answers that it gave."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Tokens = Annotated[int, Field(ge=0, lt=2**31)]


class Rewrite(BaseModel):
    """What became of the words of one pair."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Literal["vlm", "grammar"]
    """Whose words the pair has."""
    model: str | None
    """The name under which the VLM answered; null where it was not asked."""
    asked: int
    """Number of answers."""
    refused: list[str]
    """Reasons against answers, in the order of the answers."""


class Answer(BaseModel):
    """An answer of a VLM, as it is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Hex SHA-256 of all that was asked."""
    model: str
    """The name under which it answered."""
    text: str
    finish: Literal["whole", "cut", "refused"]
    """Whether the answer was finished, cut at the most tokens, or refused."""
    input_tokens: Tokens = 0
    output_tokens: Tokens = 0


class Rewrites(BaseModel):
    """What became of the words of some pairs, and what that took."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vlm: int = 0
    """Pairs with words of the VLM."""
    grammar: int = 0
    """Pairs whose words were to be rewritten but are the grammar's."""
    refused: dict[str, int] = {}
    """Refused answers by reason; one with two reasons counts under both."""
    answers: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: "Rewrites") -> "Rewrites":
        return Rewrites(
            vlm=self.vlm + other.vlm,
            grammar=self.grammar + other.grammar,
            refused=dict(sorted((Counter(self.refused) + Counter(other.refused)).items())),
            answers=self.answers + other.answers,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
        )


def rewrites_of(pairs: Sequence[Rewrite], answers: Sequence[Answer]) -> Rewrites:
    """Count what became of pairs, and the answers that they used."""
    return Rewrites(
        vlm=sum(pair.source == "vlm" for pair in pairs),
        grammar=sum(pair.source == "grammar" for pair in pairs),
        refused=dict(sorted(Counter(reason for pair in pairs for reason in pair.refused).items())),
        answers=len(answers),
        input_tokens=sum(answer.input_tokens for answer in answers),
        output_tokens=sum(answer.output_tokens for answer in answers),
    )
