"""The tables of `benchmarks.words`: ours beside what people write and what is aimed at."""

from collections.abc import Mapping

from rich.table import Table

from benchmarks.words_lies import Count

AIMS = {
    "distinct instructions": "≥ 95 %",
    "distinct answers": "≥ 99 %",
    "rows with the commonest": "≤ 2 %",
    "number of distinct words": "> 1,500",
}
"""What is aimed at, by the beginning of a statistic's name; for 10,000 texts."""

FORMERLY = {
    "contrast contradicts the spread of L*": 0.41,
    "tint fault on the wrong side of neutral": 0.17,
    "cast correction ends further from neutral": 0.37,
    "strongest change unsaid": 0.24,
    "clear change of saturation unsaid": 0.22,
    "hue claim on under 6 % of the frame": 0.23,
    "active mixer said to change nothing": 0.28,
}
"""Shares that the first count found, on 5,200 pairs by measures that differed in detail."""


def lies_table(counts: Mapping[str, Count]) -> Table:
    """Shares of lies."""
    table = Table("lie", "ours", "of", "unsure", "first count", title="how true")
    for name, count in counts.items():
        before = FORMERLY.get(name)
        table.add_row(
            name,
            _percent(count.share),
            str(count.judged),
            str(count.unsure),
            "" if before is None else _percent(before),
        )
    return table


def texts_table(statistics: Mapping[str, float]) -> Table:
    """Statistics of instructions and answers."""
    table = Table("texts", "ours", "aim", title="how various")
    for name, value in statistics.items():
        aim = next((aim for start, aim in AIMS.items() if name.startswith(start)), "")
        table.add_row(name, f"{value:,.0f}" if name.startswith("number") else _percent(value), aim)
    return table


def requests_table(requests: Mapping[str, Mapping[str, float]], human: Mapping[str, float]) -> Table:
    """Statistics of instructions, task by task, beside people's."""
    table = Table("instructions", *requests, "people", title="how human")
    for name in requests["all"]:
        figures = [of.get(name) for of in requests.values()] + [human.get(name)]
        table.add_row(name, *(_figure(name, value) for value in figures))
    return table


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:g}" if name.startswith("median") else _percent(value)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
